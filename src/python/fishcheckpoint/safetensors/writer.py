"""Writes safetensors files in the reference library's order: wider dtypes first, then by name."""

import os
import stat
import uuid
from typing import BinaryIO, Iterator, List, Mapping, Optional, Tuple, Union

import torch

from ..errors import FishError
from ..tensors.dtypes import ORDER, name_of
from ..tensors.raw import chunks_of
from ..tensors.ties import untied
from .header import build


class SafetensorsFile:
    """A safetensors file before it is written: its length is known, and its bytes can be iterated repeatedly.

    The tensors are not copied, so changing them changes the file. All are written, including those that share memory.
    """

    content_type = "application/vnd.safetensors"

    def __init__(self, tensors: Mapping[str, torch.Tensor], metadata: Optional[Mapping[str, str]] = None) -> None:
        """Plans the file.

        :raises FishError: ``DTYPE_MISMATCH``: a dtype that the format does not have.
        """
        self._tensors: List[Tuple[str, str, torch.Tensor]] = sorted(
            ((name, name_of(tensor.dtype, name), tensor) for name, tensor in tensors.items()),
            key=lambda item: (-ORDER[item[1]], item[0].encode("utf-8")))
        self._header = build([(name, dtype, tuple(tensor.shape)) for name, dtype, tensor in self._tensors], metadata)
        self.length = len(self._header) + sum(tensor.numel() * tensor.element_size() for _, _, tensor in self._tensors)
        """Bytes of the file."""

    def chunks(self) -> Iterator[Union[bytes, memoryview]]:
        """The file's bytes in pieces of a few MiB."""
        yield self._header
        for _, _, tensor in self._tensors:
            yield from chunks_of(tensor)


def save_file(tensors: Mapping[str, torch.Tensor], path: Union[str, "os.PathLike[str]"],
    metadata: Optional[Mapping[str, str]] = None) -> None:
    """Writes a file atomically. Tensors that share memory are written once, under the first name."""
    replace_file(path, SafetensorsFile(untied(tensors), metadata).chunks())


def replace_file(path: Union[str, "os.PathLike[str]"], chunks: Iterator[Union[bytes, memoryview]]) -> None:
    """Writes pieces to a temporary file beside ``path``, syncs it, and renames it when it is complete. A link is followed and stays.

    A pipe or a device is written directly: written data cannot be taken back.

    :raises FishError: ``FOLDER_TAKEN``: a socket.
    """
    direct = _open_direct(os.fspath(path))
    if direct is not None:
        with direct:
            for chunk in chunks:
                direct.write(chunk)
        return
    target = os.path.realpath(os.fspath(path))
    os.makedirs(os.path.dirname(target), exist_ok=True)
    temporary = os.path.join(os.path.dirname(target), f".fish-{uuid.uuid4().hex}")
    file = open(temporary, "xb")
    try:
        with file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _open_direct(path: str) -> Optional[BinaryIO]:
    full = os.path.abspath(path)
    folder, name = os.path.split(full)
    standard = {"/dev/stdout": 1, "/dev/stderr": 2}.get(full)
    if standard is not None or (folder in ("/dev/fd", "/proc/self/fd") and name.isdecimal()):
        # Opening a path to a descriptor would open its file again.
        return os.fdopen(os.dup(int(name) if standard is None else standard), "wb")
    try:
        mode = os.stat(full).st_mode
    except OSError:
        return None
    if stat.S_ISSOCK(mode):
        raise FishError("FOLDER_TAKEN", path, "The path is a socket, which cannot store a file.", "Give a file or a pipe.")
    return open(full, "wb") if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else None
