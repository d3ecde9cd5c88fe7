"""Request bodies: a media type, a known length, and bytes in pieces that can be read again for a retry."""

import base64
import errno
import hashlib
import json
import os
import re
import shutil
import stat
import tarfile
import tempfile
import uuid
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, Union

from ..errors import FishError, reading

try:
    from typing import Protocol
except ImportError:  # pragma: no cover
    Protocol = object  # type: ignore[assignment,misc]

Chunk = Union[bytes, memoryview]
_CHUNK = 1 << 20
_BLOCK = tarfile.BLOCKSIZE


class Body(Protocol):
    """A request body."""

    content_type: str
    length: int

    def chunks(self) -> Iterator[Chunk]:
        """The bytes, from the start at each call."""
        ...


class BytesBody:
    """Bytes in memory."""

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
    """A file on disk. Its length is read now; a file that shrinks aborts the request.

    A pipe can be read only once, so it is copied to the temporary folder (``TMPDIR``) now. An unreadable file is ``FILE_NOT_FOUND`` or
    ``FILE_UNREADABLE``.
    """

    def __init__(self, path: Union[str, "os.PathLike[str]"], content_type: str) -> None:
        self._path, self.content_type = os.fspath(path), content_type
        with reading(self._path):
            self._spool = _spooled(self._path)
            if self._spool is not None:
                self._path = self._spool.name
            self.length = os.path.getsize(self._path)

    def chunks(self) -> Iterator[Chunk]:
        """The file in pieces of 1 MiB."""
        left = self.length
        with reading(self._path), open(self._path, "rb") as file:
            while left:
                chunk = file.read(min(_CHUNK, left))
                if not chunk:
                    raise FishError("BODY_TRUNCATED", self._path, "The file shrank while it was sent.", "Send it again.")
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


# The server decides which files of a folder are the model; files that it would skip by name alone are not sent.
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_STATE_FILE = re.compile(
    r"(optimizer|optim|scheduler|lr_scheduler|scaler|grad_scaler)([._-][a-z0-9._-]*)?\.(pt|pth|bin|pkl|npz|safetensors)"
    r"|rng_state(_[0-9]+)?\.(pth|pt|pkl)|random_states?(_[0-9]+)?\.(pkl|pt|pth)|training_args\.(bin|pt)|trainer_state\.json|.*\.distcp",
    re.IGNORECASE)
_STATE_FOLDER = re.compile(r"global_step[0-9_-]*|pytorch_model_fsdp(_[0-9]+)?|optimizer(_[0-9]+)?|checkpoint-[0-9]+", re.IGNORECASE)
_MAX_FILES = 10_000
_WEIGHTS = re.compile(r"\.(safetensors|bin|pt|pth|ckpt|gguf|h5|msgpack|onnx)$|\.index\.json$|^adapter_config\.json$", re.IGNORECASE)


def side_names(folder: str) -> List[str]:
    """The names of a folder's files, including subfolders, except weights, training state and invalid names."""
    return [name for name in sorted(_names(folder, "", {})) if not _WEIGHTS.search(name)]


def _names(folder: str, prefix: str, left_out: Dict[str, str]) -> Iterator[str]:
    with reading(folder):
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    for count, entry in enumerate(entries):
        if count >= _MAX_FILES:
            raise FishError("TOO_LARGE", folder, f"The folder has more than {_MAX_FILES} entries.",
                "Give the model's file, or a folder with only its files.")
        name = prefix + entry.name
        if entry.name.startswith("."):
            left_out[name] = "hidden"
        elif not _SEGMENT.fullmatch(entry.name):
            left_out[name] = "a name that cannot be kept"
        elif entry.is_dir():
            if _STATE_FOLDER.fullmatch(entry.name) or entry.is_symlink() or name.count("/") > 6:
                left_out[name + "/"] = "training state" if _STATE_FOLDER.fullmatch(entry.name) else "a link to a folder, or too deep"
            else:
                yield from _names(entry.path, name + "/", left_out)
        elif _STATE_FILE.fullmatch(entry.name):
            left_out[name] = "training state"
        elif entry.is_file():
            yield name
        elif entry.is_symlink():
            raise FishError("FILE_NOT_FOUND", entry.path, f"The file is a link to {os.readlink(entry.path)}, which does not exist.",
                            "Download the model again, or remove the link.")
        else:
            raise FishError("FILE_UNREADABLE", entry.path, "It is a pipe, a socket or a device, not a file.", "Remove it from the folder.")


class FolderBody:
    """The files of a folder as a tar stream, including subfolders. ``left_out`` gives the names of skipped files, and why."""

    content_type = "application/x-tar"

    def __init__(self, folder: Union[str, "os.PathLike[str]"]) -> None:
        self.left_out: Dict[str, str] = {}
        names = sorted(_names(os.fspath(folder), "", self.left_out))
        self._files = [FileBody(os.path.join(os.fspath(folder), *name.split("/")), "") for name in names]
        self._heads = [self._head(name, file.length) for name, file in zip(names, self._files)]
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
    """Several bodies in one request, in order (RFC 7578), followed by files by name."""

    def __init__(self, parts: Mapping[str, Body], files: Optional[Mapping[str, Body]] = None) -> None:
        boundary = uuid.uuid4().hex
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._parts: List[Tuple[bytes, Body]] = [(self._head(boundary, name, name, body), body) for name, body in parts.items()]
        self._parts += [(self._head(boundary, "file", name, body), body) for name, body in (files or {}).items()]
        self._end = f"\r\n--{boundary}--\r\n".encode()
        self.length = sum(len(head) + body.length for head, body in self._parts) + len(self._end)

    @staticmethod
    def _head(boundary: str, name: str, file: str, body: Body) -> bytes:
        return (
            f"\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n"
            f"Content-Type: {body.content_type}\r\n\r\n").encode()

    def chunks(self) -> Iterator[Chunk]:
        """The parts with their delimiters."""
        for head, body in self._parts:
            yield head
            yield from body.chunks()
        yield self._end


def digest_field(body: Body) -> str:
    """The SHA-256 of a body in the form of ``Content-Digest`` and ``Repr-Digest`` (RFC 9530). Reads the body once."""
    digest = hashlib.sha256()
    for chunk in body.chunks():
        digest.update(chunk)
    return f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
