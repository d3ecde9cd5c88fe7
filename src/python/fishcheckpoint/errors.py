"""The one family of errors."""

import contextlib
from typing import Iterator, Optional

TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})


class FishError(Exception):
    """Something was refused or failed.

    ``code`` is the stable upper-case name that the server uses too (``BASE_MISMATCH``, ``STEP_TAKEN``, ``CORRUPT_FRAME``...), ``key`` what it is
    about, ``cause`` why, ``hint`` what to do. ``operation`` and ``status`` are those of the HTTP call, where there was one, and ``retry_after`` the
    seconds that the server asks to wait before the next attempt, if it does.
    """

    def __init__(
        self, code: str, key: str, cause: str, hint: str = "", *, operation: Optional[str] = None, status: Optional[int] = None,
        transient: bool = False, retry_after: Optional[float] = None,
    ) -> None:
        super().__init__(_text(code, key, cause, hint))
        self.code, self.key, self.cause, self.hint = code, key, cause, hint
        self.operation, self.status, self._transient, self.retry_after = operation, status, transient, retry_after

    @property
    def transient(self) -> bool:
        """Whether the same call may succeed later: the server was not reached, is busy, has no room for now, or is behind a proxy that could not reach it."""
        return self._transient or self.status in TRANSIENT_STATUSES or self.code == "INSUFFICIENT_STORAGE"

    @property
    def server_fault(self) -> bool:
        """Whether a server or proxy failed without a reason that says anything of the request: the same call may succeed later, or
        never."""
        return self.status is not None and self.status >= 500 and self.code in ("INTERNAL", "SERVER_UNAVAILABLE")

    @property
    def permanent(self) -> bool:
        """Whether trying again is no use."""
        return not (self.transient or self.server_fault)

    @property
    def is_damage(self) -> bool:
        """Whether it says that stored bytes are not those that were saved."""
        return self.code.startswith("CORRUPT_")

    def add_cause(self, cause: str) -> None:
        """Adds what else is to be known: what the error has left behind."""
        self.cause = f"{self.cause} {cause}"
        self.args = (_text(self.code, self.key, self.cause, self.hint),)


@contextlib.contextmanager
def reading(path: str) -> Iterator[None]:
    """Raises what the system says of a file that cannot be read as ``FILE_NOT_FOUND`` or ``FILE_UNREADABLE``."""
    try:
        yield
    except FileNotFoundError as error:
        raise FishError("FILE_NOT_FOUND", path, "There is no such file.", "Check the path, and what removes files there.") from error
    except OSError as error:
        raise FishError("FILE_UNREADABLE", path, f"It cannot be read: {error.strerror}.", "Check its permissions and its disk.") from error


def _text(code: str, key: str, cause: str, hint: str) -> str:
    return f"{code} ({key}): {cause} {hint}".rstrip()
