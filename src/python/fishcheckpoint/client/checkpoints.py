"""Calls about checkpoints and trainer states."""

import os
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, Union

import torch

from ..errors import FishError
from ..safetensors import SafetensorsFile
from ..safetensors.writer import replace_file
from ..tensors.names import NameLookup, module_tensors
from ..tensors.ties import untied
from ..wire.bodies import Body, BytesBody, MultipartBody, digest_field
from ..wire.download import RemoteFile
from .bases import BaseCalls, Source, body_of, warn_left_out
from .calls import COMPUTED, Info, path_of
from .folder import load_folder
from .names import check_file_names
from .restore import restore_into
from .side_files import KnownFiles, SideFile, SideFileReader, SideFiles
from .side_files import read as side_files_of

Step = Union[int, str]
"""A step, ``latest``, ``best``, or a tag."""
Patch = Mapping[str, Tuple[Optional[torch.Tensor], torch.Tensor]]
"""Changes by tensor: flat positions (ascending integers [k]) and the new values [k]."""


_MAX_INFO = 1 << 20


class CheckpointCalls(BaseCalls):
    """Checkpoints: the states of a task's model at its steps."""

    _known_files: KnownFiles

    def save(
        self, task: str, step: int, source: Source, *, parent: Optional[Step] = None, base: Optional[str] = None,
        metrics: Optional[Mapping[str, float]] = None, state: Union[None, bytes, Body] = None,
        metadata: Optional[Mapping[str, str]] = None, overwrite: bool = False, side_files: Union[SideFiles, SideFileReader, None] = None,
    ) -> Info:
        """Saves a full model; the server finds the changes. Repeating a save succeeds.

        :param source: a safetensors file, a folder of shards, a state dict or a module. A folder's side files belong to the checkpoint.
        :param parent: ``auto`` (the default: the cheaper of the next two), ``base``, ``previous`` or a step.
        :param base: name or id of the base that training started from; the save is refused if the task has another base.
        :param metrics: numbers to store with it; NaN and the infinities are allowed.
        :param state: the trainer state: bytes, stored in the same transaction.
        :param metadata: free keys and texts to store with it; together with the metrics at most 1 MiB of JSON.
        :param overwrite: whether to replace a checkpoint with other content (model, state, metrics or metadata). The old one is deleted
            with its tags, like :meth:`delete` does, in the same transaction; a pinned one is refused (``CHECKPOINT_PINNED``).
        :param side_files: the checkpoint's own files beside the model, served in preference to its base's: a folder (its files except
            weights and training state), a list of paths, or a mapping of names to content or paths (``{"config.json":
            "run/config.json"}``). Files that the task already has are sent as digests.
        :returns: ``{task, step, parent, changed, storedBytes, mask...}``.
        :raises FishError: ``STEP_TAKEN``: the step has other content; ``TENSOR_UNKNOWN`` and so on: it does not fit the task's layout.
        """
        try:
            body = body_of(source)
            return warn_left_out(body, self._save(task, step, body, parent, base, metrics, state, metadata, overwrite, side_files))
        except FishError as error:
            named = self._named(task, source) if error.code in ("TENSOR_UNKNOWN", "TENSOR_MISSING") else None
            if named is None:
                raise
            return self._save(task, step, SafetensorsFile(named), parent, base, metrics, state, metadata, overwrite, side_files)

    def save_patch(
        self, task: str, step: int, patch: Patch, *, parent: Optional[Step] = None, base: Optional[str] = None,
        metrics: Optional[Mapping[str, float]] = None, state: Union[None, bytes, Body] = None, mask: Optional[str] = None,
        metadata: Optional[Mapping[str, str]] = None, overwrite: bool = False, side_files: Union[SideFiles, SideFileReader, None] = None,
    ) -> Info:
        """Saves the changes since the parent (default: the task's start, which is its base or the checkpoint that it branches from).

        With ``mask``, the id of a mask from the result of an earlier save, only values are sent (positions may be ``None``).

        :raises FishError: as :meth:`save`; ``MASK_UNKNOWN``: the store does not have this mask (any more); save with positions.
        """
        return self._save(task, step, patch_of(patch, mask), parent, base, metrics, state, metadata, overwrite, side_files)

    def load(self, task: str, step: Step = "latest", into: Any = None, *, replace: bool = False) -> Dict[str, torch.Tensor]:
        """Restores the model of a step bit for bit. Data is verified before use, and all of it belongs to one version.

        :param into: a module or a dict of tensors, restored in place; a path that is written atomically (a file, or a folder for a sharded
            model); ``None`` for new tensors. A folder then has exactly the checkpoint's files, beside files of others.
        :param replace: whether to replace files of the same names in a folder that no load wrote or that were changed since.
        :returns: the tensors, new ones on the CPU, tied ones under all names in the base's file; empty for a path.
        :raises FishError: ``CHECKPOINT_NOT_FOUND``; ``CORRUPT_*``: the store is damaged; ``TENSOR_MISSING``, ``SHAPE_MISMATCH``...: it does
            not fit; ``DIGEST_MISMATCH``: data was damaged on the way twice; ``CHECKPOINT_CHANGED``: the step was replaced twice meanwhile;
            ``FOLDER_TAKEN``: the folder would have a mix of models. A changed module or dict then has parts of several states, which the
            cause reports; a path is unchanged.
        """
        for attempt in (1, 2):
            try:
                if isinstance(into, (str, os.PathLike)):
                    self._load_files(task, step, os.fspath(into), replace)
                    return {}
                if into is None:
                    return self._all_tensors("tasks", task, "checkpoints", self._number_of(task, step), start=("tasks", task, "start"))
                return restore_into(self.tensors(task, step), into)
            except FishError as error:
                if error.code != "CHECKPOINT_CHANGED" or attempt == 2:
                    raise self._explained(error, task, step) from error
        raise AssertionError("the second attempt returns or raises")

    def tensors(self, task: str, step: Step = "latest") -> Iterator[Tuple[str, torch.Tensor]]:
        """The tensors of a step, yielded as they arrive, each verified.

        :raises FishError: as :meth:`load`.
        """
        return self._tensors("tasks", task, "checkpoints", self._number_of(task, step))

    def start_tensors(self, task: str) -> Iterator[Tuple[str, torch.Tensor]]:
        """The tensors of the task's start, yielded as they arrive: those of the checkpoint that it branches from, even if that was deleted,
        or else the base's, with the task's own tensors as zeros.

        :raises FishError: ``TASK_NOT_FOUND``.
        """
        return self._tensors("tasks", task, "start")

    def load_start(self, task: str, into: Any = None) -> Dict[str, torch.Tensor]:
        """Restores the task's start bit for bit into a module or dict of tensors, or into new tensors.

        :raises FishError: as :meth:`load`.
        """
        return self._all_tensors("tasks", task, "start") if into is None else restore_into(self.start_tensors(task), into)

    def get(self, task: str, step: Step = "latest") -> Info:
        """The metadata and sizes of a checkpoint.

        :raises FishError: ``CHECKPOINT_NOT_FOUND``, ``TAG_NOT_FOUND``.
        """
        return self._json("GET", path_of("tasks", task, "checkpoints", step))

    def list(self, task: str) -> List[Info]:
        """All checkpoints of a task by step."""
        return list(self._pages("tasks", task, "checkpoints"))

    def delete(self, task: str, step: Step) -> None:
        """Deletes a checkpoint; checkpoints based on it stay readable. Until its grace period ends, :meth:`undelete` restores it.

        :raises FishError: ``CHECKPOINT_NOT_FOUND``; ``CHECKPOINT_PINNED``.
        """
        self._json("DELETE", path_of("tasks", task, "checkpoints", step))

    def undelete(self, task: str, step: int, *, as_: Optional[int] = None, pin: bool = False) -> Info:
        """Restores a deleted checkpoint bit for bit, with its trainer state, metrics and tags; of several at the step, the last deleted
        one.

        :param as_: its new step. Default: the original one.
        :param pin: whether to pin it, so that no retention deletes it again.
        :returns: ``{checkpoint, takenTags, goesAgain}``: tags that other checkpoints now have, and whether the task's retention would
            delete it.
        :raises FishError: ``CHECKPOINT_NOT_FOUND``: there is none, or its grace period has ended; ``STEP_TAKEN``: another one was saved at
            the step since.
        """
        return self._json("POST", path_of("tasks", task, "checkpoints", step, "undelete"), {"as": as_, "pin": pin})

    def list_deleted(self, task: str) -> List[Info]:
        """The deleted checkpoints of a task that can be restored, in the order of their saves.

        :raises FishError: ``TASK_NOT_FOUND``.
        """
        return list(self._pages("tasks", task, "deleted"))

    def verify(self, task: str, step: Step = "latest") -> Info:
        """Verifies all parts of a checkpoint on the server: ``{sound, bytesRead, problem}``."""
        return self._verify(task, step, COMPUTED)

    def _verify(self, task: str, step: Step, patience: float) -> Info:
        return self._json("POST", path_of("tasks", task, "checkpoints", step, "verify"), patience=patience)

    def state(self, task: str, step: Step = "latest") -> bytes:
        """A checkpoint's trainer state.

        :raises FishError: ``STATE_NOT_FOUND``; ``CORRUPT_*``.
        """
        path = path_of("tasks", task, "checkpoints", step, "state")
        try:
            with RemoteFile(self._transport, path) as stream:
                return b"".join(stream.chunks())
        except FishError as error:
            raise self._explained(error, task, step) from error

    def put_state(self, task: str, step: Step, state: bytes) -> Info:
        """Stores the trainer state of a checkpoint that was saved without one.

        :raises FishError: ``STATE_TAKEN``: it has another one.
        """
        body = BytesBody(state)
        return self._answer("PUT", path_of("tasks", task, "checkpoints", step, "state"), body, {"Content-Digest": digest_field(body)})

    def _named(self, task: str, source: Source) -> Optional[Dict[str, torch.Tensor]]:
        # A module's tensors under the task's names: without wrappers' prefixes, or both names of a tied one. None if nothing changes.
        if not isinstance(source, torch.nn.Module):
            return None
        tensors, layout = module_tensors(source), self.task_layout(task)
        known = NameLookup(layout)
        named = untied({known.find(name) or name: tensor for name, tensor in tensors.items()}, layout)
        return None if named.keys() == untied(tensors).keys() else named

    def _save(self, task, step, body: Body, parent, base, metrics, state, metadata, overwrite, side_files) -> Info:
        parts: Dict[str, Body] = {"checkpoint": body}
        if state is not None:
            parts["state"] = BytesBody(state) if isinstance(state, bytes) else state
        info: Dict[str, Any] = {}
        if metrics or metadata:
            info = {"metrics": {name: _number(value, name) for name, value in (metrics or {}).items()}, "metadata": dict(metadata or {})}
        query = {"parent": parent, "base": base, "overwrite": "true" if overwrite else None}
        path = path_of("tasks", task, "checkpoints", step, query=query)
        files = side_files_of(side_files)
        known = self._known_of(task, files, info)
        if known:
            try:
                new = {name: file for name, file in files.items() if name not in known}
                answer = self._send_parts(path, parts, {**info, "sideFiles": known}, new)
                self._known_files.add(task, {file.sha256 for file in new.values()})
                return answer
            except FishError as error:
                # Deleted since; or an older server without this feature.
                if error.code != "SIDE_FILE_UNKNOWN" and (error.code, error.key) != ("REQUEST_INVALID", "info"):
                    raise
                self._known_files.forget(task)
        answer = self._send_parts(path, parts, info, files)
        if files:
            self._known_files.add(task, {file.sha256 for file in files.values()})
        return answer

    def _known_of(self, task: str, files: Mapping[str, SideFile], info: Mapping[str, Any]) -> Dict[str, str]:
        if not files:
            return {}
        has = self._known_files.of(task, lambda: (
            file["sha256"] for file in self._json("GET", path_of("tasks", task, "checkpoints", "latest", "files")) if file.get("sha256")))
        known = {name: file.sha256 for name, file in files.items() if file.sha256 in has}
        return known if BytesBody.of_json({**info, "sideFiles": known}).length <= _MAX_INFO else {}

    def _send_parts(self, path: str, parts: Dict[str, Body], info: Mapping[str, Any], files: Mapping[str, SideFile]) -> Info:
        sent = {**parts, "info": BytesBody.of_json(info)} if info else parts
        body = MultipartBody(sent, {name: file.body for name, file in files.items()}) if len(sent) > 1 or files else sent["checkpoint"]
        return self._answer("PUT", path, body, {"Content-Digest": digest_field(body)})

    def _load_files(self, task: str, step: Step, path: str, replace: bool) -> None:
        segments = ("tasks", task, "checkpoints", self._number_of(task, step), "files")
        files = {file["name"]: file for file in self._json("GET", path_of(*segments))}
        check_file_names(files)

        def fetch(name: str) -> Iterator[bytes]:
            with RemoteFile(self._transport, path_of(*segments, name), files[name]["tag"]) as stream:
                if stream.length != files[name]["bytes"]:
                    raise FishError("DIGEST_MISMATCH", name,
                        f"Expected {files[name]['bytes']} bytes; received {stream.length}.", "Load again.")
                yield from stream.chunks()

        if list(files) == ["model.safetensors"] and not os.path.isdir(path):
            replace_file(path, fetch("model.safetensors"))
        else:
            load_folder(path, list(files), fetch, replace)

    def _number_of(self, task: str, step: Step) -> Step:
        # A word is resolved once: "latest" may move before everything is read.
        return step if str(step).isdecimal() else self.get(task, step)["step"]

    def _explained(self, error: FishError, task: str, step: Step) -> FishError:
        # Damage that the server finds while responding can only end the response; a verification reports it.
        if error.code != "SERVER_UNAVAILABLE" or error.status is not None:
            return error
        try:
            found = self._verify(task, step, 1)
        except FishError:
            return error
        if found.get("sound"):
            return error
        return FishError("CORRUPT_CHECKPOINT", f"{task}/{step}", str(found.get("problem")),
            "Load another step, or restore the store from a backup.")


def patch_of(patch: Patch, mask: Optional[str] = None) -> SafetensorsFile:
    """A sparse patch as a file: ``NAME.indices`` (I32 if they fit, else I64) and ``NAME.values``; with a mask's id, values only."""
    tensors: Dict[str, torch.Tensor] = {}
    for name, (positions, values) in patch.items():
        if mask is None and positions is not None and len(positions):
            tensors[f"{name}.indices"] = positions.to(torch.int32) if int(positions[-1]) < 2 ** 31 else positions
        if len(values):
            tensors[f"{name}.values"] = values
    return SafetensorsFile(tensors, {"format": "fishcheckpoint-patch"} if mask is None
        else {"format": "fishcheckpoint-patch", "mask": mask})


def _number(value: Any, name: str) -> object:
    # The three values that JSON needs as text.
    try:
        value = float(value)
    except (OverflowError, RuntimeError, TypeError, ValueError) as error:
        raise FishError("REQUEST_INVALID", f"metrics/{str(name)[:80]}", f"A {type(value).__name__} is not a number: {error}.",
                        "Leave it out.") from error
    if value != value:
        return "NaN"
    return value if abs(value) != float("inf") else "Infinity" if value > 0 else "-Infinity"
