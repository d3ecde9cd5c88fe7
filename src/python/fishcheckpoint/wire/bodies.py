"""Request bodies: a media type, a length that is known beforehand, and bytes in pieces that can be asked for again when a request is retried."""

import base64
import errno
import hashlib
import json
import os
import shutil
import stat
import tarfile
import tempfile
import uuid
from typing import Any, Iterator, List, Mapping, Tuple, Union

from ..errors import FishError

try:
    from typing import Protocol
except ImportError:  # pragma: no cover
    Protocol = object  # type: ignore[assignment,misc]

Chunk = Union[bytes, memoryview]
_CHUNK = 1 << 20
_BLOCK = tarfile.BLOCKSIZE


class Body(Protocol):
    """What a request sends."""

    content_type: str
    length: int

    def chunks(self) -> Iterator[Chunk]:
        """The bytes, from the beginning at each call."""
        ...


class BytesBody:
    """Bytes that are in memory."""

    def __init__(self, data: bytes, content_type: str = "application/octet-stream") -> None:
        self._data, self.content_type, self.length = data, content_type, len(data)

    @classmethod
    def of_json(cls, value: object) -> "BytesBody":
        """A JSON document."""
        return cls(json.dumps(value).encode("utf-8"), "application/json")

    def chunks(self) -> Iterator[Chunk]:
        """The bytes at once."""
        yield self._data


class FileBody:
    """A file on disk. Its length is taken now; a file that has become shorter breaks the request off.

    A pipe, which can be read once, is read to its end now, into the temporary folder (``TMPDIR``).
    """

    def __init__(self, path: Union[str, "os.PathLike[str]"], content_type: str) -> None:
        self._path, self.content_type = os.fspath(path), content_type
        self._spool = _spooled(self._path)
        if self._spool is not None:
            self._path = self._spool.name
        self.length = os.path.getsize(self._path)

    def chunks(self) -> Iterator[Chunk]:
        """The file in pieces of 1 MiB."""
        left = self.length
        with open(self._path, "rb") as file:
            while left:
                chunk = file.read(min(_CHUNK, left))
                if not chunk:
                    raise FishError("BODY_TRUNCATED", self._path, "The file has become shorter while it was sent.", "Send it again.")
                left -= len(chunk)
                yield chunk


def _spooled(path: str) -> Any:
    mode = os.stat(path).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)):
        return None
    spool = tempfile.NamedTemporaryFile(prefix="fish-input-")
    try:
        with open(path, "rb") as source:
            shutil.copyfileobj(source, spool, _CHUNK)
        spool.flush()
    except OSError as error:
        spool.close()
        if error.errno != errno.ENOSPC:
            raise
        raise FishError(
            "INSUFFICIENT_STORAGE", path, f"The temporary folder has no room for the input: {error}.",
            "Set TMPDIR to a larger disk, or give a file.") from error
    return spool


class FolderBody:
    """The files at the top of a folder as a tar stream; hidden files and folders inside are left out."""

    content_type = "application/x-tar"

    def __init__(self, folder: Union[str, "os.PathLike[str]"]) -> None:
        paths = [os.path.join(os.fspath(folder), name) for name in sorted(os.listdir(folder)) if not name.startswith(".")]
        self._files = [FileBody(path, "") for path in paths if os.path.isfile(path)]
        self._heads = [self._head(os.path.basename(file._path), file.length) for file in self._files]
        self.length = sum(len(head) + -(-file.length // _BLOCK) * _BLOCK for head, file in zip(self._heads, self._files)) + 2 * _BLOCK

    @staticmethod
    def _head(name: str, size: int) -> bytes:
        info = tarfile.TarInfo(name)
        info.size = size
        return info.tobuf(tarfile.GNU_FORMAT)

    def chunks(self) -> Iterator[Chunk]:
        """The stream in pieces of at most 1 MiB."""
        for head, file in zip(self._heads, self._files):
            yield head
            yield from file.chunks()
            yield bytes(-file.length % _BLOCK)
        yield bytes(2 * _BLOCK)


class MultipartBody:
    """Several bodies in one request, in order (RFC 7578)."""

    def __init__(self, parts: Mapping[str, Body]) -> None:
        boundary = uuid.uuid4().hex
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._parts: List[Tuple[bytes, Body]] = [(self._head(boundary, name, body), body) for name, body in parts.items()]
        self._end = f"\r\n--{boundary}--\r\n".encode()
        self.length = sum(len(head) + body.length for head, body in self._parts) + len(self._end)

    @staticmethod
    def _head(boundary: str, name: str, body: Body) -> bytes:
        return (
            f"\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n"
            f"Content-Type: {body.content_type}\r\n\r\n").encode()

    def chunks(self) -> Iterator[Chunk]:
        """The parts with what stands between them."""
        for head, body in self._parts:
            yield head
            yield from body.chunks()
        yield self._end


def digest_field(body: Body) -> str:
    """The SHA-256 of a body as ``Content-Digest`` and ``Repr-Digest`` spell it (RFC 9530). Reads the body once."""
    digest = hashlib.sha256()
    for chunk in body.chunks():
        digest.update(chunk)
    return f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
