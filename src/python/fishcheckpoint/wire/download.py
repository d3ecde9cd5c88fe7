"""A remote file as a stream: verified block by block on arrival, and resumed after a broken connection."""

import base64
import hashlib
import http.client
import io
from typing import Iterator, Mapping, Optional

from ..errors import FishError
from .problem import unreachable
from .transport import Transport, backoff

_CHUNK = 1 << 20
_AHEAD = 64 << 10
_CHECKED = "application/vnd.fishcheckpoint.checked"
_DIGEST = 32


class RemoteFile(io.RawIOBase):
    """A file of the server, read sequentially in bounded memory.

    The file arrives in blocks of 1 MiB, each with ``SHA-256(offset block)``, and every block is verified before use. A damaged block is
    requested once more; a broken connection resumes after the last block. All data belongs to one version. An older server sends the plain
    file, whose digest is verified at the end if it was announced.
    """

    def __init__(self, transport: Transport, path: str, tag: Optional[str] = None) -> None:
        """Requests the file.

        :param tag: the wanted version, from the list of files.
        :raises FishError: ``CHECKPOINT_CHANGED``: the file was replaced; or the server's error.
        """
        self._transport, self._path, self._tag = transport, path, None if tag is None else f'"{tag}"'
        self._position, self._failures, self._mismatched = 0, 0, -1
        self._block, self._ready = bytearray(), memoryview(b"")
        self._response = self._send(f"{path}?checked=true", {})
        self._is_checked = self._response.getheader("Content-Type") == _CHECKED
        sent = int(self._response.getheader("Content-Length", "-1"))
        self.length = _content_of(sent) if self._is_checked else sent
        self._tag = self._tag or self._response.getheader("ETag")
        self._expected = _digest_of(self._response.getheader("Repr-Digest"))
        self._digest = hashlib.sha256() if self._expected is not None or not self._is_checked else None

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer) -> int:
        """Fills the start of a buffer; returns 0 at the end.

        :raises FishError: ``DIGEST_MISMATCH``: a block, or the whole file, was damaged twice; ``CHECKPOINT_CHANGED``: the file was
            replaced; or the connection broke more often than the transport retries without a byte in between.
        """
        view = memoryview(buffer).cast("B")
        if len(view) == 0 or self._position == self.length:
            return 0
        while True:
            try:
                count = self._read_block(view) if self._is_checked else self._read_plain(view)
                break
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._reopen(error)
        self._failures = 0
        if self._digest is not None:
            self._digest.update(view[:count])
        self._position += count
        if self._position == self.length:
            self._finish()
        return count

    def chunks(self) -> Iterator[bytes]:
        """The rest of the file in pieces of 1 MiB at most."""
        buffer = bytearray(_CHUNK)
        while True:
            count = self.readinto(buffer)
            if not count:
                return
            yield bytes(memoryview(buffer)[:count])

    def close(self) -> None:
        """Drops the connection if the file was not read to its end."""
        if not self.closed and self._position != self.length:
            self._transport.close()
        super().close()

    def _read_plain(self, view: memoryview) -> int:
        with self._transport.waiting():
            count = self._response.readinto(view[:_CHUNK])
        if count == 0 and self.length < 0:
            self.length = self._position  # chunked encoding: this is the end
        elif count == 0:
            raise http.client.IncompleteRead(b"", self.length - self._position)
        return count

    def _read_block(self, view: memoryview) -> int:
        while not self._ready:
            self._fetch_block()
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _fetch_block(self) -> None:
        size = min(_CHUNK, self.length - self._position)
        if len(self._block) < size + _DIGEST:
            self._block = bytearray(size + _DIGEST)
        block, read = memoryview(self._block)[:size + _DIGEST], 0
        while read < len(block):
            with self._transport.waiting():
                count = self._response.readinto(block[read:])
            if not count:
                raise http.client.IncompleteRead(b"", len(block) - read)
            read += count
        digest = hashlib.sha256(self._position.to_bytes(8, "little"))
        digest.update(block[:size])
        if digest.digest() == block[size:]:
            self._ready = block[:size]
        elif self._mismatched == self._position:
            self._transport.close()
            raise FishError(
                "DIGEST_MISMATCH", self._path, f"The data from byte {self._position} on was damaged twice on its way.",
                "The network or a proxy changes bytes: load again by another network or without the proxy.",
                operation=f"GET {self._path}")
        else:
            self._mismatched = self._position
            self._transport.close()
            self._response = self._send(f"{self._path}?checked=true&offset={self._position}", {})

    def _reopen(self, error: BaseException) -> None:
        self._transport.close()
        self._failures += 1
        if (self._tag is None and not self._is_checked) or self._failures > max(1, self._transport.retries):
            raise unreachable(self._transport.url, f"GET {self._path}", error) from error
        self._transport._sleep(backoff(self._failures))
        if self._is_checked:
            self._response = self._send(f"{self._path}?checked=true&offset={self._position}", {})
            return
        self._response = self._send(self._path, {"Range": f"bytes={self._position}-", "If-Range": str(self._tag)})
        if self._response.status != 206:
            self._transport.close()
            raise _changed(self._path)

    def _send(self, path: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        pinned = headers if self._tag is None else {**headers, "If-Match": self._tag}
        try:
            response = self._transport.send("GET", path, headers=pinned)
        except FishError as error:
            if error.status == 412:
                raise _changed(self._path) from error
            raise
        found = response.getheader("ETag")
        if self._tag is not None and found is not None and found != self._tag:
            self._transport.close()
            raise _changed(self._path)
        return response

    def _finish(self) -> None:
        self._response.read()
        if self._expected is not None and self._digest is not None and self._digest.digest() != self._expected:
            raise FishError(
                "DIGEST_MISMATCH", self._path, f"The received data has the digest {self._digest.hexdigest()}; "
                f"the server announced {self._expected.hex()}.",
                "Read it again.", operation=f"GET {self._path}")


class RemoteStart:
    """The start of a file of the server, requested by ranges: reads no more than needed, up to the end of a 64 KiB range."""

    def __init__(self, transport: Transport, path: str, tag: str) -> None:
        """Requests nothing yet.

        :param tag: the wanted version, from the list of files.
        """
        self._transport, self._path, self._tag = transport, path, f'"{tag}"'
        self._position, self._ahead = 0, b""

    def read(self, count: int) -> bytes:
        """At most ``count`` bytes; empty at the end.

        :raises FishError: ``CHECKPOINT_CHANGED``: the file was replaced; or the server's error.
        """
        if not self._ahead:
            try:
                self._ahead = self._transport.range(self._path, self._position, max(count, _AHEAD), self._tag)
            except FishError as error:
                if error.status == 412:
                    raise _changed(self._path) from error
                raise
        part, self._ahead = self._ahead[:count], self._ahead[count:]
        self._position += len(part)
        return part


def _changed(path: str) -> FishError:
    return FishError(
        "CHECKPOINT_CHANGED", path, "The step was replaced with other content while it was read.",
        "Load it again from its beginning.",
        operation=f"GET {path}")


def _content_of(sent: int) -> int:
    whole, rest = divmod(sent, _CHUNK + _DIGEST)
    return whole * _CHUNK + max(0, rest - _DIGEST)


def _digest_of(field: Optional[str]) -> Optional[bytes]:
    for member in (field or "").split(","):
        name, _, value = member.strip().partition("=")
        if name == "sha-256" and value.startswith(":"):
            return base64.b64decode(value.strip(":"))
    return None
