"""Which names that a server sends may become files."""

import re
import sys
from typing import Dict, Iterable

from ..errors import FishError

_RULE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_MOST_SEGMENTS = 8
# Windows keeps these for devices in every folder, whatever stands after a dot.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)


def check_file_names(names: Iterable[str], system: str = sys.platform) -> None:
    """Refuses names that lead out of a folder, on every system, and those that this system cannot have. A name may be a path, divided by ``/``."""
    taken: Dict[str, str] = {}
    for name in names:
        segments = name.split("/") if isinstance(name, str) else []
        if not 0 < len(segments) <= _MOST_SEGMENTS or not all(_RULE.fullmatch(segment) for segment in segments):
            raise FishError("NAME_INVALID", str(name)[:80], "This is no name for a file of a model.", "Nothing of it was written.")
        if system == "win32" and any(_DEVICE.fullmatch(segment) or segment.endswith(".") for segment in segments):
            raise FishError("NAME_INVALID", name, "Windows cannot have a file of this name.", "Load it on Linux or macOS.")
        key = name.lower() if system in ("win32", "darwin") else name
        if key in taken:
            raise FishError("NAME_INVALID", name, f"'{taken[key]}' has the same name on this system.", "Load it on Linux.")
        taken[key] = name


def is_file_name(name: str) -> bool:
    """Whether this is the name of a file of a model: a relative path that leads nowhere else."""
    segments = name.split("/")
    return len(segments) <= _MOST_SEGMENTS and all(_RULE.fullmatch(segment) for segment in segments)


def is_tensors(name: str) -> bool:
    """Whether a file of a model holds its tensors: these lie at the folder's top; what lies deeper goes with them."""
    return name.endswith(".safetensors") and "/" not in name
