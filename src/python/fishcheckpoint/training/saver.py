"""The background: one thread that stores copied states one after another, and keeps the reports."""

import threading
from collections import deque
from typing import Callable, Deque, List, Optional, Tuple

from ..errors import FishError
from ..wire.transport import backoff
from .capture import PendingSave
from .messages import Messages
from .options import HookOptions
from .reports import SaveReport, SaveSummary
from .sender import StaleCopy


class BackgroundSaver:
    """Nothing that a save throws gets out. The server being down is no failure: the save is tried again, forever while training runs."""

    def __init__(self, send: Callable[[PendingSave], Tuple[int, int]], options: HookOptions, messages: Messages, at_end: Callable[[], None]) -> None:
        self._at_end = at_end
        self._send, self._options, self._messages = send, options, messages
        self._changed = threading.Condition()
        self._queue: Deque[PendingSave] = deque()
        self._slots, self._skipped = 0, 0
        self._retrying, self._ending = False, False
        self._deadline: Optional[float] = None
        self._reports: List[SaveReport] = []
        self._thread: Optional[threading.Thread] = None

    @property
    def reports(self) -> List[SaveReport]:
        """The reports of all saves that are done, in that order; a snapshot."""
        with self._changed:
            return list(self._reports)

    @property
    def summary(self) -> SaveSummary:
        """What the saves did and cost together, so far."""
        with self._changed:
            return SaveSummary.of(self._reports, self._skipped)

    @property
    def is_ended(self) -> bool:
        """Whether nothing more is taken."""
        return self._ending

    def reserve(self, wait: bool, force: bool = False) -> bool:
        """Takes a slot for a copy; counts the step as skipped where there is none.

        Waits for one with ``wait``, unless the server is down; ``force`` takes one beyond the capacity.
        """
        with self._changed:
            while not force and self._slots >= self._options.queue_capacity:
                if not wait or self._retrying:
                    self._skipped += 1
                    return False
                self._changed.wait()
            self._slots += 1
            return True

    def enqueue(self, save: PendingSave) -> None:
        """Hands in a copy, for which a slot was taken."""
        with self._changed:
            self._queue.append(save)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="fishcheckpoint-saver", daemon=True)
                self._thread.start()

    def limit(self, seconds: Optional[float]) -> None:
        """From now on, gives up on a server that is down after so many seconds; ``None`` never."""
        with self._changed:
            self._deadline = None if seconds is None else self._options.clock() + seconds
            self._changed.notify_all()

    def end(self) -> None:
        """Takes nothing more, and waits until everything is stored or has failed."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._ending:
                    self._changed.wait()
                if not self._queue:
                    break
                save = self._queue.popleft()
            report = self._save(save)
            with self._changed:
                self._slots -= 1
                if report is None:
                    self._skipped += 1
                else:
                    self._reports.append(report)
                self._changed.notify_all()
            if report is not None:
                self._publish(report)
            save.report = report
            save.done.set()
        self._at_end()

    def _save(self, save: PendingSave) -> Optional[SaveReport]:
        start = self._options.clock()
        changed, stored, error = 0, 0, save.error
        if error is None:
            try:
                changed, stored = self._send_until_stored(save)
            except StaleCopy as stale:
                self._messages.warn(f"Step {save.step} is left out: {stale}")
                return None
            except Exception as failure:  # whatever it is: training goes on, and complete() raises it
                error = failure
                self._messages.warn(f"Step {save.step} is not saved: {failure}")
        return SaveReport(save.step, save.stall, self._options.clock() - start, changed, stored, error)

    def _send_until_stored(self, save: PendingSave) -> Tuple[int, int]:
        attempt = 0
        try:
            while True:
                try:
                    return self._send(save)
                except FishError as error:
                    attempt += 1
                    if not error.transient or self._is_late():
                        raise
                    if attempt == 1:
                        self._messages.warn(f"Step {save.step} cannot be saved yet, and is tried again: {error}")
                    self._pause(backoff(attempt))
        finally:
            with self._changed:
                self._retrying = False
                self._changed.notify_all()

    def _is_late(self) -> bool:
        with self._changed:
            return self._deadline is not None and self._options.clock() >= self._deadline

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._retrying = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._deadline is not None and self._options.clock() >= self._deadline, seconds)

    def _publish(self, report: SaveReport) -> None:
        try:
            if self._options.log_file is not None:
                with open(self._options.log_file, "a", encoding="utf-8") as file:
                    file.write(report.to_json() + "\n")
            if self._options.on_report is not None:
                self._options.on_report(report)
        except Exception as error:
            self._messages.warn(f"The report of step {report.step} could not be given: {error}")
