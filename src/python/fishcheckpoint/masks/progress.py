"""The progress of scoring: to a function, or as a line on standard error."""

import sys
import time
from typing import Callable, Optional, Union

Progress = Union[None, bool, Callable[[int, Optional[int]], None]]
"""``None`` or ``False``: silent; ``True``: a line on standard error; or a function of the finished examples and their total, if known."""


class ProgressLine:
    """A line that is rewritten at most four times per second."""

    def __init__(self) -> None:
        self._begun, self._shown = time.monotonic(), 0.0

    def __call__(self, done: int, total: Optional[int]) -> None:
        """Shows the number of finished examples."""
        now = time.monotonic()
        last = total is not None and done >= total
        if now - self._shown < 0.25 and not last:
            return
        self._shown = now
        rate = done / max(now - self._begun, 1e-9)
        of = f" of {total} ({100 * done // max(1, total)}%)" if total is not None else ""
        print(f"\rFisher information: {done}{of} examples, {rate:,.1f}/s", end="\n" if last else "", file=sys.stderr, flush=True)


def of(progress: Progress) -> Callable[[int, Optional[int]], None]:
    """The function to call."""
    if progress is None or progress is False:
        return lambda done, total: None
    return ProgressLine() if progress is True else progress
