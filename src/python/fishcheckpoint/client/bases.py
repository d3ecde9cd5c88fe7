"""The calls about bases."""

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
"""Where a whole model comes from: a safetensors file, a folder with one or more of them, a state dict, or a module."""


class BaseCalls(Calls):
    """Bases: immutable models that checkpoints are laid over."""

    def add_base(self, name: str, source: Source, metadata: Optional[Mapping[str, str]] = None) -> Info:
        """Adds a base. The same content again is no error.

        ``source`` is a safetensors file, a folder of shards and side files (what is no part of the model is left out with a warning), or a
        state dict or module, whose tied tensors are written once, their other names in the header's metadata; ``metadata`` is for the header
        of these.

        :returns: ``{name, id, tensors, elements, bytes, files...}``.
        :raises FishError: ``BASE_TAKEN``: the name has other content; ``SHARD_INDEX_INVALID``: a shard is missing; ``MODEL_AMBIGUOUS``: the folder holds several
            models.
        """
        tensors = module_tensors(source) if isinstance(source, torch.nn.Module) else source
        ties = aliases(tensors) if isinstance(tensors, Mapping) else {}
        try:
            return self._put_base(name, body_of(tensors, {**ties, **(metadata or {})} if ties else metadata))
        except FishError as error:
            if error.code != "BASE_TAKEN" or not ties:
                raise
            try:
                return self._put_base(name, body_of(tensors, metadata))  # as earlier versions wrote it
            except FishError:
                raise error from None

    def _put_base(self, name: str, body: Body) -> Info:
        return warn_left_out(body, self._answer("PUT", path_of("bases", name), body, {"Repr-Digest": digest_field(body)}))

    def get_base(self, name: str) -> Info:
        """A base, by its name or id.

        :raises FishError: ``BASE_NOT_FOUND``.
        """
        return self._json("GET", path_of("bases", name))

    def list_bases(self) -> List[Info]:
        """All bases by name."""
        return list(self._pages("bases"))

    def delete_base(self, name: str) -> Info:
        """Removes a name of a base, and with its last name the base, for good.

        :returns: ``{name, id, deleted, names, freedBytes}``: whether the base itself is deleted, and the names that it still has.
        :raises FishError: ``BASE_NOT_FOUND``; ``BASE_IN_USE``: it is the last name, and tasks are on the base.
        """
        return self._json("DELETE", path_of("bases", name))

    def base_tensors(self, name: str) -> Iterator[Tuple[str, torch.Tensor]]:
        """A base's tensors, one after another as they come; close the iterator to stop early."""
        return self._tensors("bases", name)

    def base_layout(self, name: str) -> Dict[str, Entry]:
        """A base's tensors by name, with their dtypes and shapes; only headers are read."""
        return self._layout("bases", name)

    def task_layout(self, task: str) -> Dict[str, Entry]:
        """The tensors of a task's models by name, with their dtypes and shapes: the base's with the task's own; only headers are read.

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
                    raise FishError("SHARD_INDEX_INVALID", entry.name, "Two files of the model hold a tensor of this name.",
                        "The model is damaged: verify it.")
                found[entry.name] = entry
        return found

    def _headers(self, *segments: object) -> Iterator[Header]:
        # Where the tensors lie has to fit the file's length, and all of a header has to be of the version that was listed.
        for file in self._json("GET", path_of(*segments, "files")):
            if is_tensors(file["name"]):
                path = path_of(*segments, "files", file["name"])
                yield read_header(RemoteStart(self._transport, path, file["tag"]), path, file["bytes"])

    def _all_tensors(self, *segments: object, start: Optional[Sequence[object]] = None) -> Dict[str, torch.Tensor]:
        """The tensors by name, tied ones under all their names, as far as these files tell of them, or those of ``start``."""
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
    """Warns once of what a folder holds that is no part of the model, by the client or by the server."""
    left = {**getattr(body, "left_out", {}), **{file["name"]: file["reason"] for file in answer.get("leftOut") or ()}}
    if left:
        named = ", ".join(f"{name} ({left[name]})" for name in sorted(left)[:8])
        warnings.warn(f"left out: {named}{f' and {len(left) - 8} more' if len(left) > 8 else ''}", stacklevel=3)
    return answer


def body_of(source: Any, metadata: Optional[Mapping[str, str]] = None) -> Body:
    """A whole model as the body of a request."""
    if isinstance(source, torch.nn.Module):
        source = module_tensors(source)
    if isinstance(source, Mapping):
        return SafetensorsFile(untied(source), metadata)
    if os.path.isdir(source):
        return FolderBody(source)
    return FileBody(source, SafetensorsFile.content_type)
