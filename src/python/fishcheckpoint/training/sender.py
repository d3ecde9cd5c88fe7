"""Sends one save: its content, its parent, and the checks before and after."""

from typing import Any, Callable, Dict, Mapping, Optional, Set, Tuple

import torch

from ..client import FishClient
from ..client.side_files import SideFileReader
from ..errors import FishError
from .capture import PendingSave, copy_values, restricted
from .leaks import find_leaks
from .lineage import Lineage, Link
from .messages import Messages
from .options import HookOptions
from .resume import run_of
from .retention import let_go
from .run import Run
from .session import Session
from .tracked import TrackedModel


_TAKEN = ("RUN_TAKEN", "STEP_TAKEN", "STATE_TAKEN")


class StaleCopy(FishError):
    """The copy lacks known changes: it is left out, and later ones include them."""


class Sender:
    """Sends pending saves, each in one attempt. Used only by the saver's thread."""

    def __init__(
        self, session: Session, run: Run, model: TrackedModel, lineage: Callable[[], Optional[Lineage]], options: HookOptions,
        messages: Messages, side_files: Optional[SideFileReader] = None,
    ) -> None:
        self._session, self._run, self._model, self._lineage = session, run, model, lineage
        self._options, self._messages, self._side_files = options, messages, side_files
        self.replaced: Set[int] = set()
        """Steps with damaged checkpoints, which are deleted when they are saved again."""
        self.refusal: Optional[FishError] = None
        """The error that ends the run, such as a leak or a step with other content: nothing more is stored."""

    @property
    def _client(self) -> FishClient:
        return self._session.client

    def open(self) -> None:
        """Asks the server about the task, once.

        :raises FishError: as :meth:`Session.open`; a permanent error ends the run.
        """
        try:
            self._session.open()
        except FishError as error:
            if error.permanent:
                self.refusal = error
            raise

    def send(self, save: PendingSave) -> Tuple[int, int]:
        """Stores a save; returns the positions of its delta and the bytes that it added.

        :raises FishError: it is not stored; ``transient`` if a retry may succeed.
        """
        if self.refusal is not None:
            raise self.refusal
        self.open()
        try:
            self._run.check(save.step)
            self._run.check_newest(self._client)
            if save.step in self.replaced:
                self._delete(save.step)
                self.replaced.discard(save.step)
            answer = self._send_full(save) if save.plan is None else self._send_patch(save)
        except FishError as error:
            if error.code not in _TAKEN:
                raise
            if error.status is None:
                self.refusal = error
                raise
            self.refusal = FishError(
                error.code, error.key, error.cause,
                "Another run has saved it. Resume from the newest step, save to another task, or give the hook "
                "overwrite=True to replace it.", operation=error.operation, status=error.status)
            raise self.refusal from error
        lineage = self._lineage()
        if lineage is not None:
            lineage.stored(save.step)
        self._retain(lineage)
        return answer["changed"], answer["storedBytes"]

    def _send_full(self, save: PendingSave) -> Mapping[str, Any]:
        tensors = {name: tensor for first, tensor in save.values.items()
            for name in self._model.stored_names(first, self._session.layout())}
        return self._client.save(self._session.task, save.step, tensors, metrics=save.metrics(), state=_state(save, None),
                                 metadata=self._run.metadata, overwrite=self._options.overwrite, side_files=self._side_files)

    def _send_patch(self, save: PendingSave) -> Mapping[str, Any]:
        lineage = self._lineage()
        assert lineage is not None and save.plan is not None
        if not lineage.is_whole(save.plan):
            if save.snapshot is None:
                raise StaleCopy("MASK_LEAK", f"{self._session.task}/{save.step}",
                    "It was copied before changes outside the mask were found.")
            save.plan = lineage.renewed(save.plan)
            save.values = copy_values(save.snapshot, save.plan.cover)
        if save.snapshot is not None:
            self._check(save, lineage)
        link = lineage.resolve(save.plan)
        state = _state(save, link)
        if link.cover.server_id is not None:
            try:
                return self._put(save, link, link.cover.server_id, state)
            except FishError as error:
                if error.code not in ("MASK_UNKNOWN", "CORRUPT_FRAME"):
                    raise
                link.cover.server_id = None
        answer = self._put(save, link, None, state)
        link.cover.server_id = answer["mask"]
        return answer

    def _put(self, save: PendingSave, link: Link, mask: Optional[str], state: Any) -> Mapping[str, Any]:
        assert save.plan is not None
        patch: Dict[str, Tuple[Optional[torch.Tensor], torch.Tensor]] = {}
        for first, positions in link.cover.items():
            values = restricted(save.values[first], save.plan.cover[first].cpu(), positions.cpu())
            for name in self._model.stored_names(first, self._session.layout()):
                patch[name] = (positions.cpu() if mask is None else None, values)
        return self._client.save_patch(
            self._session.task, save.step, patch, parent="auto" if link.anchor is None else link.anchor, metrics=save.metrics(),
            state=state, mask=mask, metadata=self._run.metadata, overwrite=self._options.overwrite, side_files=self._side_files)

    def _check(self, save: PendingSave, lineage: Lineage) -> None:
        assert save.plan is not None and save.snapshot is not None
        link = lineage.resolve(save.plan)
        report = find_leaks(self._session.reference(link.anchor), save.snapshot, link.cover, self._model.first_name)
        if report.count and self._options.on_leak == "fail":
            self.refusal = FishError(
                "MASK_LEAK", f"{self._session.task}/{save.step}", report.describe(),
                "Use a masked optimizer, or turn off weight decay and momentum for other values; or choose on_leak='widen'.")
            raise self.refusal
        if report.count:
            widen = self._options.on_leak == "widen"
            self._messages.warn(f"Step {save.step}: {report.describe()} " + (
                "Saves include them from now on." if widen else "They are not saved: the restored model will differ from the trained one."))
            if widen:
                save.plan = lineage.widen(report.positions, save.plan)
                save.values = copy_values(save.snapshot, save.plan.cover)
        save.snapshot = None

    def _retain(self, lineage: Optional[Lineage]) -> None:
        policy = self._options.retention
        if policy is None:
            return
        try:
            needed = [] if lineage is None else lineage.anchors
            there = self._client.list(self._session.task)
            if self._options.overwrite or self._options.new_run:  # never delete another run's checkpoints
                there = [found for found in there if run_of(found) == self._run.id]
            for step in let_go(there, policy, needed):
                self._delete(step)
        except FishError as error:
            self._messages.warn(f"Old checkpoints could not be deleted: {error}")

    def _delete(self, step: int) -> None:
        try:
            self._client.delete(self._session.task, step)
        except FishError as error:
            if error.code != "CHECKPOINT_NOT_FOUND":
                raise


def _state(save: PendingSave, link: Optional[Link]) -> Any:
    if save.state is None:
        return None
    if link is not None:
        save.state.put("hook/anchor", link.anchor)
        save.state.put("hook/cover", link.cover.digest)
    return save.state.to_file()
