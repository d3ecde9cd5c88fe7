"""Writing safetensors files as the reference library does: wider dtypes first, then by name."""

import os
import uuid
from typing import Iterator, List, Mapping, Optional, Tuple, Union

import torch

from ..tensors.dtypes import ORDER, name_of
from ..tensors.raw import chunks_of
from ..tensors.ties import untied
from .header import build


class SafetensorsFile:
    """A safetensors file that is yet to be written: its length is known, and its bytes come in pieces, as often as they are asked for.

    The tensors are not copied; whoever changes them in between changes the file. All are written, those that share memory too.
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


def save_file(tensors: Mapping[str, torch.Tensor], path: Union[str, "os.PathLike[str]"], metadata: Optional[Mapping[str, str]] = None) -> None:
    """Writes a file: whole, under its name, or not at all. Tensors that share memory are written once, under the first name."""
    replace_file(path, SafetensorsFile(untied(tensors), metadata).chunks())


def replace_file(path: Union[str, "os.PathLike[str]"], chunks: Iterator[Union[bytes, memoryview]]) -> None:
    """Writes pieces to a temporary file beside ``path``, syncs it, and gives it that name when it is whole."""
    target = os.path.abspath(os.fspath(path))
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
