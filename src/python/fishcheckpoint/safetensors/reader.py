"""Reads safetensors files: from disk by name, or from a stream in data order."""

import os
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

import torch

from ..errors import reading
from ..tensors.dtypes import torch_dtype
from ..tensors.raw import memory_of
from .header import Entry, Header, read_header, refuse


class SafetensorsReader:
    """An open file whose tensors are read by name. Use it in a ``with`` block, or close it."""

    def __init__(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Opens a file and validates its header.

        :raises FishError: ``FILE_NOT_FOUND``, ``FILE_UNREADABLE``, ``HEADER_*``.
        """
        self._path = os.fspath(path)
        with reading(self._path):
            self._file = open(self._path, "rb")
        try:
            self._header = read_header(self._file, self._path, os.fstat(self._file.fileno()).st_size)
        except BaseException:
            self._file.close()
            raise
        self._entries = {entry.name: entry for entry in self._header.entries}

    def __enter__(self) -> "SafetensorsReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def metadata(self) -> Dict[str, str]:
        """The file's ``__metadata__``; empty if it has none."""
        return self._header.metadata

    def keys(self) -> List[str]:
        """The tensors' names in data order."""
        return list(self._entries)

    def tensor(self, name: str) -> torch.Tensor:
        """A new CPU tensor with the content of one of the file's tensors.

        :raises KeyError: the name is unknown.
        """
        entry = self._entries[name]
        self._file.seek(self._header.length + entry.begin)
        return _read_tensor(self._file, entry, self._path)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def load_file(path: Union[str, "os.PathLike[str]"]) -> Dict[str, torch.Tensor]:
    """All tensors of a file, on the CPU."""
    with SafetensorsReader(path) as reader:
        return {name: reader.tensor(name) for name in reader.keys()}


def read_stream(stream: Any, key: str, available: Optional[int] = None) -> Tuple[Header, Iterator[Tuple[str, torch.Tensor]]]:
    """The header, and the tensors in data order; one is in memory at a time, unless the caller keeps more.

    The stream has ``read`` and ``readinto``; ``key`` names it in errors; ``available`` is its length, if known.
    """
    header = read_header(stream, key, available)
    return header, ((entry.name, _read_tensor(stream, entry, key)) for entry in header.entries)


def _read_tensor(stream: Any, entry: Entry, key: str) -> torch.Tensor:
    tensor = torch.empty(entry.shape, dtype=torch_dtype(entry.dtype, entry.name))
    memory = memory_of(tensor)
    read = 0
    while read < len(memory):
        count = stream.readinto(memory[read:])
        if not count:
            refuse("HEADER_DATA_MISMATCH", key, f"The file ends in the middle of '{entry.name}'.")
        read += count
    return tensor
