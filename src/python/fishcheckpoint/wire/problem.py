"""Problem details (RFC 9457) as the error that the server had, and servers that are too old for this client."""

import json
import re
import ssl
from typing import Optional

from ..errors import FishError

VERSION_HEADER = "Fish-Version"
_LEAST_SERVER = (0, 1, 0)
"""The first version with all that this client sends."""
_UNKNOWN_TO_OLDER = ("REQUEST_INVALID", "ROUTE_NOT_FOUND", "MEDIA_TYPE_UNSUPPORTED")


def error_of(status: int, body: bytes, operation: str, version: Optional[str] = None, retry_after: Optional[str] = None) -> FishError:
    """The error that an answer of 400 and above stands for.

    :param version: the server's, where it names it: a refusal of one that may be too old says so.
    :param retry_after: the header field of this name; a date is ignored.
    """
    seconds = float(retry_after) if retry_after is not None and re.fullmatch("[0-9]{1,9}", retry_after.strip()) else None
    try:
        problem = json.loads(body)
        hint = problem.get("hint") or ""
        if version is None and problem["code"] in _UNKNOWN_TO_OLDER:
            hint += " The server names no version and may be older than this client: upgrade it first."
        return FishError(
            problem["code"], problem.get("key") or operation, problem.get("cause") or problem.get("detail") or "", hint,
            operation=operation, status=status, retry_after=seconds)
    except (ValueError, TypeError, KeyError, AttributeError):
        return FishError(
            "SERVER_UNAVAILABLE", operation, f"The server answered {status} without a problem that this program knows.",
            "Check that the URL is a FishCheckpoint server's, and of this version.", operation=operation, status=status, retry_after=seconds)


def unreachable(url: str, operation: str, error: BaseException) -> FishError:
    """The error of a connection that failed; an untrusted certificate will not be trusted by the next attempt either."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return FishError(
            "CERTIFICATE_UNTRUSTED", url, f"The server's certificate is not trusted: {error.verify_message}.",
            "Name the certificate of the authority that signed it, or its own, as a PEM file: ca=FILE, or FISH_CA in the environment.", operation=operation)
    return FishError(
        "SERVER_UNAVAILABLE", url, f"The server cannot be reached or broke off: {type(error).__name__}: {error}.", "Check that it runs, and the URL.",
        operation=operation, transient=True)


def too_old(status: int, version: Optional[str], url: str, operation: str) -> Optional[FishError]:
    """The error of a server that is too old for this client, by its first answer; ``None`` for any other."""
    number = re.match(r"(\d+)\.(\d+)\.(\d+)", version or "")
    if number is None or status >= 500 or tuple(map(int, number.groups())) >= _LEAST_SERVER:
        return None
    least = ".".join(map(str, _LEAST_SERVER))
    return FishError(
        "SERVER_UNAVAILABLE", url, f"The server is of version {version}; this client needs {least} or a newer one.",
        "Upgrade the server, or use a client of the server's version.", operation=operation, status=status)
