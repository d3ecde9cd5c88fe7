"""Requests over kept connections, tried again when the server cannot be reached or says that it is busy."""

import contextlib
import http.client
import os
import random
import socket
import ssl
import threading
import time
import urllib.parse
from typing import Callable, Iterator, Mapping, Optional, TypeVar

from ..errors import FishError
from .bodies import Body, Chunk
from .place import folder_of
from .problem import VERSION_HEADER, error_of, too_old, unreachable

try:
    from .local import LocalConnection, LocalServer
    local_server = LocalServer.of
except ImportError:  # a system without file locks and Unix sockets
    def local_server(folder: str):
        raise FishError("REQUEST_INVALID", folder, "This system cannot serve a folder by itself.", "Run 'fishckpt serve --data FOLDER' and give its URL.")

_PROBLEM_BYTES = 1 << 20
Answer = TypeVar("Answer")


_LONGEST = 10.0
"""Seconds that a wait takes at most."""


def backoff(attempt: int, retry_after: Optional[float] = None) -> float:
    """Seconds to wait before a further attempt (1, 2...): exponential backoff with full jitter, as the .NET clients have it.

    :param retry_after: the seconds that the server asked for, which are added, up to the longest wait.
    :returns: drawn evenly from zero to 0.1, doubled for each attempt, at most 10.
    """
    return min(_LONGEST, 0.1 * 2 ** min(attempt - 1, 10)) * random.random() + min(_LONGEST, retry_after or 0.0)


class Transport:
    """Sends requests. Safe for use by many threads: each has a connection of its own, which is kept for the next request."""

    def __init__(
        self, url: str, key: Optional[str], timeout: float, retries: int, sleep: Callable[[float], None] = time.sleep, ca: Optional[str] = None,
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        folder = folder_of(url)
        if folder is None and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise FishError("REQUEST_INVALID", url, "This is no server's URL.", "Write it as http://HOST:PORT.")
        self.url, self.key, self.timeout, self.retries, self._sleep = url.rstrip("/"), key, timeout, retries, sleep
        if key is not None and not all("!" <= letter <= "~" for letter in key):
            raise FishError("KEY_INVALID", "key", "The key holds what no token holds.", "Give the token as 'fishckpt key add' has shown it.")
        self.ca, self._trust = ca, _trust(ca) if parts.scheme == "https" else None
        self._parts, self._prefix = parts, "" if folder is not None else parts.path.rstrip("/")
        self._server = None if folder is None else local_server(folder)
        self._local = threading.local()
        self._waiting_since: Optional[float] = None

    def sibling(self) -> "Transport":
        """A transport to the same server with connections of its own, which tries nothing again."""
        return Transport(self.url, self.key, self.timeout, 0, self._sleep, self.ca)

    @property
    def stalled(self) -> float:
        """Seconds that the read or write in progress has waited for the server so far; of many threads', the one that began last."""
        since = self._waiting_since
        return 0.0 if since is None else time.monotonic() - since

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Counts what is done inside as waiting for the server."""
        self._waiting_since = time.monotonic()
        try:
            yield
        finally:
            self._waiting_since = None

    def send(
        self, method: str, path: str, body: Optional[Body] = None, headers: Optional[Mapping[str, str]] = None,
    ) -> http.client.HTTPResponse:
        """Sends a request until it is answered, and gives a response below 400. Read it to its end before this thread sends the next one.

        Every request of this API may be sent twice: the second one finds the work done.

        :raises FishError: what the server answered, or ``SERVER_UNAVAILABLE`` after the last attempt.
        """
        return self._until_answered(lambda attempt: self._send_once(method, path, body, headers or {}, attempt))

    def fetch(
        self, method: str, path: str, body: Optional[Body] = None, headers: Optional[Mapping[str, str]] = None,
        patience: Optional[float] = 1,
    ) -> bytes:
        """Sends a request and reads its whole answer; one that breaks off is asked for again.

        :param patience: how many times the transport's timeout the answer may take to begin; ``None``: without end.
        :raises FishError: as :meth:`send`.
        """
        return self._until_answered(
            lambda attempt: self._read(self._send_once(method, path, body, headers or {}, attempt, patience), f"{method} {path}"))

    def range(self, path: str, begin: int, count: int, tag: str) -> bytes:
        """At most ``count`` bytes of a file, from a position on; none where it ends there.

        :param tag: the file's ETag.
        :raises FishError: as :meth:`send`; with the status 412 where the file has another ETag.
        """
        return self._until_answered(lambda attempt: self._range_once(path, begin, count, tag, attempt))

    def close(self) -> None:
        """Closes this thread's connection; the next request opens another."""
        connection, self._local.connection = getattr(self._local, "connection", None), None
        if connection is not None:
            connection.close()

    def _until_answered(self, once: Callable[[int], Answer]) -> Answer:
        attempt = 0
        while True:
            attempt += 1
            try:
                return once(attempt)
            except FishError as error:
                if not error.transient or attempt > self.retries:
                    raise
                self._sleep(backoff(attempt, error.retry_after))

    def _read(self, response: http.client.HTTPResponse, operation: str) -> bytes:
        try:
            with self.waiting():
                content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise unreachable(self.url, operation, error) from error
        return content

    def _range_once(self, path: str, begin: int, count: int, tag: str, attempt: int) -> bytes:
        operation = f"GET {path}"
        try:
            response = self._send_once("GET", path, None, {"Range": f"bytes={begin}-{begin + count - 1}", "If-Match": tag}, attempt)
            skip = 0 if response.status == 206 else begin  # a proxy may send the whole instead
            data = response.read(skip + count)[skip:]
            if not response.isclosed():
                self.close()
            if response.status == 206 and len(data) < int(response.getheader("Content-Length", "0")):
                raise http.client.IncompleteRead(data)
            return data
        except FishError as error:
            if error.status == 416:
                return b""
            raise
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise unreachable(self.url, operation, error) from error

    def _send_once(
        self, method: str, path: str, body: Optional[Body], headers: Mapping[str, str], attempt: int, patience: Optional[float] = 1,
    ) -> http.client.HTTPResponse:
        operation = f"{method} {path}"
        try:
            response = self._exchange(method, path, body, headers, patience)
        except FishError:
            self.close()
            raise  # the body's own
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise unreachable(self.url, operation, error) from error
        version = response.getheader(VERSION_HEADER)
        refused = too_old(response.status, version, self.url, operation)
        if refused is not None:
            response.close()
            self.close()
            raise refused
        if response.status < 400:
            if response.length is None and not response.chunked and response.status not in (204, 304):
                self.close()  # the head ends before it says how long the body is: http.client takes that for a whole one
                raise unreachable(self.url, operation, http.client.RemoteDisconnected("the answer broke off"))
            return response
        try:
            problem = response.read(_PROBLEM_BYTES)
        except (OSError, http.client.HTTPException):
            problem = b""
        if response.will_close or not response.isclosed():
            self.close()
        if method == "DELETE" and response.status == 404 and attempt > 1:
            return response  # an attempt before this one did it, and its answer was lost
        raise error_of(response.status, problem, operation, version, response.getheader("Retry-After"))

    def _exchange(
        self, method: str, path: str, body: Optional[Body], headers: Mapping[str, str], patience: Optional[float],
    ) -> http.client.HTTPResponse:
        connection, kept = self._connection(method)
        try:
            return self._exchange_over(connection, method, path, body, headers, patience)
        except (ConnectionError, http.client.RemoteDisconnected):
            self.close()
            if not kept:
                raise
        # The server may close a kept connection at any time: that says nothing about this request.
        return self._exchange_over(self._connection(method)[0], method, path, body, headers, patience)

    def _exchange_over(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: Optional[Body], headers: Mapping[str, str],
        patience: Optional[float],
    ) -> http.client.HTTPResponse:
        fields = {"Accept": "*/*", **headers}
        if self.key is not None:
            fields["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            fields.update({"Content-Type": body.content_type, "Content-Length": str(body.length)})
        try:
            connection.request(method, self._prefix + path, body=None if body is None else self._sent(body), headers=fields)
        except (BrokenPipeError, ConnectionResetError):
            # A server that refuses a body early answers and hangs up; the answer says more than the broken pipe.
            if body is None:
                raise
        opened = connection.sock
        opened.settimeout(None if patience is None else patience * self.timeout)
        with self.waiting():
            response = connection.getresponse()
        opened.settimeout(self.timeout)
        return response

    def _sent(self, body: Body) -> Iterator[Chunk]:
        for chunk in body.chunks():
            with self.waiting():
                yield chunk

    def _connection(self, method: str):
        if getattr(self._local, "process", None) != os.getpid():
            self.close()  # one that the process was forked with is its parent's
        connection = getattr(self._local, "connection", None)
        if connection is not None and connection.sock is not None:
            return connection, True
        self._local.process = os.getpid()
        if self._server is not None:
            self._local.connection = LocalConnection(self._server, self.timeout, creates=method not in ("GET", "HEAD"))
            with self.waiting():
                self._local.connection.connect()
            return self._local.connection, False
        host, port = self._parts.hostname, self._parts.port
        connection = (http.client.HTTPConnection(host, port, timeout=self.timeout) if self._trust is None
                      else http.client.HTTPSConnection(host, port, timeout=self.timeout, context=self._trust))
        with self.waiting():
            connection.connect()
        _keep_alive(connection.sock)
        self._local.connection = connection
        return connection, False


def _keep_alive(opened: socket.socket) -> None:
    # The system notices a server that is gone while an answer is waited for without end.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, seconds in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 10)):
        if hasattr(socket, name):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)


def _trust(ca: Optional[str]) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except FileNotFoundError as error:
        raise FishError("FILE_NOT_FOUND", str(ca), "There is no such file.", "Give a PEM file of certificates.") from error
    except ssl.SSLError as error:
        raise FishError("REQUEST_INVALID", str(ca), f"The certificates cannot be read: {error}.", "Give a PEM file of certificates.") from error
