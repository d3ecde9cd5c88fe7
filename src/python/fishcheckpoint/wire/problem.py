"""Problem details (RFC 9457) as the error that the server had."""

import json
import ssl

from ..errors import FishError


def error_of(status: int, body: bytes, operation: str) -> FishError:
    """The error that an answer of 400 and above stands for."""
    try:
        problem = json.loads(body)
        return FishError(
            problem["code"], problem.get("key") or operation, problem.get("cause") or problem.get("detail") or "", problem.get("hint") or "",
            operation=operation, status=status)
    except (ValueError, TypeError, KeyError, AttributeError):
        return FishError(
            "SERVER_UNAVAILABLE", operation, f"The server answered {status} without a problem that this program knows.",
            "Check that the URL is a FishCheckpoint server's, and of this version.", operation=operation, status=status)


def unreachable(url: str, operation: str, error: BaseException) -> FishError:
    """The error of a connection that failed; an untrusted certificate will not be trusted by the next attempt either."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return FishError(
            "CERTIFICATE_UNTRUSTED", url, f"The server's certificate is not trusted: {error.verify_message}.",
            "Name the certificate of the authority that signed it, or its own, as a PEM file: ca=FILE, or FISH_CA in the environment.", operation=operation)
    return FishError(
        "SERVER_UNAVAILABLE", url, f"The server cannot be reached or broke off: {type(error).__name__}: {error}.", "Check that it runs, and the URL.",
        operation=operation, transient=True)
