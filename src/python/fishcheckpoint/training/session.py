"""The task on the server: created if missing, and checked against the base that training starts from."""

from typing import Any, Iterator, Mapping, Optional, Tuple

import torch

from ..client import FishClient
from ..client.tasks import start_of
from ..errors import FishError
from ..tensors.names import NameLookup
from .fit import check_fit, own_tensors, with_own
from .options import HookOptions
from .tracked import TrackedModel


class Session:
    """The hook's knowledge of its task. If two threads ask at once, both do the same."""

    def __init__(self, client: FishClient, task: str, base: Optional[str], model: TrackedModel, options: HookOptions) -> None:
        self.client, self.task = client, task
        self._base, self._model, self._options = base, model, options
        self._info: Optional[Mapping[str, Any]] = None
        self._layout = NameLookup(())

    @property
    def is_open(self) -> bool:
        """Whether the server has been asked."""
        return self._info is not None

    def open(self, client: Optional[FishClient] = None) -> Mapping[str, Any]:
        """The task, created or changed by the options. Asks the server once, by another client if one is given.

        :raises FishError: ``LAYOUT_MISMATCH``: the model can never be saved to it; nothing is created or changed. ``TASK_NOT_FOUND``
            without a base or checkpoint for a new task; ``BASE_NOT_FOUND``; ``CHECKPOINT_NOT_FOUND``; ``BASE_MISMATCH``; ``TASK_TAKEN``: it
            has another start.
        """
        if self._info is None:
            client = client or self.client
            info = self._find(client) or self._make(client)
            self._info = info
        return self._info

    @property
    def latest(self) -> Optional[int]:
        """The task's highest step when it was opened, if any."""
        return self.open().get("latest")

    @property
    def is_branch(self) -> bool:
        """Whether the task branches from another task's checkpoint."""
        return self.open().get("from") is not None

    def layout(self) -> NameLookup:
        """The names of the task's tensors."""
        self.open()
        return self._layout

    def reference(self, anchor: Optional[int]) -> Iterator[Tuple[str, torch.Tensor]]:
        """Yields the tensors of a step, or of the task's start."""
        self.open()
        return self.client.start_tensors(self.task) if anchor is None else self.client.tensors(self.task, anchor)

    def _find(self, client: FishClient) -> Optional[Mapping[str, Any]]:
        try:
            info = client.get_task(self.task)
        except FishError as error:
            if error.code != "TASK_NOT_FOUND" or (self._base is None and self._options.from_ is None):
                raise
            return None
        if self._base is not None and (found := client.get_base(self._base)["id"]) != info["baseId"]:
            raise FishError(
                "BASE_MISMATCH", self.task, f"The task's base is {info['baseId']}; '{self._base}' is {found}.",
                "Train from the task's base, or save to another task.")
        if self._options.from_ is not None and info.get("from") != start_of(self._options.from_):
            found = "its base" if info.get("from") is None else f"{info['from']['task']}:{info['from']['step']}"
            raise FishError(
                "TASK_TAKEN", self.task, f"The task exists and starts from {found}; this run must start from {self._options.from_}.",
                "Save to another task, or leave out from_ to continue this one.")
        layout = client.task_layout(self.task)
        check_fit(self._model, layout, self.task, is_new=False)
        self._layout = NameLookup(layout)
        if self._options.retention is not None and self._options.retention != info["retention"]:
            return client.put_task(
                self.task, info["baseId"], description=info["description"], metadata=info["metadata"], retention=self._options.retention,
                tensors=info["tensors"])
        return info

    def _make(self, client: FishClient) -> Mapping[str, Any]:
        # The model is compared before the task is created: an unfit task would block the next attempt.
        own = None
        if self._options.from_ is not None:
            origin = start_of(self._options.from_)
            layout = client.checkpoint_layout(str(origin["task"]), int(str(origin["step"])))
        else:
            assert self._base is not None
            layout = client.base_layout(self._base)
            own = own_tensors(self._model, layout, self._options.own_tensors)
            layout = with_own(layout, own)
        check_fit(self._model, layout, self.task, is_new=own is not None)
        self._layout = NameLookup(layout)
        return client.put_task(self.task, self._base, retention=self._options.retention, tensors=own or None, from_=self._options.from_)
