"""Batches taken apart into single examples, each still with a first dimension, of 1."""

from typing import Any, Iterable, Iterator, NamedTuple

import torch


class Example(NamedTuple):
    """One example: what the model takes, and its label (``None`` where there is none)."""

    inputs: Any
    label: Any


def examples_of(data: Iterable[Any]) -> Iterator[Example]:
    """The examples of batches, in order: ``(inputs, labels)``, a dict with or without ``labels``, or inputs alone."""
    for batch in data:
        if isinstance(batch, dict):
            inputs, label = {key: value for key, value in batch.items() if key != "labels"}, batch.get("labels")
        elif isinstance(batch, (tuple, list)):
            inputs, label = (batch[0], batch[1]) if len(batch) == 2 else (tuple(batch[:-1]), batch[-1])
        else:
            inputs, label = batch, None
        for index in range(_size_of(inputs)):
            yield Example(_one(inputs, index), _one(label, index))


def _size_of(inputs: Any) -> int:
    if isinstance(inputs, torch.Tensor):
        return inputs.shape[0]
    values = inputs.values() if isinstance(inputs, dict) else inputs
    return next((value.shape[0] for value in values if isinstance(value, torch.Tensor)), 1)


def _one(value: Any, index: int) -> Any:
    if isinstance(value, torch.Tensor):
        return value[index:index + 1]
    if isinstance(value, dict):
        return {key: _one(item, index) for key, item in value.items()}
    return type(value)(_one(item, index) for item in value) if isinstance(value, (tuple, list)) else value
