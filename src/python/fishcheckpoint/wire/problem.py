"""Converts problem details (RFC 9457) to the server's error, and refuses servers that are too old for this client."""

import json
import re
import ssl
from typing import Optional

from ..errors import FishError

VERSION_HEADER = "Fish-Version"
_LEAST_SERVER = (0, 1, 0)
"""The first version that supports all requests of this client."""
_UNKNOWN_TO_OLDER = ("REQUEST_INVALID", "ROUTE_NOT_FOUND", "MEDIA_TYPE_UNSUPPORTED")


def error_of(status: int, body: bytes, operation: str, version: Optional[str] = None, retry_after: Optional[str] = None) -> FishError:
    """The error of a response with a status of 400 or above.

    :param version: the server's, if it reports one: the error mentions a server that may be too old.
    :param retry_after: the header field of this name; a date is ignored.
    """
    seconds = float(retry_after) if retry_after is not None and re.fullmatch("[0-9]{1,9}", retry_after.strip()) else None
    try:
        problem = json.loads(body)
        hint = problem.get("hint") or ""
        if version is None and problem["code"] in _UNKNOWN_TO_OLDER:
            hint += " The server reports no version and may be older than this client: upgrade it first."
        return FishError(
            problem["code"], problem.get("key") or operation, problem.get("cause") or problem.get("detail") or "", hint,
            operation=operation, status=status, retry_after=seconds)
    except (ValueError, TypeError, KeyError, AttributeError):
        return FishError(
            "SERVER_UNAVAILABLE", operation, f"The server responded {status} without problem details that this client can read.",
            "Check that the URL belongs to a FishCheckpoint server of this version.",
            operation=operation, status=status, retry_after=seconds)


def unreachable(url: str, operation: str, error: BaseException) -> FishError:
    """The error of a failed connection; for an untrusted certificate a retry fails the same way."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return FishError(
            "CERTIFICATE_UNTRUSTED", url, f"The server's certificate is not trusted: {error.verify_message}.",
            "Give the certificate of its authority, or its own, as a PEM file: ca=FILE, or FISH_CA in the environment.",
            operation=operation)
    return FishError(
        "SERVER_UNAVAILABLE", url, f"The server cannot be reached, or the connection broke: {type(error).__name__}: {error}.",
        "Check the URL, and that the server runs.",
        operation=operation, transient=True)


def too_old(status: int, version: Optional[str], url: str, operation: str) -> Optional[FishError]:
    """The error of a server that is too old for this client, from its first response; ``None`` for any other."""
    number = re.match(r"(\d+)\.(\d+)\.(\d+)", version or "")
    if number is None or status >= 500 or tuple(map(int, number.groups())) >= _LEAST_SERVER:
        return None
    least = ".".join(map(str, _LEAST_SERVER))
    return FishError(
        "SERVER_UNAVAILABLE", url, f"The server has version {version}; this client needs {least} or newer.",
        "Upgrade the server, or use a client of the server's version.", operation=operation, status=status)
