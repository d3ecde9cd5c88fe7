"""The random generators: Python's, PyTorch's, and numpy's if it is loaded."""

import random
import sys
from typing import Any, Callable, List

import torch

from .trainer_state import TrainerState, mismatch


def capture(state: TrainerState) -> None:
    """Adds the generators' states to the section ``rng``."""
    state.arrays["rng/torch"] = torch.get_rng_state()
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        for index in range(torch.cuda.device_count()):
            state.arrays[f"rng/cuda.{index}"] = torch.cuda.get_rng_state(index)
    version, words, gauss = random.getstate()
    state.arrays["rng/python"] = torch.tensor(words, dtype=torch.int64)
    state.put("rng/python.rest", [version, gauss])
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        found = numpy.random.get_state()
        if isinstance(found, dict):  # not the usual generator
            state.put("rng/numpy.state", found)
        else:
            kind, words, *rest = found
            state.arrays["rng/numpy"] = torch.tensor(words.tolist(), dtype=torch.int64)
            state.put("rng/numpy.rest", [kind, *rest])


def prepared(state: TrainerState) -> Callable[[], None]:
    """Reads the states; missing devices are left out.

    :returns: a function that gives them to the generators.
    :raises FishError: ``STATE_MISMATCH``: they are damaged.
    """
    arrays = state.section("rng")
    loads: List[Callable[[], Any]] = []
    if "torch" in arrays:
        loads.append(lambda: torch.set_rng_state(arrays["torch"]))
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        if f"cuda.{index}" in arrays:
            loads.append(lambda index=index: torch.cuda.set_rng_state(arrays[f"cuda.{index}"], index))
    if "python" in arrays:
        version, gauss = _pair(state.take("rng/python.rest"))
        loads.append(lambda: random.setstate((version, tuple(arrays["python"].tolist()), gauss)))
    numpy = sys.modules.get("numpy")
    if numpy is not None and "rng/numpy.state" in state.texts:
        found = state.take("rng/numpy.state")
        loads.append(lambda: numpy.random.set_state(found))
    elif numpy is not None and "numpy" in arrays:
        kind, *rest = state.take("rng/numpy.rest")
        loads.append(lambda: numpy.random.set_state((kind, arrays["numpy"].tolist(), *rest)))

    def load() -> None:
        for one in loads:
            one()
    return load


def restore(state: TrainerState) -> None:
    """Restores the states: the inverse of :func:`capture`."""
    prepared(state)()


def _pair(value: Any) -> Any:
    if not isinstance(value, list) or len(value) != 2:
        raise mismatch("rng/python.rest", "It is damaged.")
    return value
