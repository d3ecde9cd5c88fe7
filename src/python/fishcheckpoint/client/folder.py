"""Loads a checkpoint into a folder, which then has exactly its files beside files of others. ``fishckpt load`` does the same with the same
record."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import uuid
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Sequence, Set

from ..errors import FishError
from ..safetensors.writer import replace_file
from .names import is_file_name

MANIFEST = ".fish-load.json"
_LOCK = ".fish-load.lock"
_TEMPORARY = ".fish-load-"
_PULLED = ".fish.json"
_NAMED = 5

# Files that programs take for a model, a part of one, or an adapter.
_WEIGHTS = re.compile(
    r"(\.safetensors|\.gguf|(\.safetensors|\.bin|\.h5|\.msgpack)\.index\.json)$"
    r"|^(adapter_config\.json|adapter_model\..*|consolidated\..*|(.*_)?pytorch_model.*\.(bin|pt|pth)|model.*\.(bin|pt|pth|h5)"
    r"|(tf|flax)_model.*\.(h5|msgpack)|model\.ckpt.*)$",
    re.IGNORECASE)

Entry = Mapping[str, Any]
"""A file that a load wrote: ``name``, ``bytes``, ``sha256``, and ``modified`` (100 ns since 1970)."""


def load_folder(folder: str, names: Sequence[str], fetch: Callable[[str], Iterable[bytes]], replace: bool) -> None:
    """Writes files to a folder. All are first downloaded to a temporary folder, so a failed load changes nothing; the next load completes a
    killed one.

    :param fetch: returns the verified content of a file by name.
    :param replace: whether to replace files of the same names that no load wrote or that were changed since.
    :raises FishError: ``FOLDER_TAKEN``: another load is running there, a file would be lost, or the folder would have a mix of models.
    """
    folder = os.path.realpath(folder)
    is_new = not os.path.isdir(folder)
    os.makedirs(folder, exist_ok=True)
    try:
        with _locked(folder):
            _remove_leftovers(folder)
            before = _read(folder)
            _plan(folder, set(names), before, replace)
            staged = os.path.join(folder, f"{_TEMPORARY}{uuid.uuid4().hex}")
            os.mkdir(staged)
            try:
                files = [_fetch(staged, name, fetch(name)) for name in names]
                _place(folder, staged, _plan(folder, set(names), before, replace), files, before)
            finally:
                shutil.rmtree(staged)
    finally:
        if is_new and not os.listdir(folder):
            os.rmdir(folder)


def _fetch(staged: str, name: str, chunks: Iterable[bytes]) -> Entry:
    digest, path = hashlib.sha256(), os.path.join(staged, name)

    def counted() -> Iterator[bytes]:
        for chunk in chunks:
            digest.update(chunk)
            yield chunk

    replace_file(path, counted())
    found = os.stat(path)
    return {"name": name, "bytes": found.st_size, "sha256": digest.hexdigest(), "modified": found.st_mtime_ns // 100}


def _place(folder: str, staged: str, remove: List[str], files: List[Entry], before: List[Entry]) -> None:
    # The index is removed first and written last: without an index, no program combines shards of two models.
    _write(folder, {"version": 1, "files": files, "earlier": before})
    for name in remove + [file["name"] for file in files if _is_index(file["name"])]:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, name))
    for file in sorted(files, key=lambda file: _is_index(file["name"])):
        place = os.path.join(folder, file["name"])
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.replace(os.path.join(staged, file["name"]), place)
    for name in remove:
        parent = os.path.dirname(name)
        while parent:
            with contextlib.suppress(OSError):
                os.rmdir(os.path.join(folder, parent))
            parent = os.path.dirname(parent)
    _write(folder, {"version": 1, "files": files})


def _is_index(name: str) -> bool:
    return name.endswith(".index.json")


def _plan(folder: str, names: Set[str], before: List[Entry], replace: bool) -> List[str]:
    """Refuses files that would be lost or mislead; returns the files of earlier loads that the new model does not have."""
    if os.path.exists(os.path.join(folder, _PULLED)):
        raise FishError("FOLDER_TAKEN", folder, "'fishckpt pull' manages this folder.", "Load into another folder.")
    known: Dict[str, List[Entry]] = {}
    for entry in before:
        known.setdefault(entry["name"], []).append(entry)
    remove: List[str] = []
    lost: List[str] = []
    odd: List[str] = []
    misleading: List[str] = []
    deeper = {name for name in {*names, *known} if "/" in name
        and (os.path.lexists(os.path.join(folder, name)) or _is_blocked(folder, name))}
    for name in sorted({*os.listdir(folder), *deeper}):
        path = os.path.join(folder, name)
        wanted, ours = name in names, any(_is_unchanged(path, entry) for entry in known.get(name, ()))
        if wanted and (os.path.islink(path) or not os.path.isfile(path) or _is_blocked(folder, name)):
            odd.append(name)
        elif ours and not wanted:
            remove.append(name)
        elif wanted and not ours and not replace:
            lost.append(name)
        elif not wanted and not ours and _WEIGHTS.search(name):
            misleading.append(name)
    _refuse(folder, misleading, "beside the checkpoint's files would mislead programs that load the folder",
        "Move them away, or load into another folder.")
    _refuse(folder, odd, "is not a regular file", "Move it away, or load into another folder.")
    _refuse(folder, lost, "was not written by a load, or was changed since",
        "Move it away, load into another folder, or overwrite it with replace=True.")
    return remove


def _is_blocked(folder: str, name: str) -> bool:
    # A file or link in the place of a subfolder; a link would lead the files elsewhere.
    parents = name.split("/")[:-1]
    return any(os.path.islink(path) or os.path.isfile(path)
        for path in (os.path.join(folder, *parents[:count]) for count in range(1, len(parents) + 1)))


def _refuse(folder: str, names: List[str], what: str, hint: str) -> None:
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        raise FishError("FOLDER_TAKEN", folder, f"{', '.join(names[:_NAMED])}{more} {what}; nothing was written.", hint)


def _is_unchanged(path: str, entry: Entry) -> bool:
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    found = os.stat(path)
    if found.st_size != entry["bytes"]:
        return False
    if entry.get("modified") and found.st_mtime_ns // 100 == entry["modified"]:
        return True
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest() == entry["sha256"]


def _read(folder: str) -> List[Entry]:
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        entries = [*found["files"], *(found.get("earlier") or [])]
        if found["version"] != 1 or not all(isinstance(entry["name"], str) and is_file_name(entry["name"])
            and isinstance(entry["sha256"], str) and entry["bytes"] >= 0
            for entry in entries):
            raise ValueError("it has another form")
        return entries
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise FishError(
            "FOLDER_TAKEN", path, f"The record of the files that earlier loads wrote here cannot be read: {error}.",
            "Load into another folder, or delete this file and the files of the earlier load.") from error


def _write(folder: str, manifest: Mapping[str, Any]) -> None:
    replace_file(os.path.join(folder, MANIFEST), iter([json.dumps(manifest).encode("utf-8")]))


def _remove_leftovers(folder: str) -> None:
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if re.fullmatch(r"\.fish-load-[0-9a-f]{32}", name) and os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif re.fullmatch(r"\.fish-[0-9a-f]{32}|\.fish-load\.json\.[0-9a-f]{32}\.tmp", name) and os.path.isfile(path):
            os.unlink(path)


@contextlib.contextmanager
def _locked(folder: str) -> Iterator[None]:
    # Deleted with the load, so that the folder has only what it must. A process that opened it just before sees that it is deleted and
    # opens the next one.
    path = os.path.join(folder, _LOCK)
    while True:
        held = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(held)
            if os.path.samestat(os.fstat(held), os.stat(path)):
                break
        except FileNotFoundError:
            pass
        except OSError as error:
            os.close(held)
            raise FishError(
                "FOLDER_TAKEN", folder, f"Another load is running in this folder: {error}.",
                "Wait until it has ended, or load into another folder.") from error
        os.close(held)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)
        os.close(held)


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
