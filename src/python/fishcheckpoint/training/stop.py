"""SIGTERM and SIGINT: the first one requests the run to end with its next step, the second one ends it at once."""

import os
import signal
import threading
from typing import Any, Dict, Optional

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """Handlers that only set a flag. They are installed only on the main thread, from :meth:`install` to :meth:`restore`."""

    def __init__(self) -> None:
        self.received: Optional[int] = None
        """The first received signal."""
        self._previous: Dict[int, Any] = {}
        self._process = os.getpid()

    def install(self) -> None:
        """Installs the handlers, if this is the main thread."""
        if threading.current_thread() is threading.main_thread():
            self._previous = {number: signal.signal(number, self._handle) for number in _SIGNALS}

    def restore(self) -> None:
        """Restores the previous handlers."""
        if threading.current_thread() is threading.main_thread():
            for number, handler in self._previous.items():
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
            self._previous = {}

    def exception(self) -> BaseException:
        """The exception that ends the run: the signal's usual one, or the exit code of a process that it ended."""
        return KeyboardInterrupt() if self.received == signal.SIGINT else SystemExit(128 + int(self.received or 0))

    def _handle(self, number: int, _frame: Any) -> None:
        # Forked workers inherit this handler but must not end the run.
        if self.received is not None or os.getpid() != self._process:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.received = number
