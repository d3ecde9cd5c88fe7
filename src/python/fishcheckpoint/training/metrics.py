"""The metrics of a checkpoint. An invalid metric never costs a checkpoint."""

import hashlib
import json
import threading
import unicodedata
from typing import Any, Callable, Dict, Mapping, Optional, Set

import torch

from .messages import Messages

MAX_BYTES = 900_000
"""Names and numbers of one checkpoint, as JSON; the server accepts 1 MiB."""
_MAX_WARNED = 100
_MAX_NAME, _KEPT = 512, 240
_ROOM = 32  # a number and its punctuation


class MetricReader:
    """Copies metrics on the training thread, and reads them in the background. Non-numbers are left out, with one warning per name."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._lock = threading.Lock()
        self._warned: Set[str] = set()

    def copied(self, metrics: Optional[Mapping[Any, Any]]) -> Callable[[], Dict[str, float]]:
        """Copies metrics, so that later changes have no effect. Tensors stay on their device: reading them here would wait for it.

        :returns: a function that reads the numbers and may be called repeatedly. Neither raises.
        """
        kept: Dict[str, Any] = {}
        try:
            for key, value in [] if metrics is None else list(dict(metrics).items()):
                name = _name_of(key)
                if name in kept:
                    self._leave_out(name, "Two metrics have this name.")
                elif isinstance(value, torch.Tensor) and value.device.type != "cpu":
                    kept[name] = value.detach().clone() if value.numel() == 1 else value.shape
                else:
                    self._read(kept, name, value)
        except Exception as error:  # not a mapping, or a failing one
            self._leave_out("metrics", f"They cannot be read: {type(error).__name__}: {error}")
        return lambda: self._numbers(kept)

    def _numbers(self, kept: Mapping[str, Any]) -> Dict[str, float]:
        numbers: Dict[str, float] = {}
        left = MAX_BYTES
        for name, value in kept.items():
            left -= len(json.dumps(name)) + _ROOM
            if left < 0:
                self._leave_out(name, f"It and the metrics after it take more than {MAX_BYTES} bytes.")
                break
            self._read(numbers, name, value)
        return numbers

    def _read(self, numbers: Dict[str, float], name: str, value: Any) -> None:
        try:
            numbers[name] = number_of(value)
        except Exception as error:  # a foreign float()
            self._leave_out(name, str(error) if type(error) is TypeError else f"{type(error).__name__}: {error}")

    def _leave_out(self, name: str, why: str) -> None:
        with self._lock:
            if name in self._warned or len(self._warned) > _MAX_WARNED:
                return
            self._warned.add(name)
            last = len(self._warned) > _MAX_WARNED
        shown = name if len(name) <= 80 else f"{name[:80]}..."
        self._messages.warn("Further metrics that are not numbers are left out without a warning." if last else
                            f"The metric '{shown}' is left out: {why[:200]} The checkpoint is saved without it; give numbers as metrics.")


def number_of(value: Any) -> float:
    """A metric as a number: a number or bool of any kind, or a tensor or array of one element.

    :raises Exception: a :class:`TypeError` if it is not a number; or any error of its own ``float``.
    """
    if value is None or isinstance(value, (str, bytes, bytearray)):
        raise TypeError("None is not a number." if value is None else f"A {type(value).__name__} is not a number.")
    count = getattr(value, "numel", None) or getattr(value, "size", 1)
    count = count() if callable(count) else count
    if isinstance(count, int) and count != 1:
        raise TypeError(f"It has {count} values.")
    if callable(getattr(value, "item", None)):
        value = value.item()
    if isinstance(value, (complex, str, bytes)) or not (hasattr(type(value), "__float__") or hasattr(type(value), "__index__")):
        raise TypeError(f"A {type(value).__name__} is not a number.")
    return float(value)


def _name_of(key: Any) -> str:
    """A name that the server accepts: text of 1 to 512 characters (UTF-16) without control characters. A longer one ends in its digest."""
    try:
        name = (key if isinstance(key, str) else str(key)).encode("utf-8", "replace").decode("utf-8")
    except Exception:  # a foreign str()
        name = f"a {type(key).__name__}"
    name = "".join("_" if unicodedata.category(letter) == "Cc" else letter for letter in name) or "_"
    if len(name.encode("utf-16-le")) // 2 > _MAX_NAME:
        name = f"{name[:_KEPT]}~{hashlib.sha256(name.encode('utf-8')).hexdigest()[:8]}"
    return name
