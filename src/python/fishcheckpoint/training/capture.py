"""Copies the data of a save on the training thread, at a cost proportional to the positions, not to the model."""

import threading
from typing import Callable, Dict, List, Mapping, Optional, Tuple

import torch

from ..tensors.flat import gather
from .cover import Cover
from .lineage import Plan
from .reports import SaveReport
from .trainer_state import TrainerState

Tensors = Mapping[str, torch.Tensor]


class PendingSave:
    """A copied step that is not stored yet; all of its data is on the host and immutable."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.metrics: Callable[[], Dict[str, float]] = dict
        """Reads the checkpoint's metrics; never raises."""
        self.score: Optional[float] = None
        """The monitored metric once it is read: lower is better, and NaN counts as missing."""
        self.forced = False
        """Whether the caller requested it, beside the cadence."""
        self.stall = 0.0
        self.plan: Optional[Plan] = None
        self.values: Tensors = {}
        """The values at the plan's positions; without a plan, whole tensors."""
        self.state: Optional[TrainerState] = None
        self.snapshot: Optional[Tensors] = None
        """The whole model, if it must be checked for leaks."""
        self.error: Optional[BaseException] = None
        self.done = threading.Event()
        self.report: Optional[SaveReport] = None
        """Its report when it is done; ``None`` if a newer copy replaced it."""


def copy_values(tensors: Tensors, cover: Cover) -> Dict[str, torch.Tensor]:
    """The values at the cover's positions, on the host. From another device, one copy per dtype."""
    return to_host({name: gather(tensors[name], positions.to(tensors[name].device)) for name, positions in cover.items()})


def to_host(tensors: Tensors, copy: bool = False) -> Dict[str, torch.Tensor]:
    """The tensors on the host: from another device, one copy per dtype. Host tensors are copied only with ``copy``."""
    result = {name: tensor.clone() if copy and tensor.device.type == "cpu" else tensor for name, tensor in tensors.items()}
    groups: Dict[Tuple[str, torch.dtype], List[str]] = {}
    for name, values in tensors.items():
        if values.device.type != "cpu":
            groups.setdefault((str(values.device), values.dtype), []).append(name)
    for names in groups.values():
        host = torch.cat([tensors[name].reshape(-1) for name in names]).cpu()
        result.update(zip(names, host.split([tensors[name].numel() for name in names])))
    return result


def copy_whole(tensors: Tensors) -> Dict[str, torch.Tensor]:
    """All tensors, on the host: proportional to the model."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}


def restricted(values: torch.Tensor, taken: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The values at the ``wanted`` ones of the positions ``taken``."""
    return values if taken.numel() == wanted.numel() else values[torch.searchsorted(taken, wanted)]
