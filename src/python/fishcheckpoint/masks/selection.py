"""Chooses the positions of a mask.

Every choice is deterministic: ties go to the earlier tensor, then to the lower position. Tensors that always train, by name or pattern
(``classifier.*``), are in the mask with every position and count in the budget: ``k = floor(total * ratio) - head``.
"""

from typing import Dict, Iterable, Iterator, Mapping, Tuple, Union

import torch

from ..errors import FishError
from . import threshold
from .budget import MaskBudget, Ratio, matches
from .fisher import FisherInformation
from .mask import Mask

Parameters = Union[torch.nn.Module, Mapping[str, torch.Tensor]]
"""A module, whose trainable parameters compete, or tensors by name."""


def fish(fisher: FisherInformation, ratio: Ratio = 0.005, always_trained: Iterable[str] = ()) -> Mask:
    """The FISH mask: the positions of the highest Fisher information over all parameters at once."""
    return top(fisher.scores, ratio, always_trained)


def top(scores: Mapping[str, torch.Tensor], ratio: Ratio = 0.005, always_trained: Iterable[str] = ()) -> Mask:
    """The positions of the highest scores over all tensors at once.

    :param scores: a score per element of each trainable tensor: not negative; compared as float32. In the tensors' shapes, or flat.
    :param ratio: the share of all elements in the mask.
    :raises FishError: ``REQUEST_INVALID``: see :meth:`MaskBudget.compute`; or a score is negative or not a number.
    """
    patterns = tuple(always_trained)
    competing = {name: tensor for name, tensor in scores.items() if not matches(name, patterns)}
    chosen = _highest(lambda: ((name, threshold.pieces_of(tensor)) for name, tensor in competing.items()),
                      MaskBudget.compute(scores, ratio, patterns).free)
    return _with_always(scores, chosen, patterns)


def top_per_tensor(scores: Mapping[str, torch.Tensor], ratio: Ratio = 0.005, always_trained: Iterable[str] = ()) -> Mask:
    """The highest scores within each tensor: ``floor(n * ratio)`` of its n elements. Tensors that always train count separately."""
    patterns = tuple(always_trained)
    chosen: Dict[str, torch.Tensor] = {}
    for name, tensor in scores.items():
        if not matches(name, patterns):
            chosen.update(_highest(lambda: iter([(name, threshold.pieces_of(tensor))]), MaskBudget.compute({name: tensor}, ratio).free))
    return _with_always(scores, chosen, patterns)


def magnitude(parameters: Parameters, ratio: Ratio = 0.005, always_trained: Iterable[str] = ()) -> Mask:
    """The positions of the largest absolute values; compared as float32."""
    patterns, tensors = tuple(always_trained), _trainable(parameters)
    competing = {name: tensor for name, tensor in tensors.items() if not matches(name, patterns)}
    # Clearing the sign bits gives the absolute values.
    chosen = _highest(
        lambda: ((name, (piece & 0x7FFFFFFF for piece in threshold.pieces_of(tensor))) for name, tensor in competing.items()),
        MaskBudget.compute(tensors, ratio, patterns).free)
    return _with_always(tensors, chosen, patterns)


def random(parameters: Parameters, ratio: Ratio = 0.005, seed: int = 0, always_trained: Iterable[str] = ()) -> Mask:
    """As many random positions as :func:`top` would choose: the control. The same seed gives the same mask."""
    patterns, tensors = tuple(always_trained), _trainable(parameters)
    competing = {name: tensor for name, tensor in tensors.items() if not matches(name, patterns)}

    def lots() -> Iterator[Tuple[str, Iterator[torch.Tensor]]]:
        generator = torch.Generator().manual_seed(seed)
        for name, tensor in competing.items():
            yield name, _lots_of(tensor, generator)

    return _with_always(tensors, _highest(lots, MaskBudget.compute(tensors, ratio, patterns).free), patterns)


def bitfit(parameters: Parameters, always_trained: Iterable[str] = ()) -> Mask:
    """All biases (Ben Zaken, Goldberg, Ravfogel 2022): parameters whose last name part is ``bias``, and those that always train."""
    return _with_always(_trainable(parameters), {}, ("bias", "*.bias", *always_trained))


def _highest(scores: threshold.Scores, count: int) -> Dict[str, torch.Tensor]:
    try:
        return threshold.collect(scores, threshold.find(scores, count))
    except ValueError as error:
        raise FishError(
            "REQUEST_INVALID", str(error), "A score is negative or not a number.",
            "Check the gradients for NaN; lower the learning rate or the loss scale.") from error


def _with_always(tensors: Mapping[str, torch.Tensor], chosen: Dict[str, torch.Tensor], patterns: Tuple[str, ...]) -> Mask:
    return Mask({
        name: torch.arange(tensor.numel(), device=tensor.device) if matches(name, patterns) else chosen.get(name,
            tensor.new_empty(0, dtype=torch.int64))
        for name, tensor in tensors.items()}, of=getattr(tensors, "parameters", tensors))


def _trainable(parameters: Parameters) -> Dict[str, torch.Tensor]:
    if isinstance(parameters, torch.nn.Module):
        return {name: parameter for name, parameter in parameters.named_parameters() if parameter.requires_grad}
    return dict(parameters)


def _lots_of(tensor: torch.Tensor, generator: torch.Generator) -> Iterator[torch.Tensor]:
    for start in range(0, tensor.numel(), threshold.PIECE):
        size = min(threshold.PIECE, tensor.numel() - start)
        yield torch.randint(0, threshold.INFINITY, (size,), generator=generator, dtype=torch.int32).to(tensor.device)
