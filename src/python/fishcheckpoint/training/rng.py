"""The random generators: Python's, PyTorch's, and numpy's where it is loaded."""

import random
import sys

import torch

from .trainer_state import TrainerState


def capture(state: TrainerState) -> None:
    """Puts the generators' states in the section ``rng``."""
    state.arrays["rng/torch"] = torch.get_rng_state()
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        for index in range(torch.cuda.device_count()):
            state.arrays[f"rng/cuda.{index}"] = torch.cuda.get_rng_state(index)
    version, words, gauss = random.getstate()
    state.arrays["rng/python"] = torch.tensor(words, dtype=torch.int64)
    state.put("rng/python.rest", [version, gauss])
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        kind, words, *rest = numpy.random.get_state()
        state.arrays["rng/numpy"] = torch.tensor(words.tolist(), dtype=torch.int64)
        state.put("rng/numpy.rest", [kind, *rest])


def restore(state: TrainerState) -> None:
    """Takes them back. Devices that are not there any more are left out."""
    arrays = state.section("rng")
    if "torch" in arrays:
        torch.set_rng_state(arrays["torch"])
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        if f"cuda.{index}" in arrays:
            torch.cuda.set_rng_state(arrays[f"cuda.{index}"], index)
    if "python" in arrays:
        version, gauss = state.take("rng/python.rest")
        random.setstate((version, tuple(arrays["python"].tolist()), gauss))
    numpy = sys.modules.get("numpy")
    if "numpy" in arrays and numpy is not None:
        kind, *rest = state.take("rng/numpy.rest")
        numpy.random.set_state((kind, arrays["numpy"].tolist(), *rest))
