"""The trainer state: named arrays and texts, in sections (docs/reference/format/container.md, "Trainer state")."""

import io
from typing import Any, Dict

import torch

from ..errors import FishError
from ..safetensors import SafetensorsFile, read_stream
from . import plain

_METADATA = {"format": "fish-trainer-state", "version": "1"}


class TrainerState:
    """The data that resuming needs and serving does not. Arrays are CPU tensors with one dimension; all names are ``SECTION/NAME``."""

    def __init__(self) -> None:
        self.arrays: Dict[str, torch.Tensor] = {}
        self.texts: Dict[str, str] = {}

    def put(self, name: str, value: Any, path: str = "") -> None:
        """Adds plain values, tensors and arrays; copies them. ``path`` names the value in errors.

        :raises FishError: ``STATE_UNSUPPORTED``: a part cannot be saved.
        """
        self.texts[name] = plain.encode(value, name, self.arrays, path)

    def take(self, name: str) -> Any:
        """The value that was added.

        :raises FishError: ``STATE_MISMATCH``: it is missing or cannot be read.
        """
        if name not in self.texts:
            raise mismatch(name, "It is missing from the trainer state.")
        return plain.decode(self.texts[name], self.arrays, name)

    def section(self, name: str) -> Dict[str, torch.Tensor]:
        """A section's arrays, by the rest of their names."""
        return {key[len(name) + 1:]: array for key, array in self.arrays.items() if key.startswith(f"{name}/")}

    def to_file(self) -> SafetensorsFile:
        """The state as a file to send."""
        body = SafetensorsFile(self.arrays, {**_METADATA, **self.texts})
        body.content_type = "application/octet-stream"
        return body

    @classmethod
    def parse(cls, data: bytes, key: str) -> "TrainerState":
        """Reads a file: the inverse of :meth:`to_file`.

        :raises FishError: ``STATE_MISMATCH``: it is not a trainer state; ``HEADER_*``.
        """
        header, tensors = read_stream(io.BytesIO(data), key)
        if {name: header.metadata.get(name) for name in _METADATA} != _METADATA:
            raise mismatch(key, "The bytes are not a trainer state of a known version.")
        state = cls()
        state.arrays = dict(tensors)
        state.texts = {name: text for name, text in header.metadata.items() if "/" in name}
        return state


def mismatch(key: str, cause: str) -> FishError:
    """The error for a state that does not fit."""
    return FishError("STATE_MISMATCH", key, cause,
                     "Resume with the same optimizer and other parts of training as the checkpoint.")
