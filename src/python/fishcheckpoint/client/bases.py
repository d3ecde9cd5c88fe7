"""Calls about bases."""

import os
import warnings
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

import torch

from ..errors import FishError
from ..safetensors import SafetensorsFile, read_stream
from ..safetensors.header import Entry, Header, read_header
from ..tensors.names import module_tensors
from ..tensors.ties import aliases, untied
from ..wire.bodies import Body, FileBody, FolderBody, digest_field
from ..wire.download import RemoteFile, RemoteStart
from .calls import Calls, Info, path_of
from .names import is_tensors

Source = Union[str, "os.PathLike[str]", Mapping[str, torch.Tensor], torch.nn.Module]
"""The source of a whole model: a safetensors file, a folder with one or more of them, a state dict, or a module."""


class BaseCalls(Calls):
    """Bases: immutable models that checkpoints are based on."""

    def add_base(self, name: str, source: Source, metadata: Optional[Mapping[str, str]] = None) -> Info:
        """Adds a base. Adding the same content again succeeds.

        ``source`` is a safetensors file; a folder of shards and side files, in which other files are left out with a warning; or a state
        dict or module. Tied tensors are written once, with their other names in the header's metadata. ``metadata`` goes into the header of
        a state dict or module.

        :returns: ``{name, id, tensors, elements, bytes, files...}``.
        :raises FishError: ``BASE_TAKEN``: the name has other content; ``SHARD_INDEX_INVALID``: a shard is missing; ``MODEL_AMBIGUOUS``: the
            folder has several models.
        """
        tensors = module_tensors(source) if isinstance(source, torch.nn.Module) else source
        ties = aliases(tensors) if isinstance(tensors, Mapping) else {}
        try:
            return self._put_base(name, body_of(tensors, {**ties, **(metadata or {})} if ties else metadata))
        except FishError as error:
            if error.code != "BASE_TAKEN" or not ties:
                raise
            try:
                return self._put_base(name, body_of(tensors, metadata))  # the form of earlier versions
            except FishError:
                raise error from None

    def _put_base(self, name: str, body: Body) -> Info:
        return warn_left_out(body, self._answer("PUT", path_of("bases", name), body, {"Repr-Digest": digest_field(body)}))

    def get_base(self, name: str) -> Info:
        """A base by name or id.

        :raises FishError: ``BASE_NOT_FOUND``.
        """
        return self._json("GET", path_of("bases", name))

    def list_bases(self) -> List[Info]:
        """All bases by name."""
        return list(self._pages("bases"))

    def delete_base(self, name: str) -> Info:
        """Removes a name of a base. Removing the last name deletes the base permanently.

        :returns: ``{name, id, deleted, names, freedBytes}``: whether the base itself is deleted, and its remaining names.
        :raises FishError: ``BASE_NOT_FOUND``; ``BASE_IN_USE``: it is the last name, and tasks use the base.
        """
        return self._json("DELETE", path_of("bases", name))

    def base_tensors(self, name: str) -> Iterator[Tuple[str, torch.Tensor]]:
        """A base's tensors, yielded as they arrive; close the iterator to stop early."""
        return self._tensors("bases", name)

    def base_layout(self, name: str) -> Dict[str, Entry]:
        """A base's tensors by name, with their dtypes and shapes; only headers are read."""
        return self._layout("bases", name)

    def task_layout(self, task: str) -> Dict[str, Entry]:
        """The tensors of a task's models by name, with their dtypes and shapes: the base's and the task's own; only headers are read.

        :raises FishError: ``TASK_NOT_FOUND``.
        """
        return self._layout("tasks", task, "start")

    def checkpoint_layout(self, task: str, step: Union[int, str] = "latest") -> Dict[str, Entry]:
        """A checkpoint's tensors by name, with their dtypes and shapes; only headers are read.

        :raises FishError: ``TASK_NOT_FOUND``, ``CHECKPOINT_NOT_FOUND``, ``TAG_NOT_FOUND``.
        """
        return self._layout("tasks", task, "checkpoints", step)

    def _layout(self, *segments: object) -> Dict[str, Entry]:
        found: Dict[str, Entry] = {}
        for header in self._headers(*segments):
            for entry in header.entries:
                if entry.name in found:
                    raise FishError("SHARD_INDEX_INVALID", entry.name, "Two files of the model have a tensor with this name.",
                        "The model is damaged: verify it.")
                found[entry.name] = entry
        return found

    def _headers(self, *segments: object) -> Iterator[Header]:
        # The tensors' offsets must fit the file's length, and the whole header must belong to the listed version.
        for file in self._json("GET", path_of(*segments, "files")):
            if is_tensors(file["name"]):
                path = path_of(*segments, "files", file["name"])
                yield read_header(RemoteStart(self._transport, path, file["tag"]), path, file["bytes"])

    def _all_tensors(self, *segments: object, start: Optional[Sequence[object]] = None) -> Dict[str, torch.Tensor]:
        """The tensors by name, with tied tensors under all names that these files, or those of ``start``, list."""
        metadata: Dict[str, str] = {}
        found = dict(self._tensors(*segments, metadata=metadata))
        for header in [] if start is None else self._headers(*start):
            metadata = {**header.metadata, **metadata}
        found.update((name, found[kept]) for name, kept in metadata.items() if kept in found and name not in found)
        return found

    def _tensors(self, *segments: object, metadata: Optional[Dict[str, str]] = None) -> Iterator[Tuple[str, torch.Tensor]]:
        for file in self._json("GET", path_of(*segments, "files")):
            if is_tensors(file["name"]):
                path = path_of(*segments, "files", file["name"])
                with RemoteFile(self._transport, path, file["tag"]) as stream:
                    header, tensors = read_stream(stream, path, file["bytes"])
                    if metadata is not None:
                        metadata.update(header.metadata)
                    yield from tensors


def warn_left_out(body: Body, answer: Info) -> Info:
    """Warns once about files of a folder that are not part of the model, found by the client or by the server."""
    left = {**getattr(body, "left_out", {}), **{file["name"]: file["reason"] for file in answer.get("leftOut") or ()}}
    if left:
        named = ", ".join(f"{name} ({left[name]})" for name in sorted(left)[:8])
        warnings.warn(f"left out: {named}{f' and {len(left) - 8} more' if len(left) > 8 else ''}", stacklevel=3)
    return answer


def body_of(source: Any, metadata: Optional[Mapping[str, str]] = None) -> Body:
    """A whole model as a request body."""
    if isinstance(source, torch.nn.Module):
        source = module_tensors(source)
    if isinstance(source, Mapping):
        return SafetensorsFile(untied(source), metadata)
    if os.path.isdir(source):
        return FolderBody(source)
    return FileBody(source, SafetensorsFile.content_type)
