"""In which mode a model is while its parameters are scored."""

import contextlib
from typing import Dict, Iterator

import torch

from ..errors import FishError

MODES = ("eval", "train", "keep")


@contextlib.contextmanager
def scoring(model: torch.nn.Module, mode: str) -> Iterator[None]:
    """Puts a model into evaluation or training mode, or leaves each module as it is; puts everything back at the end, buffers included.

    In training mode, batch normalization takes the statistics of the example itself, and does not change the running ones.

    :raises FishError: ``REQUEST_INVALID``: there is no such mode.
    """
    if mode not in MODES:
        raise FishError("REQUEST_INVALID", "mode", f"There is no mode '{mode}'.", f"Choose one of {', '.join(MODES)}.")
    training = {module: module.training for module in model.modules()}
    tracking = [module for module in model.modules() if getattr(module, "track_running_stats", False) is True]
    buffers: Dict[torch.Tensor, torch.Tensor] = {}
    if mode != "keep":
        model.train(mode == "train")
    if any(module.training for module in training):
        buffers = {buffer: buffer.detach().clone() for buffer in model.buffers()}
    for module in tracking:
        if module.training:
            module.track_running_stats = False
    try:
        yield
    finally:
        for module, was in training.items():
            module.training = was
        for module in tracking:
            module.track_running_stats = True
        with torch.no_grad():
            for buffer, kept in buffers.items():
                buffer.copy_(kept)
