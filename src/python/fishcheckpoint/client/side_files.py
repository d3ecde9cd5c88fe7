"""A checkpoint's own files beside the model (config.json, a tokenizer): read once, and sent only if the server lacks them."""

import hashlib
import os
import threading
import time
from typing import Any, Callable, Dict, Iterator, Mapping, NamedTuple, Optional, Sequence, Set, Tuple, Union

from ..errors import FishError, reading
from ..wire.bodies import Body, BytesBody, FileBody, side_names
from .names import check_file_names

SideFiles = Union[str, "os.PathLike[str]", Sequence[Union[str, "os.PathLike[str]"]], Mapping[str, Union[bytes, str, "os.PathLike[str]"]]]
"""Files beside a model: a folder, whose weights and training state are left out; paths of files, which keep their names; or a mapping of
names in the model's folder to content or paths."""

_MAX_BYTES = 256 << 20
_SETTLED_NS = 2_000_000_000


class SideFile(NamedTuple):
    """A file with the content that was read."""

    body: Body
    sha256: str


class SideFileReader:
    """The side files of a run. Each is read into memory once, and again when its length or modification time changes."""

    def __init__(self, given: SideFiles, on_warning: Optional[Callable[[str], None]] = None) -> None:
        """Reads them all.

        :param on_warning: called when a file can no longer be read; its last content is used.
        :raises FishError: ``FILE_NOT_FOUND``, ``FILE_UNREADABLE``, ``NAME_INVALID``, ``REQUEST_INVALID``.
        """
        self._given, self._on_warning = given, None
        self._files: Dict[str, Tuple[Any, SideFile]] = {}
        self.read()
        self._on_warning, self._warned = on_warning, False

    def read(self) -> Dict[str, SideFile]:
        """The current files by name."""
        try:
            self._files = {name: self._read(name, source) for name, source in named(self._given).items()}
            self._warned = False
        except (FishError, OSError) as error:
            if self._on_warning is None:
                raise
            if not self._warned:
                self._on_warning(f"A side file can no longer be read; its last content is saved: {error}")
            self._warned = True
        return {name: file for name, (_, file) in self._files.items()}

    def _read(self, name: str, source: Union[bytes, str]) -> Tuple[Any, SideFile]:
        if isinstance(source, bytes):
            return None, SideFile(BytesBody(source), hashlib.sha256(source).hexdigest())
        stamp = _stamp(source)
        before = self._files.get(name)
        if before is not None and before[0] == stamp:
            return before
        if stamp[1] > _MAX_BYTES:
            raise FishError("TOO_LARGE", source, f"A side file has at most {_MAX_BYTES >> 20} MiB.", "Leave it out.")
        with reading(source), open(source, "rb") as file:
            data = file.read()
        if len(data) != stamp[1] or _stamp(source) != stamp:
            raise FishError("FILE_UNREADABLE", source, "The file changed while it was read.", "Try again once nothing writes to it.")
        # A file that was just written may change again without a new modification time.
        settled = time.time_ns() - stamp[0] > _SETTLED_NS
        return stamp if settled else None, SideFile(BytesBody(data), hashlib.sha256(data).hexdigest())


class KnownFiles:
    """The side files that a server is known to have, by task and digest. Safe for concurrent threads."""

    def __init__(self) -> None:
        self._gate, self._known = threading.Lock(), {}  # type: Tuple[threading.Lock, Dict[str, Set[str]]]

    def of(self, task: str, ask: Callable[[], Iterator[str]]) -> Set[str]:
        """The files of a task; asks the server once."""
        with self._gate:
            if task in self._known:
                return set(self._known[task])
        try:
            found = set(ask())
        except FishError as error:
            if error.transient:
                raise
            found = set()  # no checkpoint yet
        self.add(task, found)
        return found

    def add(self, task: str, digests: Set[str]) -> None:
        """Records files that the server acknowledged."""
        with self._gate:
            self._known.setdefault(task, set()).update(digests)

    def forget(self, task: str) -> None:
        """Forgets a task's files because the server no longer has all of them."""
        with self._gate:
            self._known[task] = set()


def named(given: SideFiles) -> Dict[str, Union[bytes, str]]:
    """The content or path of each file by its name.

    :raises FishError: ``FILE_NOT_FOUND``, ``NAME_INVALID``, ``REQUEST_INVALID``.
    """
    if isinstance(given, Mapping):
        found: Dict[str, Union[bytes, str]] = {name: file if isinstance(file, bytes) else os.fspath(file) for name, file in given.items()}
    elif isinstance(given, (str, os.PathLike)):
        folder = os.fspath(given)
        if not os.path.isdir(folder):
            raise FishError("FILE_NOT_FOUND", folder, "The folder does not exist.",
                "Give a folder, a list of files, or a mapping of names to files.")
        found = {name: os.path.join(folder, *name.split("/")) for name in side_names(folder)}
    elif isinstance(given, Sequence) and not isinstance(given, bytes):
        found = {}
        for path in map(os.fspath, given):
            if found.setdefault(os.path.basename(path), path) != path:
                raise FishError("NAME_INVALID", path, "Two side files have this name.",
                    'Give them by other names: {"sub/name.json": path}.')
    else:
        raise FishError("REQUEST_INVALID", "side_files", f"A {type(given).__name__} does not give side files.",
                        "Give a folder, a list of files, or a mapping of names to files.")
    check_file_names(found)
    for path in found.values():
        if not isinstance(path, bytes) and (os.path.isdir(path) or not os.path.exists(path)):
            raise FishError("FILE_NOT_FOUND", path, "The side file does not exist, or is a folder.", "Check the path.")
    return found


def read(given: Union[SideFiles, SideFileReader, None]) -> Dict[str, SideFile]:
    """The files of one save; files on disk are read while they are sent."""
    if given is None:
        return {}
    if isinstance(given, SideFileReader):
        return given.read()
    found: Dict[str, SideFile] = {}
    for name, source in named(given).items():
        body: Body = BytesBody(source) if isinstance(source, bytes) else FileBody(source, "application/octet-stream")
        digest = hashlib.sha256()
        for chunk in body.chunks():
            digest.update(chunk)
        found[name] = SideFile(body, digest.hexdigest())
    return found


def _stamp(path: str) -> Tuple[int, int, int, int]:
    with reading(path):
        found = os.stat(path)
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev
