"""When a hook saves, what it saves, and how it handles errors."""

import dataclasses
import os
import time
from typing import Any, Callable, Mapping, Optional, Sequence, Union

import torch

from ..client.side_files import SideFiles
from ..client.tasks import start_of
from ..errors import FishError
from .reports import SaveReport

DEFAULT_BUFFERS = ("*running_mean", "*running_var", "*num_batches_tracked")
RESERVED_SECTIONS = ("optimizer", "rng", "hook", "mask")


@dataclasses.dataclass(frozen=True)
class HookOptions:
    """The options of :class:`~fishcheckpoint.FishHook`, given by name."""

    save_every_steps: int = 100
    """Saves every step that is a multiple of this; 0 never."""
    save_every: Optional[float] = None
    """Also saves when this many seconds have passed since the last save; ``None`` never."""
    save_at_end: bool = True
    """Whether ``complete`` saves the last step if it is not saved yet."""
    busy: str = "skip"
    """What happens to a due step while ``queue_capacity`` copies are pending. ``skip``: it replaces the oldest waiting copy, or is skipped
    if none waits; ``wait``: it waits first, at most ``retry_for`` seconds, and not for a server that is down. The best step by ``monitor``
    is never dropped or skipped."""
    queue_capacity: int = 2
    """The largest number of copies of the masked values in memory, including the one being saved. The best one and a requested one may be
    added."""
    keep_last: Optional[int] = None
    """How many of the newest checkpoints to keep. Without any ``keep_*``, all are kept."""
    keep_every: Optional[int] = None
    """Keeps the checkpoints whose step is a multiple of this."""
    keep_best: Optional[int] = None
    """How many of the best checkpoints by ``monitor`` to keep."""
    monitor: Optional[str] = None
    """The metric that defines ``best``."""
    mode: str = "min"
    """``min`` or ``max``: which values of the metric are better."""
    recompute_mask_every_saves: int = 0
    """Asks ``mask_source`` for another mask after every this many saves; 0 never."""
    mask_source: Optional[Callable[[], Mapping[str, torch.Tensor]]] = None
    """Returns another mask; called on the training thread."""
    buffers: Sequence[str] = DEFAULT_BUFFERS
    """Names or patterns of tensors that every checkpoint saves whole, because they change outside the mask."""
    side_files: Optional[SideFiles] = None
    """Files beside the model that belong to each checkpoint (config.json, a tokenizer): a folder, whose weights and training state are left
    out; a list of paths; or a mapping of names to content or paths. They are read once, again when they change, and sent only if the task
    does not have them."""
    include_optimizer: bool = True
    """Whether to save the optimizer's moments on the mask."""
    include_rng: bool = True
    """Whether to save the states of the random generators: Python's, PyTorch's on the CPU and all CUDA devices, and numpy's if it is
    loaded."""
    state: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Objects with ``state_dict()`` and ``load_state_dict()`` by name: schedulers, samplers. Plain values, tensors and arrays are saved
    with their types; functions in a dict are left out."""
    own_tensors: Sequence[str] = ()
    """Names or patterns of tensors that the base does not have, or has in another shape or dtype: a new head. They start as zeros and are
    saved whole. A matching tensor that only the base has is left out of the task. Used when the hook creates the task on a base."""
    from_: Optional[str] = None
    """The checkpoint of another task that the run starts from, ``TASK:STEP``. The hook creates a missing task as a branch of it, with its
    base and own tensors; a task with another start is refused."""
    new_run: bool = False
    """Whether a run that did not resume may add steps above the existing steps of a task. Otherwise such a run is refused
    (``RUN_TAKEN``)."""
    overwrite: bool = False
    """Whether to replace a step with other content: the old checkpoint is deleted with its tags. Otherwise it is refused (``STEP_TAKEN``),
    and a run may neither begin in a task with checkpoints nor go back before some of them (``RUN_TAKEN``)."""
    all_ranks: bool = False
    """Whether ranks other than 0 of a distributed run may have a hook, each with its own task. Otherwise they are refused."""
    leak_check_every_saves: int = 0
    """Compares the whole model with its reference with the first save and every this many saves; 0: only the first; ``None``: never."""
    on_leak: str = "warn"
    """What to do about values that changed outside the mask: ``warn``, ``widen`` (include them from this save on), or ``fail``."""
    save_on_stop: bool = True
    """On SIGTERM or SIGINT: stores the next step before the run ends; a second signal ends it at once."""
    retry_for: float = 60.0
    """Seconds to retry: to reach the server in ``resume``, ``save`` and ``complete``, and to save one step to a server that fails itself.
    While training runs, an unreachable server is retried forever, and training does not wait."""
    throw_on_complete: bool = True
    """Whether ``complete`` raises what failed."""
    save_on_error: bool = True
    """Whether ``with FishHook(...)`` saves the last step when an exception leaves it, including :class:`KeyboardInterrupt` and
    :class:`SystemExit`. The exception always continues. The checkpoint has the model's values at the exception."""
    on_report: Optional[Callable[[SaveReport], None]] = None
    """Called with each report, on the background thread."""
    on_warning: Optional[Callable[[str], None]] = None
    """Called with each warning; by default ``warnings.warn``, and the logger ``fishcheckpoint`` from the background thread."""
    log_file: Union[None, str, "os.PathLike[str]"] = None
    """A file to which each save appends one line of JSON."""
    clock: Callable[[], float] = time.monotonic
    """The clock for stalls and ``save_every``, in seconds."""

    def __post_init__(self) -> None:
        """Validates the options.

        :raises FishError: ``REQUEST_INVALID``.
        """
        for name, words in (("busy", ("skip", "wait")), ("mode", ("min", "max")), ("on_leak", ("warn", "widen", "fail"))):
            if getattr(self, name) not in words:
                raise _invalid(name, f"'{getattr(self, name)}' is not a valid choice.", f"Choose one of {', '.join(words)}.")
        for name, least in (("save_every_steps", 0), ("queue_capacity", 1), ("recompute_mask_every_saves", 0), ("keep_last", 1),
            ("keep_every", 1),
                            ("keep_best", 1), ("leak_check_every_saves", 0), ("retry_for", 0)):
            if getattr(self, name) is not None and getattr(self, name) < least:
                raise _invalid(name, f"{getattr(self, name)} is below {least}.", "")
        if self.keep_best is not None and self.monitor is None:
            raise _invalid("keep_best", "It needs a metric.", "Give monitor, such as monitor='loss'.")
        if self.recompute_mask_every_saves and self.mask_source is None:
            raise _invalid("recompute_mask_every_saves", "It needs a source of masks.", "Give mask_source.")
        if self.from_ is not None:
            start_of(self.from_)
        for name in self.state:
            if "/" in name or not name or name in RESERVED_SECTIONS:
                raise _invalid("state", f"'{name}' is not a valid section name.",
                    f"Choose one without a slash and none of {', '.join(RESERVED_SECTIONS)}.")

    @property
    def retention(self) -> Optional[Mapping[str, object]]:
        """The task's retention, which also defines the best checkpoint; ``None`` if there is none."""
        if self.keep_last is None and self.keep_every is None and self.keep_best is None and self.monitor is None:
            return None
        return {"keepLast": self.keep_last, "keepEvery": self.keep_every, "keepBest": self.keep_best, "monitor": self.monitor,
            "mode": self.mode}


def _invalid(key: str, cause: str, hint: str) -> FishError:
    return FishError("REQUEST_INVALID", key, cause, hint)
