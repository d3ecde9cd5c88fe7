"""SIGTERM and SIGINT: the first one asks the run to end with its next step, the second one ends it at once."""

import os
import signal
import threading
from typing import Any, Dict, Optional

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """Handlers that only set a flag. They are there in the main thread only, from :meth:`install` to :meth:`restore`."""

    def __init__(self) -> None:
        self.received: Optional[int] = None
        """The signal that came first."""
        self._previous: Dict[int, Any] = {}
        self._process = os.getpid()

    def install(self) -> None:
        """Takes the signals over, where this is the main thread."""
        if threading.current_thread() is threading.main_thread():
            self._previous = {number: signal.signal(number, self._handle) for number in _SIGNALS}

    def restore(self) -> None:
        """Gives the signals back to those that had them before."""
        if threading.current_thread() is threading.main_thread():
            for number, handler in self._previous.items():
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
            self._previous = {}

    def exception(self) -> BaseException:
        """What ends the run: what the signal would have raised, or the exit code of a process that it ended."""
        return KeyboardInterrupt() if self.received == signal.SIGINT else SystemExit(128 + int(self.received or 0))

    def _handle(self, number: int, _frame: Any) -> None:
        # Workers that were forked have this handler too; the run is not theirs to end.
        if self.received is not None or os.getpid() != self._process:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.received = number
