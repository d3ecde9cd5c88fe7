"""The one family of errors."""

import contextlib
from typing import Iterator, Optional

TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})


class FishError(Exception):
    """A refusal or failure.

    ``code`` is the server's stable upper-case name (``BASE_MISMATCH``, ``STEP_TAKEN``, ``CORRUPT_FRAME``...), ``key`` the affected item,
    ``cause`` the reason, ``hint`` the remedy. ``operation`` and ``status`` belong to the HTTP call, if there was one, and ``retry_after``
    is the number of seconds that the server asks to wait.
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
        """Whether a retry may succeed later: the server was unreachable, busy, out of space for now, or behind a proxy that could not reach
        it."""
        return self._transient or self.status in TRANSIENT_STATUSES or self.code == "INSUFFICIENT_STORAGE"

    @property
    def server_fault(self) -> bool:
        """Whether a server or proxy failed for a reason unrelated to the request: a retry may succeed, or never."""
        return self.status is not None and self.status >= 500 and self.code in ("INTERNAL", "SERVER_UNAVAILABLE")

    @property
    def permanent(self) -> bool:
        """Whether a retry cannot succeed."""
        return not (self.transient or self.server_fault)

    @property
    def is_damage(self) -> bool:
        """Whether stored bytes differ from the saved ones."""
        return self.code.startswith("CORRUPT_")

    def add_cause(self, cause: str) -> None:
        """Adds a sentence about the consequences of the error."""
        self.cause = f"{self.cause} {cause}"
        self.args = (_text(self.code, self.key, self.cause, self.hint),)


@contextlib.contextmanager
def reading(path: str) -> Iterator[None]:
    """Converts an operating system error about a file to ``FILE_NOT_FOUND`` or ``FILE_UNREADABLE``."""
    try:
        yield
    except FileNotFoundError as error:
        raise FishError("FILE_NOT_FOUND", path, "The file does not exist.",
            "Check the path, and whether another program removes files there.") from error
    except OSError as error:
        raise FishError("FILE_UNREADABLE", path, f"The file cannot be read: {error.strerror}.",
            "Check its permissions and its disk.") from error


def _text(code: str, key: str, cause: str, hint: str) -> str:
    return f"{code} ({key}): {cause} {hint}".rstrip()
