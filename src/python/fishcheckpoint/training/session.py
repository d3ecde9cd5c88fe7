"""The task on the server: made where it is missing, and checked against the base that training starts from."""

from typing import Any, Dict, Iterator, Mapping, Optional, Set, Tuple

import torch

from ..client import FishClient
from ..errors import FishError
from ..masks.budget import matches
from ..tensors.dtypes import name_of, torch_dtype
from .options import HookOptions
from .tracked import TrackedModel


class Session:
    """What the hook knows of its task. Asked by one thread at a time."""

    def __init__(self, client: FishClient, task: str, base: Optional[str], model: TrackedModel, options: HookOptions) -> None:
        self.client, self.task = client, task
        self._base, self._model, self._options = base, model, options
        self._info: Optional[Mapping[str, Any]] = None
        self._layout: Set[str] = set()

    @property
    def is_open(self) -> bool:
        """Whether the server has been asked."""
        return self._info is not None

    def open(self, client: Optional[FishClient] = None) -> Mapping[str, Any]:
        """The task, made or changed as the options say. Asks the server once, by another client where one is given.

        :raises FishError: ``TASK_NOT_FOUND`` without a base to make it on; ``BASE_NOT_FOUND``; ``BASE_MISMATCH``; ``TASK_TAKEN``.
        """
        if self._info is None:
            client = client or self.client
            info = self._find(client)
            names = set(client.base_layout(info["baseId"]))
            for name, own in info["tensors"].items():
                (names.discard if own is None else names.add)(name)
            self._layout, self._info = names, info
        return self._info

    def layout(self) -> Set[str]:
        """The names of the task's tensors."""
        self.open()
        return self._layout

    def reference(self, anchor: Optional[int]) -> Iterator[Tuple[str, torch.Tensor]]:
        """The tensors of a step, or of the base with the task's own tensors as zeros, one after another."""
        info = self.open()
        if anchor is not None:
            yield from self.client.tensors(self.task, anchor)
            return
        for name, tensor in self.client.base_tensors(info["baseId"]):
            if name not in info["tensors"]:
                yield name, tensor
        for name, own in info["tensors"].items():
            if own is not None:
                yield name, torch.zeros(own["shape"], dtype=torch_dtype(own["dtype"], name))

    def _find(self, client: FishClient) -> Mapping[str, Any]:
        try:
            info = client.get_task(self.task)
        except FishError as error:
            if error.code != "TASK_NOT_FOUND" or self._base is None:
                raise
            return client.put_task(self.task, self._base, retention=self._options.retention, tensors=self._own() or None)
        if self._base is not None and (found := client.get_base(self._base)["id"]) != info["baseId"]:
            raise FishError(
                "BASE_MISMATCH", self.task, f"The task is bound to the base {info['baseId']}; '{self._base}' is {found}.",
                "Train from the task's base, or save to another task.")
        if self._options.retention is not None and self._options.retention != info["retention"]:
            return client.put_task(
                self.task, info["baseId"], description=info["description"], metadata=info["metadata"], retention=self._options.retention,
                tensors=info["tensors"])
        return info

    def _own(self) -> Dict[str, Mapping[str, object]]:
        return {name: {"dtype": name_of(tensor.dtype, name), "shape": list(tensor.shape)}
                for name, tensor in self._model.tensors().items() if matches(name, self._options.own_tensors)}
