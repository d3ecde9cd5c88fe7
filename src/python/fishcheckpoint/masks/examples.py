"""Splits batches into single examples, which keep a first dimension of 1."""

from collections.abc import Mapping
from typing import Any, Iterable, Iterator, NamedTuple, Optional

import torch


class Example(NamedTuple):
    """One example: the model's input, and its label (``None`` if there is none)."""

    inputs: Any
    label: Any


class Batch(NamedTuple):
    """Examples of one size: the model's inputs, their labels (``None`` if there are none), and their number."""

    inputs: Any
    labels: Any
    size: int

    def one(self, index: int) -> Example:
        """An example, as views."""
        return Example(sliced(self.inputs, index, index + 1), sliced(self.labels, index, index + 1))

    def part(self, start: int, stop: int) -> "Batch":
        """Some of the examples, as views."""
        return Batch(sliced(self.inputs, start, stop), sliced(self.labels, start, stop), stop - start)


def batches_of(data: Iterable[Any], count: Optional[int] = None) -> Iterator[Batch]:
    """The batches in order, up to a number of examples: ``(inputs, labels)``, a mapping with or without ``labels``, or only inputs."""
    for batch in data:
        if isinstance(batch, Mapping):
            inputs, labels = {key: value for key, value in batch.items() if key != "labels"}, batch.get("labels")
        elif isinstance(batch, (tuple, list)):
            inputs, labels = (batch[0], batch[1]) if len(batch) == 2 else (tuple(batch[:-1]), batch[-1])
        else:
            inputs, labels = batch, None
        found = Batch(inputs, labels, _size_of(inputs))
        if count is not None and found.size >= count:
            yield found.part(0, count)
            return
        if count is not None:
            count -= found.size
        yield found


def sliced(value: Any, start: int, stop: int) -> Any:
    """Some examples of a value; a value without a first dimension belongs to all of them."""
    if isinstance(value, torch.Tensor):
        return value[start:stop] if value.dim() else value
    if isinstance(value, dict):
        return {key: sliced(item, start, stop) for key, item in value.items()}
    return type(value)(sliced(item, start, stop) for item in value) if type(value) in (tuple, list) else value


def _size_of(inputs: Any) -> int:
    if isinstance(inputs, torch.Tensor):
        return inputs.shape[0]
    values = inputs.values() if isinstance(inputs, dict) else inputs if isinstance(inputs, (tuple, list)) else ()
    return next((value.shape[0] for value in values if isinstance(value, torch.Tensor) and value.dim()), 1)
