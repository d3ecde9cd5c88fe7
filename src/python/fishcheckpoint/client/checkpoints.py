"""The calls about checkpoints and trainer states."""

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
"""What changed, by tensor: flat positions (ascending integers [k]), and the new values [k]."""


_MOST_INFO = 1 << 20


class CheckpointCalls(BaseCalls):
    """Checkpoints: what a task's model was at a step."""

    _known_files: KnownFiles

    def save(
        self, task: str, step: int, source: Source, *, parent: Optional[Step] = None, base: Optional[str] = None,
        metrics: Optional[Mapping[str, float]] = None, state: Union[None, bytes, Body] = None,
        metadata: Optional[Mapping[str, str]] = None, overwrite: bool = False, side_files: Union[SideFiles, SideFileReader, None] = None,
    ) -> Info:
        """Saves a full model; the server finds what changed. The same save again is no error.

        :param source: a safetensors file, a folder of shards, a state dict or a module. The side files of a folder are the checkpoint's own.
        :param parent: ``auto`` (the default: the cheaper one), ``base``, ``previous`` or a step.
        :param base: name or id of the base that training started from; another one is refused.
        :param metrics: numbers to keep with it; NaN and the infinities are numbers too.
        :param state: the trainer state: bytes, stored in the same transaction.
        :param metadata: free keys and texts to keep with it; with the metrics at most 1 MiB of JSON.
        :param overwrite: replace a checkpoint of other content (model, state, metrics or metadata): the old one is deleted as :meth:`delete` does, with
            its tags, in the same transaction; a pinned one is refused (``CHECKPOINT_PINNED``).
        :param side_files: files beside the model that are the checkpoint's own, served before its base's: a folder (its files but
            for weights and training state), a list of paths, or by their names the content or the paths where they lie
            (``{"config.json": "run/config.json"}``). Those that the task has already are named by their digests, and not sent.
        :returns: ``{task, step, parent, changed, storedBytes, mask...}``.
        :raises FishError: ``STEP_TAKEN``: the step has other content; ``TENSOR_UNKNOWN`` and so on: it is not of the task's layout.
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
        """Saves what changed since the parent (default: what the task starts from, its base or the checkpoint that it was made from).

        With ``mask``, the id of a mask from the answer to an earlier save, only values are sent (positions may be ``None``).

        :raises FishError: as :meth:`save`; ``MASK_UNKNOWN``: the store has no such mask (any more); save with positions.
        """
        return self._save(task, step, patch_of(patch, mask), parent, base, metrics, state, metadata, overwrite, side_files)

    def load(self, task: str, step: Step = "latest", into: Any = None, *, replace: bool = False) -> Dict[str, torch.Tensor]:
        """Restores the model of a step, bit for bit. What comes is verified before it is used, and all of it is of one version.

        :param into: a module or a dict of tensors, restored in place; a path, where the file is written whole or not at all (for a model of one
            file; of a sharded one, a folder); ``None`` for new tensors. A folder then holds exactly the checkpoint's files, beside
            what others have put there.
        :param replace: whether files of the same names in a folder may be replaced that no load has written, or that were changed since.
        :returns: the tensors, on the CPU where they are new, tied ones under all the names that the base's file tells of; empty for a path.
        :raises FishError: ``CHECKPOINT_NOT_FOUND``; ``CORRUPT_*``: the store is damaged; ``TENSOR_MISSING``, ``SHAPE_MISMATCH``...: it does
            not fit;
            ``DIGEST_MISMATCH``: twice what came was not what was sent; ``CHECKPOINT_CHANGED``: twice the step was saved with other content
            meanwhile; ``FOLDER_TAKEN``: the
            folder would hold a mix of models. A module or dict that was changed then holds parts of several states, which the cause says; a
            path holds what it held.
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
        """The tensors of a step, one after another as they come, each verified.

        :raises FishError: as :meth:`load`.
        """
        return self._tensors("tasks", task, "checkpoints", self._number_of(task, step))

    def start_tensors(self, task: str) -> Iterator[Tuple[str, torch.Tensor]]:
        """The tensors of the state that a task starts from, one after another as they come: of the checkpoint that it was made from, even where that one was
        deleted since, or else of the base, with the task's own tensors as zeros.

        :raises FishError: ``TASK_NOT_FOUND``.
        """
        return self._tensors("tasks", task, "start")

    def load_start(self, task: str, into: Any = None) -> Dict[str, torch.Tensor]:
        """Restores the state that a task starts from, bit for bit, into a module or dict of tensors, or into new tensors.

        :raises FishError: as :meth:`load`.
        """
        return self._all_tensors("tasks", task, "start") if into is None else restore_into(self.start_tensors(task), into)

    def get(self, task: str, step: Step = "latest") -> Info:
        """What a checkpoint is and costs.

        :raises FishError: ``CHECKPOINT_NOT_FOUND``, ``TAG_NOT_FOUND``.
        """
        return self._json("GET", path_of("tasks", task, "checkpoints", step))

    def list(self, task: str) -> List[Info]:
        """All checkpoints of a task by step."""
        return list(self._pages("tasks", task, "checkpoints"))

    def delete(self, task: str, step: Step) -> None:
        """Deletes a checkpoint; others whose parent it is stay readable. Until its grace is over, :meth:`undelete` brings it back.

        :raises FishError: ``CHECKPOINT_NOT_FOUND``; ``CHECKPOINT_PINNED``.
        """
        self._json("DELETE", path_of("tasks", task, "checkpoints", step))

    def undelete(self, task: str, step: int, *, as_: Optional[int] = None, pin: bool = False) -> Info:
        """Brings a deleted checkpoint back, bit for bit, with its trainer state, metrics and tags; of several of the step, the one that was deleted last.

        :param as_: the step that it gets. Default: the one that it had.
        :param pin: whether it is pinned, so that no retention deletes it again.
        :returns: ``{checkpoint, takenTags, goesAgain}``: tags that other checkpoints have since, and whether the task's retention does not keep it.
        :raises FishError: ``CHECKPOINT_NOT_FOUND``: there is none, or its grace is over; ``STEP_TAKEN``: another one was saved at the step since.
        """
        return self._json("POST", path_of("tasks", task, "checkpoints", step, "undelete"), {"as": as_, "pin": pin})

    def list_deleted(self, task: str) -> List[Info]:
        """The deleted checkpoints of a task that can be brought back, in the order in which they were saved.

        :raises FishError: ``TASK_NOT_FOUND``.
        """
        return list(self._pages("tasks", task, "deleted"))

    def verify(self, task: str, step: Step = "latest") -> Info:
        """Has the server read all that a checkpoint is made of: ``{sound, bytesRead, problem}``."""
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
        """Gives a checkpoint its trainer state, where it was saved without one.

        :raises FishError: ``STATE_TAKEN``: it has another one.
        """
        body = BytesBody(state)
        return self._answer("PUT", path_of("tasks", task, "checkpoints", step, "state"), body, {"Content-Digest": digest_field(body)})

    def _named(self, task: str, source: Source) -> Optional[Dict[str, torch.Tensor]]:
        # A module's tensors under the task's names: those of a wrapped model, or both names of a tied one. None where that changes nothing.
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
                # Gone since; or a server that does not know this yet.
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
        return known if BytesBody.of_json({**info, "sideFiles": known}).length <= _MOST_INFO else {}

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
                        f"The file is to have {files[name]['bytes']} bytes; {stream.length} were sent.", "Load again.")
                yield from stream.chunks()

        if list(files) == ["model.safetensors"] and not os.path.isdir(path):
            replace_file(path, fetch("model.safetensors"))
        else:
            load_folder(path, list(files), fetch, replace)

    def _number_of(self, task: str, step: Step) -> Step:
        # A word is resolved once: "latest" may move on before everything is read.
        return step if str(step).isdecimal() else self.get(task, step)["step"]

    def _explained(self, error: FishError, task: str, step: Step) -> FishError:
        # Damage that is found in the middle of an answer can only break it off; a verification says what it was.
        if error.code != "SERVER_UNAVAILABLE" or error.status is not None:
            return error
        try:
            found = self._verify(task, step, 1)
        except FishError:
            return error
        if found.get("sound"):
            return error
        return FishError("CORRUPT_CHECKPOINT", f"{task}/{step}", str(found.get("problem")), "Load another step, or restore the store from a backup.")


def patch_of(patch: Patch, mask: Optional[str] = None) -> SafetensorsFile:
    """A sparse patch as a file: ``NAME.indices`` (I32 where they fit, else I64) and ``NAME.values``; with a mask's id, values only."""
    tensors: Dict[str, torch.Tensor] = {}
    for name, (positions, values) in patch.items():
        if mask is None and positions is not None and len(positions):
            tensors[f"{name}.indices"] = positions.to(torch.int32) if int(positions[-1]) < 2 ** 31 else positions
        if len(values):
            tensors[f"{name}.values"] = values
    return SafetensorsFile(tensors, {"format": "fishcheckpoint-patch"} if mask is None else {"format": "fishcheckpoint-patch", "mask": mask})


def _number(value: Any, name: str) -> object:
    # The three that JSON spells as text.
    try:
        value = float(value)
    except (OverflowError, RuntimeError, TypeError, ValueError) as error:
        raise FishError("REQUEST_INVALID", f"metrics/{str(name)[:80]}", f"A {type(value).__name__} is no number here: {error}.",
                        "Leave it out.") from error
    if value != value:
        return "NaN"
    return value if abs(value) != float("inf") else "Infinity" if value > 0 else "-Infinity"
