"""The process that a hook works in: the one that created it, and rank 0 of a distributed run."""

import os
from typing import Tuple

import torch

from ..errors import FishError


def require_rank_zero(task: str) -> None:
    """Refuses a hook in another rank than 0 of a distributed run: ranks that train one model would all save the same steps.

    :raises FishError: ``REQUEST_INVALID``.
    """
    rank, count = _rank()
    if rank > 0 and count > 1:
        raise FishError(
            "REQUEST_INVALID", task, f"This process is rank {rank} of {count}: ranks that train one model would all save its steps.",
            "Create the hook only in rank 0, and send the resumed state to the others: wrap the model for parallel use after resume(), and "
            "broadcast the step and optimizer.state_dict(). If each rank trains its own model, give each its own task, and "
            "the hook all_ranks=True.")


class OwnProcess:
    """The process that created this object; a forked copy can recognize itself."""

    def __init__(self) -> None:
        self._made_in = os.getpid()

    @property
    def is_this(self) -> bool:
        """Whether this is that process."""
        return os.getpid() == self._made_in

    def require(self, task: str) -> None:
        """Refuses to work in a forked copy.

        :raises FishError: ``REQUEST_INVALID``.
        """
        if not self.is_this:
            raise FishError(
                "REQUEST_INVALID", task, f"The hook was created in process {self._made_in}, and this process is a fork of it.",
                "Use it only in that process: workers of a DataLoader and other children do not train.")


def _rank() -> Tuple[int, int]:
    # torchrun sets it before the process group exists.
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    try:
        return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    except ValueError:
        return 0, 1
