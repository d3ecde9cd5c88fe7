"""When a hook saves, what it saves, and what it does about trouble."""

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
    """The options of :class:`~fishcheckpoint.FishHook`; all are given to it by name."""

    save_every_steps: int = 100
    """Saves every step that is a multiple of this; 0 never."""
    save_every: Optional[float] = None
    """Saves also when this many seconds have passed since the last save; ``None`` never."""
    save_at_end: bool = True
    """Whether ``complete`` saves the last step if it is not saved yet."""
    busy: str = "skip"
    """What a due step does while ``queue_capacity`` copies are on their way. ``skip``: it takes the place of the oldest copy that waits, or
    is skipped where none waits; ``wait``: it waits first, at most ``retry_for`` seconds, and not for a server that is down. The best step
    by ``monitor`` is never dropped or skipped."""
    queue_capacity: int = 2
    """How many copies of the masked values may be in memory, the one being saved included. The best one, and one that was asked for, come
    on top."""
    keep_last: Optional[int] = None
    """Keeps the newest checkpoints, this many. With no ``keep_*`` given, all are kept."""
    keep_every: Optional[int] = None
    """Keeps the checkpoints whose step is a multiple of this."""
    keep_best: Optional[int] = None
    """Keeps the best checkpoints by ``monitor``, this many."""
    monitor: Optional[str] = None
    """The metric that ``best`` goes by."""
    mode: str = "min"
    """``min`` or ``max``: which values of the metric are better."""
    recompute_mask_every_saves: int = 0
    """Asks ``mask_source`` for another mask after every so many saves; 0 never."""
    mask_source: Optional[Callable[[], Mapping[str, torch.Tensor]]] = None
    """Makes another mask; called on the training thread."""
    buffers: Sequence[str] = DEFAULT_BUFFERS
    """Names or patterns of tensors that are saved whole with every checkpoint, since they change outside of any mask."""
    side_files: Optional[SideFiles] = None
    """Files beside the model that each checkpoint has of its own (config.json, a tokenizer): a folder, whose files are meant but for
    weights and training state; a list of paths; or by their names the content or the path. They are read once, again when they change, and
    sent only where the task does not have them."""
    include_optimizer: bool = True
    """Whether the optimizer's moments on the mask are saved."""
    include_rng: bool = True
    """Whether the states of the random generators are saved: Python's, PyTorch's on the CPU and on all CUDA devices, and numpy's if it is loaded."""
    state: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Objects with ``state_dict()`` and ``load_state_dict()`` by name: schedulers, samplers. Plain values, tensors and arrays are saved
    with their types; functions in a dict are left out."""
    own_tensors: Sequence[str] = ()
    """Names or patterns of tensors that the base has not, or in another shape or dtype: a new head. They begin as zeros, and are saved
    whole; a tensor of these names that only the base has is none of the task's. Used when the hook makes the task on a base."""
    from_: Optional[str] = None
    """The checkpoint of another task that the run starts from, ``TASK:STEP``. The task is made on it where it is missing, with that one's base and own tensors; one
    that starts from something else is refused."""
    new_run: bool = False
    """Whether a run may begin in a task that has checkpoints without resuming from them: its steps have to come above those. Without it
    that is ``RUN_TAKEN``."""
    overwrite: bool = False
    """Whether a step that is taken with other content is replaced: the old checkpoint is deleted, with its tags. Without it that is
    ``STEP_TAKEN``, and a run may neither begin in a task that has checkpoints nor go back before some of them (``RUN_TAKEN``)."""
    all_ranks: bool = False
    """Whether ranks other than 0 of a distributed run may have a hook, each with a task of its own. Without it they are refused."""
    leak_check_every_saves: int = 0
    """Compares the whole model with its reference on every so many saves, besides the first; 0 on the first alone, ``None`` never."""
    on_leak: str = "warn"
    """What is done about values that changed outside of the mask: ``warn``, ``widen`` (they are saved too, from this save on), or ``fail``."""
    save_on_stop: bool = True
    """On SIGTERM or SIGINT: the next step is saved and stored before the run ends; a second signal ends at once."""
    retry_for: float = 60.0
    """Seconds to go on trying: to reach the server in ``resume``, ``save`` and ``complete``, and to save one step to a server that answers
    with a fault of its own. While training runs, a server that cannot be reached is tried forever, and training does not wait."""
    throw_on_complete: bool = True
    """Whether ``complete`` raises what failed."""
    save_on_error: bool = True
    """Whether ``with FishHook(...)`` saves the last step when an exception leaves it, :class:`KeyboardInterrupt` and :class:`SystemExit`
    included. The exception goes on in any case. The checkpoint holds the model as the exception found it."""
    on_report: Optional[Callable[[SaveReport], None]] = None
    """Called with each report, on the background thread."""
    on_warning: Optional[Callable[[str], None]] = None
    """Called with each warning; by default ``warnings.warn``, and the logger ``fishcheckpoint`` from the background thread."""
    log_file: Union[None, str, "os.PathLike[str]"] = None
    """A file that gets one line of JSON for each save."""
    clock: Callable[[], float] = time.monotonic
    """Seconds, for stalls and ``save_every``."""

    def __post_init__(self) -> None:
        """Checks the options.

        :raises FishError: ``REQUEST_INVALID``.
        """
        for name, words in (("busy", ("skip", "wait")), ("mode", ("min", "max")), ("on_leak", ("warn", "widen", "fail"))):
            if getattr(self, name) not in words:
                raise _invalid(name, f"There is no '{getattr(self, name)}'.", f"Choose one of {', '.join(words)}.")
        for name, least in (("save_every_steps", 0), ("queue_capacity", 1), ("recompute_mask_every_saves", 0), ("keep_last", 1), ("keep_every", 1),
                            ("keep_best", 1), ("leak_check_every_saves", 0), ("retry_for", 0)):
            if getattr(self, name) is not None and getattr(self, name) < least:
                raise _invalid(name, f"{getattr(self, name)} is less than {least}.", "")
        if self.keep_best is not None and self.monitor is None:
            raise _invalid("keep_best", "It needs a metric to go by.", "Give monitor, as in monitor='loss'.")
        if self.recompute_mask_every_saves and self.mask_source is None:
            raise _invalid("recompute_mask_every_saves", "There is nothing to ask for a mask.", "Give mask_source.")
        if self.from_ is not None:
            start_of(self.from_)
        for name in self.state:
            if "/" in name or not name or name in RESERVED_SECTIONS:
                raise _invalid("state", f"'{name}' is no name for a section.", f"Choose one without a slash that is none of {', '.join(RESERVED_SECTIONS)}.")

    @property
    def retention(self) -> Optional[Mapping[str, object]]:
        """What the task is told to keep, and what counts as best; ``None`` when nothing is said."""
        if self.keep_last is None and self.keep_every is None and self.keep_best is None and self.monitor is None:
            return None
        return {"keepLast": self.keep_last, "keepEvery": self.keep_every, "keepBest": self.keep_best, "monitor": self.monitor, "mode": self.mode}


def _invalid(key: str, cause: str, hint: str) -> FishError:
    return FishError("REQUEST_INVALID", key, cause, hint)
