"""The hook for a training loop."""

import atexit
import os
import time
from typing import Any, Callable, List, Mapping, Optional, Union

import torch

from ..client import FishClient
from ..client.side_files import SideFileReader
from ..errors import FishError
from ..masks import Mask
from ..optim import MaskedOptimizer
from ..wire.transport import backoff
from .capture import PendingSave, copy_values, copy_whole
from .cover import Cover, digest_of
from .lineage import Lineage
from .messages import Messages
from .metrics import MetricReader
from .options import HookOptions
from .parts import TrainerParts
from .processes import OwnProcess, require_rank_zero
from .reports import SaveReport, SaveSummary, StepOutcome
from .resume import Resumed, resume_model
from .run import Run
from .saver import BackgroundSaver, together
from .sender import Sender
from .session import Session
from .stop import StopSignals
from .tracked import TrackedModel
from .trainer_state import TrainerState


_LEAST_TIMEOUT = 10.0
"""The largest number of seconds for a single response when the hook opens its task or resumes, however short ``retry_for`` is."""


class FishHook:
    """Saves a training run while it runs: the caller's thread copies the masked values of each due step, and a background thread stores
    them.

    ::

        hook = FishHook("http://127.0.0.1:5080", "my-task", model, mask=mask, optimizer=optimizer, base="my-base")
        first = hook.resume()                       # None, or the step to go on after
        ...
        hook.on_step(step, metrics={"loss": loss})  # after each optimizer step
        ...
        hook.complete()

    Training waits while k masked values are gathered and copied to the host. Nothing else that it waits for grows with the model, except
    the leak check (a copy of the whole model, on the first save unless ``leak_check_every_saves=None``) and a run without a mask, which is
    copied whole.

    Call all methods on the training thread, in the process that created the hook: a forked child, such as a ``DataLoader``'s worker, sends
    and ends nothing. A failed save gives a warning and a report, and :meth:`complete` raises it. :meth:`on_step` raises after three
    permanent failures in a row, and for errors that make all further saves impossible. An unreachable server never blocks training.

    In a ``with`` block, an exception saves the last step before it continues.
    """

    def __init__(
        self, client: Union[FishClient, str, "os.PathLike[str]",
            None], task: str, model: torch.nn.Module, *, mask: Optional[Mapping[str, torch.Tensor]] = None,
        optimizer: Optional[torch.optim.Optimizer] = None, base: Optional[str] = None, **options: Any,
    ) -> None:
        """Starts saving a run. A server that is unreachable now is retried later.

        :param client: the server, its URL, or a folder on this machine (see :class:`FishClient`); ``None``: the environment's
            ``FISH_SERVER`` or ``FISH_DATA``.
        :param task: if missing, it is created on ``base``, or as a branch of the checkpoint in the option ``from_``.
        :param model: the model to save, under the names of its ``state_dict()``; tied tensors once.
        :param mask: the positions that training changes, by parameter name; by default the masked optimizer's. Without one the model is
            saved whole.
        :param optimizer: the optimizer whose moments are saved; a masked one, or any of PyTorch's.
        :param base: name or id of the base that training starts from; the task must have the same one.
        :param options: see :class:`HookOptions`.
        :raises FishError: ``REQUEST_INVALID``: an option is invalid, or this is not rank 0; ``LAYOUT_MISMATCH``: the model can never be
            saved to the task; ``BASE_NOT_FOUND``, ``BASE_MISMATCH``, ``TASK_NOT_FOUND``, ``CHECKPOINT_NOT_FOUND``; ``TASK_TAKEN``: the task
            does not start from ``from_``; ``TENSOR_UNKNOWN``: the mask does not fit this model; ``STATE_UNSUPPORTED``: something in the
            ``state``, the optimizer or a module's extra state cannot be saved; its key is the path; ``FILE_NOT_FOUND``,
            ``FILE_UNREADABLE``, ``NAME_INVALID``: a side file is invalid.
        """
        self._process = OwnProcess()
        self._options = HookOptions(**options)
        if not self._options.all_ranks:
            require_rank_zero(task)
        self._messages = Messages(self._options.on_warning)
        self._metrics = MetricReader(self._messages)
        self._model = TrackedModel(model, (*self._options.buffers, *self._options.own_tensors))
        self._optimizer = optimizer
        self._parts = TrainerParts(self._model, optimizer, self._options)
        self._parts.check(self._messages)
        if mask is None and isinstance(optimizer, MaskedOptimizer):
            mask = optimizer.mask
        self._mask = None if mask is None else self._checked(mask)
        self._cover = Cover() if self._mask is None else self._cover_of(self._mask)
        self._lineage = None if self._mask is None else Lineage(self._cover)
        client = client if isinstance(client, FishClient) else FishClient(client)
        # Opening and resuming wait for a silent server no longer than the options allow.
        self._client = client.with_retries(0, max(_LEAST_TIMEOUT, self._options.retry_for))
        self._session = Session(client.with_retries(0), task, base, self._model, self._options)
        self._run = Run(self._session, self._options)
        side_files = self._options.side_files
        self._sender = Sender(
            self._session, self._run, self._model, lambda: self._lineage, self._options, self._messages,
            None if side_files is None else SideFileReader(side_files, self._messages.warn))
        sending = self._session.client
        self._saver = BackgroundSaver(self._sender, self._options, self._messages, lambda: sending.stalled, sending.close)
        self._last_step: Optional[int] = None
        self._resumed_step: Optional[int] = None
        self._last_save: Optional[PendingSave] = None
        self._checking: Optional[PendingSave] = None
        self._last_metrics: Optional[Mapping[str, Any]] = None
        self._load_parts: Callable[[], None] = lambda: None
        self._last_time = self._options.clock()
        self._queued, self._since_mask = 0, 0
        self._open_session()
        self._signals = StopSignals()
        if self._options.save_on_stop:
            self._signals.install()
        atexit.register(self._at_exit)

    def __enter__(self) -> "FishHook":
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if not self._process.is_this:
            return  # a forked child leaves the block; the run belongs to its parent
        if kind is None:
            self.complete()
        else:
            self._leave()

    def __getstate__(self) -> Any:
        raise FishError(
            "REQUEST_INVALID", self._session.task, "A hook cannot be copied or sent to another process.",
            "Leave it out of datasets and of arguments for spawned processes.")

    @property
    def is_ended(self) -> bool:
        """Whether the hook accepts no further step: the run was completed, or ended by an exception or a signal."""
        return self._saver.is_ended

    @property
    def mask(self) -> Optional[Mapping[str, torch.Tensor]]:
        """The trained mask; ``None`` without one."""
        return self._mask

    @property
    def reports(self) -> List[SaveReport]:
        """A snapshot of the reports of all completed saves, in order."""
        return self._saver.reports

    @property
    def summary(self) -> SaveSummary:
        """Totals of all saves so far."""
        return self._saver.summary

    def resume(self, at: Union[int, str] = "latest") -> Optional[int]:
        """Restores model, optimizer, random generators and ``state`` from a checkpoint bit for bit; call it before the first step.

        :param at: the newest, a step, or a tag. Each damaged checkpoint gives a warning, and the one before it is tried.
        :returns: the restored step: training continues after it. ``None`` if there is no checkpoint; if the task is a branch, the model
            then has the values of its branch point.
        :raises FishError: the server could not be reached for ``retry_for`` seconds; all checkpoints are damaged; ``STATE_MISMATCH``: the
            optimizer differs, or a part is missing; nothing is changed.
        """
        self._require_running()
        give_up, attempt = time.monotonic() + self._options.retry_for, 0
        while True:
            try:
                return self._resume(at)
            except FishError as error:
                left = give_up - time.monotonic()
                if error.permanent or left <= 0:
                    raise
                attempt += 1
                if attempt == 1:
                    self._messages.warn(f"Resuming waits up to {self._options.retry_for:g} seconds for the server: {error}")
                time.sleep(min(backoff(attempt, error.retry_after), left))

    def _resume(self, at: Union[int, str]) -> Optional[int]:
        task = self._session.task
        self._session.open(self._client)
        resumed = resume_model(self._client, task, self._model, at, self._messages, self._prepare)
        if resumed is None:
            if self._session.is_branch:  # a new branch takes only the values of its branch point
                self._client.load_start(task, into=self._model.module)
            return None
        self._sender.replaced.update(resumed.damaged)
        self._run.resume(resumed)
        self._restore(resumed)
        self._last_step = self._resumed_step = resumed.step
        self._last_time = self._options.clock()
        self._recompute_mask()  # if it was due after that save
        return resumed.step

    def on_step(self, step: int, metrics: Optional[Mapping[str, Any]] = None) -> StepOutcome:
        """Records a finished optimizer step, and saves it if it is due.

        :param step: not negative.
        :param metrics: numbers to store with the checkpoint, such as the loss; tensors with one element are read in the background.
            Non-numbers are left out, with one warning per name.
        :raises FishError: ``RUN_TAKEN``, ``STEP_TAKEN``: the task has checkpoints that this run does not continue, or another run saves to
            it; ``LAYOUT_MISMATCH`` and other errors of the constructor, if the server was down then; the first error of three permanent
            failures in a row; ``MASK_LEAK`` with ``on_leak="fail"``; ``REQUEST_INVALID``: the hook is completed. Nothing is saved.
        :raises KeyboardInterrupt: after SIGINT, when the step is stored; :class:`SystemExit` (143) for SIGTERM.
        """
        self._require_running()
        self._run.check(step)
        self._last_step, self._last_metrics = step, metrics
        if self._signals.received is not None:
            self._stop(metrics)
        refusal = self._sender.refusal or self._saver.take_alarm()
        if refusal is not None:
            raise refusal
        if not self._is_due(step):
            return StepOutcome.NOT_DUE
        save = self._save(metrics, wait=self._options.busy == "wait")
        if save is None:
            return StepOutcome.SKIPPED
        self._recompute_mask()
        return StepOutcome.QUEUED if save.error is None else StepOutcome.FAILED

    def save(self, metrics: Optional[Mapping[str, Any]] = None) -> Optional[SaveReport]:
        """Saves the last step given to :meth:`on_step` regardless of the cadence, and waits until it is stored or has failed, at most
        ``retry_for`` seconds for a server that is down or silent. After that there is a warning, and the copy waits in the background.

        A step that is already saved is not saved again.

        :returns: its report; ``None`` if there was no step yet, or only the resumed one, or it still waits.
        """
        self._require_running()
        save = self._save_once(metrics)
        if save is None:
            return None
        if not self._saver.wait(save.done.is_set):
            self._messages.warn(
                f"Step {save.step} is not stored yet, after {self._options.retry_for:g} seconds: the server does not respond. "
                "The copy waits, and training continues.")
        return save.report

    def set_mask(self, mask: Mapping[str, torch.Tensor]) -> None:
        """Trains another mask from now on, also in the masked optimizer.

        The last step is saved first if it was not, because later saves are based on it.

        :raises FishError: ``TENSOR_UNKNOWN``, ``INDEX_OUT_OF_RANGE``: it does not fit this model; ``REQUEST_INVALID``: the run has no mask.
        """
        if self._lineage is None:
            raise FishError("REQUEST_INVALID", "mask", "The run is saved whole, without a mask.", "Give a mask to the hook's constructor.")
        checked = self._checked(mask)
        cover = self._cover_of(checked)
        self._save_once(None, wait=False)
        if self._last_step is not None:
            self._lineage.anchor_at(self._last_step, cover)
        else:
            self._lineage = Lineage(cover)
        if isinstance(self._optimizer, MaskedOptimizer):
            self._optimizer.set_mask(mask)
        self._mask, self._cover, self._since_mask = checked, cover, 0

    def complete(self) -> SaveSummary:
        """Saves the last step (``save_at_end``), and waits until everything is stored, at most ``retry_for`` seconds for a server that is
        down.

        The hook accepts no further step.

        :raises FishError: the first failure, unless ``throw_on_complete=False``; its cause gives their number.
        """
        self._process.require(self._session.task)
        return self._finish(None, self._options.save_at_end)

    def _finish(self, metrics: Optional[Mapping[str, Any]], save_last: bool) -> SaveSummary:
        if save_last and not self._saver.is_ended and self._sender.refusal is None:
            self._save_once(metrics)
        self._end()
        stored = {report.step for report in self.reports if report.error is None}
        failed = [report for report in self.reports if report.error is not None and report.step not in stored]
        failures = [report.error for report in failed] or [self._sender.refusal]
        if failures[0] is not None and self._options.throw_on_complete:
            raise together([error for error in failures if error is not None], f"{len(failures)} saves failed")
        return self.summary

    # Saving

    def _is_due(self, step: int) -> bool:
        by_step = self._options.save_every_steps > 0 and step % self._options.save_every_steps == 0
        return by_step or (self._options.save_every is not None and self._options.clock() - self._last_time >= self._options.save_every)

    def _save(self, metrics: Optional[Mapping[str, Any]], *, wait: bool = False, force: bool = False) -> Optional[PendingSave]:
        start = self._options.clock()
        assert self._last_step is not None
        save = PendingSave(self._last_step)
        save.metrics, save.forced = self._metrics.copied(metrics), force
        if not self._saver.reserve(save, wait, force):
            return None
        try:
            self._copy_into(save, force)
        except Exception as error:  # a failed save never raises in training
            save.error = error
        self._last_time = self._options.clock()
        save.stall = self._last_time - start
        self._last_save = save
        self._queued, self._since_mask = self._queued + 1, self._since_mask + 1
        self._saver.enqueue(save)
        return save

    def _save_once(self, metrics: Optional[Mapping[str, Any]], wait: bool = True) -> Optional[PendingSave]:
        if self._last_step in (None, self._resumed_step):
            return None  # nothing was trained since
        last = self._last_save
        if last is not None and last.step == self._last_step and last.error is None and not self._is_lost(last, wait):
            return last
        return self._save(metrics if metrics is not None else self._last_metrics, force=True)

    def _is_lost(self, save: PendingSave, wait: bool) -> bool:
        # The step is copied again if its queued copy may be lost: a pending leak check may discard it, a newer copy may have replaced it,
        # or the server may be back.
        if self._options.on_leak == "widen":
            self._saver.wait(lambda: save.done.is_set() or (not wait and self._saver.is_down))
        if not save.done.is_set():
            return False
        error = None if save.report is None else save.report.error
        return save.report is None or (isinstance(error, FishError) and not error.permanent)

    def _copy_into(self, save: PendingSave, force: bool) -> None:
        tensors = self._model.tensors()
        if self._lineage is None:
            save.values = copy_whole(tensors)
        else:
            save.plan = self._lineage.plan()
            save.values = copy_values(tensors, save.plan.cover)
            # During a check that may widen the mask, a save that must not be lost is copied whole.
            checking = force and self._options.on_leak == "widen" and self._checking is not None and not self._checking.done.is_set()
            if self._is_check_due() or checking:
                save.snapshot, self._checking, self._saver.lost_check = copy_whole(tensors), save, False
        save.state = self._parts.capture(save.plan, self._mask, self._cover)
        save.state.put("hook/saves_since_mask", self._since_mask + 1)

    def _is_check_due(self) -> bool:
        every = self._options.leak_check_every_saves
        return every is not None and (self._queued == 0 or self._saver.lost_check or (every > 0 and self._queued % every == 0))

    def _recompute_mask(self) -> None:
        every = self._options.recompute_mask_every_saves
        if every and self._since_mask >= every and self._options.mask_source is not None:
            self.set_mask(self._options.mask_source())

    # Resuming

    def _restore(self, resumed: Resumed) -> None:
        state = resumed.state
        if state is not None:
            self._restore_mask(state)
        if self._mask is not None:
            # Later saves keep the checkpoint's anchor only if they cover all of its positions; otherwise the checkpoint itself becomes
            # their anchor.
            same = state is not None and "hook/cover" in state.texts and state.take("hook/cover") == self._cover.digest
            anchor = state.take("hook/anchor") if state is not None and same else resumed.step
            # On a branch, an anchor without a step may be the base, where another program saved.
            kept = not self._session.is_branch if anchor is None else anchor == resumed.laid_on
            self._lineage = Lineage(self._cover, anchor if kept else resumed.step)
            self._lineage.stored(resumed.step)
        if state is not None:
            self._load_parts()
            self._since_mask = state.take("hook/saves_since_mask")

    def _prepare(self, state: TrainerState) -> None:
        # Reads everything before anything is changed.
        mask = self._parts.mask_of(state, self._mask is not None)
        cover = self._cover if mask is None or digest_of(mask) == digest_of(self._mask or {}) else self._cover_of(self._checked(mask))
        self._load_parts = self._parts.prepared(state, self._mask is not None, cover, self._messages)
        state.take("hook/saves_since_mask")

    def _restore_mask(self, state: TrainerState) -> None:
        mask = self._parts.mask_of(state, self._mask is not None)
        if mask is None or self._mask is None or digest_of(mask) == digest_of(self._mask):
            return
        self._messages.warn("The checkpoint's mask replaces the given one.")
        self._mask, self._cover = mask, self._cover_of(mask)
        if isinstance(self._optimizer, MaskedOptimizer):
            self._optimizer.set_mask(mask)

    # The ends of a run

    def _stop(self, metrics: Optional[Mapping[str, Any]]) -> None:
        self._save_once(metrics)
        self._end()
        raise self._signals.exception()

    def _leave(self) -> None:
        # The exception has precedence: no other error replaces it.
        if self._options.save_on_error and not self._saver.is_ended and self._sender.refusal is None:
            try:
                self._save_once(None)
            except Exception as failure:
                self._messages.warn(f"Step {self._last_step} could not be saved before the run ended: {failure}")
        self._end()

    def _end(self) -> None:
        if not self._process.is_this:
            return  # the saving thread belongs to the parent
        self._signals.restore()
        self._saver.end()
        self._session.client.close()
        self._client.close()
        atexit.unregister(self._at_exit)

    def _at_exit(self) -> None:
        self._end()

    def _require_running(self) -> None:
        self._process.require(self._session.task)
        if self._saver.is_ended:
            raise FishError("REQUEST_INVALID", self._session.task, "The hook is completed.", "Create another one.")

    def _open_session(self) -> None:
        try:
            self._session.open(self._client)
        except FishError as error:
            self._client.close()
            if error.permanent:
                raise
            self._messages.warn(f"The server cannot be reached; retrying while training runs: {error}")
            self._saver.start()

    # Names

    def _checked(self, mask: Mapping[str, torch.Tensor]) -> Mask:
        tensors = self._model.tensors()
        named = self._model.by_first_name(mask)
        for name, positions in named.items():
            if name not in tensors:
                raise FishError("TENSOR_UNKNOWN", name, "The mask has a tensor that the model does not have.",
                    "Create the mask from the same model.")
            if positions.numel() and int(positions[-1]) >= tensors[name].numel():
                raise FishError("INDEX_OUT_OF_RANGE", name, f"The tensor has {tensors[name].numel()} elements.",
                    "Create the mask from the same model.")
        return Mask({name: positions.to(tensors[name].device) for name, positions in named.items()})

    def _cover_of(self, mask: Mapping[str, torch.Tensor]) -> Cover:
        return Cover.of(mask, self._model.whole_positions())
