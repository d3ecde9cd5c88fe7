"""Delivers warnings."""

import logging
import threading
import warnings
from typing import Callable, Optional

LOGGER = logging.getLogger("fishcheckpoint")


class Messages:
    """Gives warnings to the callback; without one, to ``warnings`` on the main thread and to the logger on others: a warning filter must
    not end the saver."""

    def __init__(self, callback: Optional[Callable[[str], None]]) -> None:
        self._callback = callback

    def warn(self, message: str) -> None:
        """Delivers a warning; an error of the callback is logged."""
        if self._callback is not None:
            try:
                self._callback(message)
            except Exception:
                LOGGER.exception("on_warning failed for: %s", message)
        elif threading.current_thread() is threading.main_thread():
            try:
                warnings.warn(message, stacklevel=3)
            except Warning:  # a filter turned it into an error, which must not end training
                LOGGER.warning(message)
        else:
            LOGGER.warning(message)
