"""Where warnings go."""

import logging
import threading
import warnings
from typing import Callable, Optional

LOGGER = logging.getLogger("fishcheckpoint")


class Messages:
    """Gives warnings to the callback, or on the main thread to ``warnings``, and on others to the logger: a warning filter must not end the saver."""

    def __init__(self, callback: Optional[Callable[[str], None]]) -> None:
        self._callback = callback

    def warn(self, message: str) -> None:
        """Gives a warning; what the callback throws is logged."""
        if self._callback is not None:
            try:
                self._callback(message)
            except Exception:
                LOGGER.exception("on_warning failed for: %s", message)
        elif threading.current_thread() is threading.main_thread():
            try:
                warnings.warn(message, stacklevel=3)
            except Warning:  # a filter makes it an error: not one that ends training
                LOGGER.warning(message)
        else:
            LOGGER.warning(message)
