"""A remote file as a stream to read from, which goes on where it was when the connection breaks."""

import base64
import hashlib
import http.client
import io
from typing import Iterator, Optional

from ..errors import FishError
from .problem import unreachable
from .transport import Transport, backoff

_CHUNK = 1 << 20
_AHEAD = 64 << 10


class RemoteFile(io.RawIOBase):
    """A file of the server, read from its beginning to its end in bounded memory.

    A broken connection is taken up again with a range of the same version (``If-Range``). At the end the digest that the server announced is checked.
    """

    def __init__(self, transport: Transport, path: str) -> None:
        """Asks for the file.

        :raises FishError: what the server answered.
        """
        self._transport, self._path = transport, path
        self._position, self._failures = 0, 0
        self._response = transport.send("GET", path)
        self._tag = self._response.getheader("ETag")
        self.length = int(self._response.getheader("Content-Length", "-1"))
        self._expected = _digest_of(self._response.getheader("Repr-Digest"))
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer) -> int:
        """Fills the beginning of a buffer; 0 at the end.

        :raises FishError: the connection broke more often than the transport's retries without a byte in between, or the digest is wrong.
        """
        view = memoryview(buffer)
        if len(view) == 0 or self._position == self.length:
            return 0
        while True:
            try:
                with self._transport.waiting():
                    count = self._response.readinto(view[:_CHUNK])
                if count == 0 and self.length < 0:
                    self.length = self._position  # sent in chunks: this is the end
                elif count == 0:
                    raise http.client.IncompleteRead(b"", self.length - self._position)
                break
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._reopen(error)
        self._failures = 0
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
        """Gives the connection up if the file was not read to its end."""
        if not self.closed and self._position != self.length:
            self._transport.close()
        super().close()

    def _reopen(self, error: BaseException) -> None:
        self._transport.close()
        self._failures += 1
        if self._tag is None or self._failures > max(1, self._transport.retries):
            raise unreachable(self._transport.url, f"GET {self._path}", error) from error
        self._transport._sleep(backoff(self._failures))
        self._response = self._transport.send("GET", self._path, headers={"Range": f"bytes={self._position}-", "If-Range": self._tag})
        if self._response.status != 206:
            self._transport.close()
            raise FishError("BODY_TRUNCATED", self._path, "The file changed while it was read.", "Read it again.", operation=f"GET {self._path}")

    def _finish(self) -> None:
        self._response.read()
        if self._expected is not None and self._digest.digest() != self._expected:
            raise FishError(
                "DIGEST_MISMATCH", self._path, f"What came has the digest {self._digest.hexdigest()}; {self._expected.hex()} was announced.",
                "Read it again.", operation=f"GET {self._path}")


class RemoteStart:
    """The beginning of a file of the server, asked for by ranges: no more is sent than is read, but for the rest of the last 64 KiB."""

    def __init__(self, transport: Transport, path: str) -> None:
        self._transport, self._path = transport, path
        self._position, self._ahead = 0, b""

    def read(self, count: int) -> bytes:
        """At most so many bytes; none at the end.

        :raises FishError: what the server answered.
        """
        if not self._ahead:
            self._ahead = self._transport.range(self._path, self._position, max(count, _AHEAD))
        part, self._ahead = self._ahead[:count], self._ahead[count:]
        self._position += len(part)
        return part


def _digest_of(field: Optional[str]) -> Optional[bytes]:
    for member in (field or "").split(","):
        name, _, value = member.strip().partition("=")
        if name == "sha-256" and value.startswith(":"):
            return base64.b64decode(value.strip(":"))
    return None
