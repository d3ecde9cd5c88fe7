"""The background thread that stores copied steps one after another and keeps their reports."""

import threading
import time
from collections import deque
from typing import Callable, Deque, List, Optional, Tuple

from ..errors import FishError
from ..wire.transport import backoff
from .capture import PendingSave
from .messages import Messages
from .options import HookOptions
from .reports import SaveReport, SaveSummary
from .sender import Sender, StaleCopy

_FAILURES = 3
"""After this many permanent failures in a row the run ends."""
_LAST_TRIES = 2.0
"""Seconds beyond ``retry_for`` for one last attempt at each waiting save."""


class Superseded(Exception):
    """A newer copy replaces one that could not be stored so far."""


class BackgroundSaver:
    """Stores copies in the background; an error of a save never leaves it. An unreachable server is not a failure: the save is retried,
    forever while training runs. A server that fails itself is retried for ``retry_for`` seconds; then the save has failed."""

    def __init__(
        self, sender: Sender, options: HookOptions, messages: Messages, stalled: Callable[[], float], at_end: Callable[[], None],
    ) -> None:
        """Starts nothing yet.

        :param stalled: seconds that the current request has waited for the server.
        :param at_end: called on the background thread when it ends.
        """
        self._open, self._send, self._refusal = sender.open, sender.send, lambda: sender.refusal
        self._options, self._messages, self._stalled, self._at_end = options, messages, stalled, at_end
        self._changed = threading.Condition()
        self._queue: Deque[PendingSave] = deque()
        self._current: Optional[PendingSave] = None
        self._superseded = False
        self._reserved, self._skipped, self._has_warned = 0, 0, False
        self._retrying, self._pausing, self._has_warned_of_outage = False, False, False
        self._ending, self._abandoned, self._finished = False, False, False
        self._deadline: Optional[float] = None
        self._reports: List[SaveReport] = []
        self._failed_in_row: List[BaseException] = []
        self._alarm: Optional[BaseException] = None
        self._best: Optional[float] = None
        self._thread: Optional[threading.Thread] = None
        self.lost_check = False
        """Whether a copy due for a leak check was dropped, so that the next one must be checked."""

    @property
    def reports(self) -> List[SaveReport]:
        """A snapshot of the reports of all completed saves, in order."""
        with self._changed:
            return list(self._reports)

    @property
    def summary(self) -> SaveSummary:
        """Totals of all saves so far."""
        with self._changed:
            return SaveSummary.of(self._reports, self._skipped)

    @property
    def is_ended(self) -> bool:
        """Whether the saver accepts no more copies."""
        return self._ending

    @property
    def is_down(self) -> bool:
        """Whether the last attempt to save failed, so that the server may be down."""
        return self._retrying

    def take_alarm(self) -> Optional[BaseException]:
        """An error for the training thread, reported once: several saves in a row have failed permanently."""
        with self._changed:
            alarm, self._alarm = self._alarm, None
            return alarm

    def start(self) -> None:
        """Starts the background thread, which asks the server until it first responds."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="fishcheckpoint-saver", daemon=True)
                self._thread.start()

    def reserve(self, save: PendingSave, wait: bool, force: bool = False) -> bool:
        """Takes a slot for a copy that the caller then makes.

        If there is none, the newest step replaces an older waiting copy. The best step by the monitored metric is never dropped or skipped,
        so at most two copies wait beyond the capacity. ``wait`` waits for a slot, at most ``retry_for`` seconds and never for a server that
        is down; ``force`` skips nothing.
        """
        longest = self._options.retry_for
        if wait and not force:
            with self._changed:
                self._changed.wait_for(lambda: self._has_room() or self._retrying or self._stalled() >= longest, longest)
        with self._changed:
            dropped = None if self._has_room() else self._drop_oldest()
            taken = self._has_room() or force or self._is_best(save)
            if taken:
                self._reserved += 1
            else:
                dropped, self._skipped = save, self._skipped + 1
            warns = dropped is not None and not self._has_warned
            self._has_warned = self._has_warned or warns
        if warns and dropped is not None:
            self._messages.warn(
                f"Step {dropped.step} is skipped because the store is too slow or unreachable; the newest step waits. "
                "The summary counts further skipped steps without a warning.")
        return taken

    def enqueue(self, save: PendingSave) -> None:
        """Adds a copy to the slot that was taken for it."""
        with self._changed:
            self._reserved -= 1
            self._queue.append(save)
            self._changed.notify_all()
        self.start()

    def wait(self, is_done: Callable[[], bool], grace: float = 0.0) -> bool:
        """Waits until a background operation is done; gives up after ``retry_for`` seconds if the server is down or silent. A save whose
        bytes move is waited for, however long it takes."""
        start, longest = time.monotonic(), self._options.retry_for + grace
        with self._changed:
            while not is_done():
                left = start + longest - time.monotonic()
                if left <= 0 and (self._pausing or self._stalled() >= longest):
                    return False
                self._changed.wait(left if left > 0 else 0.1)
        return True

    def end(self) -> None:
        """Accepts no more copies, and waits until everything is stored or has failed: at most ``retry_for`` seconds for a server that is
        down or silent."""
        with self._changed:
            self._ending = True
            if self._deadline is None:
                self._deadline = time.monotonic() + self._options.retry_for
            self._changed.notify_all()
        if self._thread is not None and not self.wait(lambda: self._finished or self._abandoned, _LAST_TRIES):
            self._abandon()

    # Slots

    def _has_room(self) -> bool:
        copies = len(self._queue) + self._reserved + (self._current is not None and not self._superseded)
        if copies < self._options.queue_capacity:
            return True
        return copies == self._options.queue_capacity and self._best_pending() in self._queue  # it does not count

    def _drop_oldest(self) -> Optional[PendingSave]:
        best = self._best_pending()
        droppable = sorted((one for one in self._queue if one is not best), key=lambda one: one.forced)  # stable: the oldest is first
        if droppable:
            dropped = droppable[0]
            self._queue.remove(dropped)
            self._lose(dropped)
            return dropped
        if not self._retrying or self._current is None or self._superseded or self._current is best:
            return None
        self._superseded = True  # unless the current attempt stores it
        self.lost_check = self.lost_check or self._current.snapshot is not None
        self._changed.notify_all()
        return self._current

    def _lose(self, save: PendingSave) -> None:
        self._skipped += 1
        self.lost_check = self.lost_check or save.snapshot is not None
        save.done.set()

    def _is_best(self, save: PendingSave) -> bool:
        score, best = self._score(save), self._best_pending()
        known = self._best if best is None else self._score(best)
        return score is not None and (known is None or score < known)

    def _best_pending(self) -> Optional[PendingSave]:
        best, known = None, self._best
        for save in (*([] if self._current is None else [self._current]), *self._queue):
            score = self._score(save)
            if score is not None and (known is None or score < known):
                best, known = save, score
        return best

    def _score(self, save: PendingSave) -> Optional[float]:
        if self._options.monitor is None:
            return None
        if save.score is None:
            save.score = save.metrics().get(self._options.monitor, float("nan")) * (-1 if self._options.mode == "max" else 1)
        return None if save.score != save.score else save.score

    # The thread

    def _run(self) -> None:
        self._open_first()
        while True:
            with self._changed:
                while not self._queue and not self._ending:
                    self._changed.wait()
                if not self._queue:
                    break
                self._current, self._superseded = self._queue.popleft(), False
                save = self._current
            report = self._save(save)
            with self._changed:
                if self._abandoned:
                    break
                self._current = None
                if report is None:
                    self._lose(save)
                else:
                    self._take_note(save, report)
                self._changed.notify_all()
            if report is not None:
                self._publish(report)
                save.report = report
                save.done.set()
                with self._changed:
                    self._changed.notify_all()
        self._at_end()
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def _open_first(self) -> None:
        # Ask about the run at the server's first response, not at the first save.
        attempt, retry_after = 0, None
        while not self._ending and not self._queue:
            try:
                return self._open()
            except FishError as error:
                if error.permanent:
                    return
                retry_after = error.retry_after
            except Exception as error:
                return self._messages.warn(f"The server could not be asked: {type(error).__name__}: {error}")
            attempt += 1
            with self._changed:
                self._changed.wait_for(lambda: bool(self._queue) or self._ending, backoff(attempt, retry_after))

    def _save(self, save: PendingSave) -> Optional[SaveReport]:
        start = self._options.clock()
        changed, stored, error = 0, 0, save.error
        if error is None:
            try:
                changed, stored = self._send_until_stored(save)
            except Superseded:
                return None
            except StaleCopy as stale:
                self._messages.warn(f"Step {save.step} is left out: {stale}")
                return None
            except Exception as failure:  # any error: training continues, and complete() raises it
                error = failure
                if not self._abandoned:
                    self._messages.warn(f"Step {save.step} is not saved: {failure}")
        return SaveReport(save.step, save.stall, self._options.clock() - start, changed, stored, error)

    def _take_note(self, save: PendingSave, report: SaveReport) -> None:
        self._reports.append(report)
        error = report.error
        if error is None:
            self._failed_in_row.clear()
            score = self._score(save)
            if score is not None and (self._best is None or score < self._best):
                self._best = score
        elif self._refusal() is None and (not isinstance(error, FishError) or error.permanent):
            self._failed_in_row.append(error)
            if len(self._failed_in_row) >= _FAILURES:
                self._alarm = together(self._failed_in_row, f"{len(self._failed_in_row)} saves in a row failed")

    def _send_until_stored(self, save: PendingSave) -> Tuple[int, int]:
        attempt, fault_since = 0, None
        try:
            while True:
                try:
                    sent = self._send(save)
                    self._has_warned_of_outage = False
                    return sent
                except FishError as error:
                    attempt += 1
                    now = time.monotonic()
                    if error.server_fault and fault_since is None:
                        fault_since = now
                    late = error.server_fault and fault_since is not None and now - fault_since >= self._options.retry_for
                    if error.permanent or late or self._is_late():
                        raise
                    if not self._has_warned_of_outage:
                        self._has_warned_of_outage = True
                        self._messages.warn(f"Step {save.step} cannot be saved yet; retrying: {error}")
                    self._pause(backoff(attempt, error.retry_after))
                    if self._superseded:
                        raise Superseded from error
        finally:
            with self._changed:
                self._retrying = self._retrying and self._superseded  # its replacement is tried on a server that is down
                self._changed.notify_all()

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with self._changed:
            self._retrying, self._pausing = True, True
            self._changed.notify_all()
            while not self._superseded and time.monotonic() < min(until, self._deadline or until):
                self._changed.wait(max(0.0, min(until, self._deadline or until) - time.monotonic()))
            self._pausing = False

    def _abandon(self) -> None:
        with self._changed:
            if self._finished or self._abandoned:
                return
            self._abandoned = True  # the thread may hang in a request, whose result is ignored
            lost = [*([] if self._current is None or self._superseded else [self._current]), *self._queue]
            self._queue.clear()
            reports = []
            for save in lost:
                save.report = SaveReport(save.step, save.stall, error=FishError(
                    "SERVER_UNAVAILABLE", str(save.step),
                    f"The server did not respond within {self._options.retry_for:g} seconds; step {save.step} is not saved.",
                    "Raise retry_for, or resume the run from its last checkpoint.", transient=True))
                reports.append(save.report)
            self._reports += reports
            self._changed.notify_all()
        for save, report in zip(lost, reports):
            self._messages.warn(f"Step {save.step} is not saved: {report.error}")
            self._publish(report)
            save.done.set()

    def _publish(self, report: SaveReport) -> None:
        try:
            if self._options.log_file is not None:
                with open(self._options.log_file, "a", encoding="utf-8") as file:
                    file.write(report.to_json() + "\n")
            if self._options.on_report is not None:
                self._options.on_report(report)
        except Exception as error:
            self._messages.warn(f"The report of step {report.step} could not be delivered: {error}")


def together(failures: List[BaseException], what: str) -> BaseException:
    """The first of several failures, with their description; an exception that is not a :class:`FishError` stays itself (with a note, from
    Python 3.11 on)."""
    first = failures[0]
    if len(failures) > 1 and not isinstance(first, FishError) and hasattr(first, "add_note"):
        first.add_note(f"fishcheckpoint: {what}; this is the first one.")
    if len(failures) == 1 or not isinstance(first, FishError):
        return first
    error = FishError(
        first.code, first.key, f"{what}; the first one: {first.cause}", first.hint, operation=first.operation, status=first.status)
    error.__cause__ = first
    return error
