"""Which file names from a server are safe."""

import re
import sys
from typing import Dict, Iterable

from ..errors import FishError

_RULE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_MAX_SEGMENTS = 8
# Windows reserves these names for devices in every folder, with any extension.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)


def check_file_names(names: Iterable[str], system: str = sys.platform) -> None:
    """Refuses names that lead out of a folder on any system, and names that this system does not allow. A name may be a path, divided by
    ``/``."""
    taken: Dict[str, str] = {}
    for name in names:
        segments = name.split("/") if isinstance(name, str) else []
        if not 0 < len(segments) <= _MAX_SEGMENTS or not all(_RULE.fullmatch(segment) for segment in segments):
            raise FishError("NAME_INVALID", str(name)[:80], "This is not a valid file name of a model.", "Nothing was written.")
        if system == "win32" and any(_DEVICE.fullmatch(segment) or segment.endswith(".") for segment in segments):
            raise FishError("NAME_INVALID", name, "Windows does not allow this file name.", "Load it on Linux or macOS.")
        key = name.lower() if system in ("win32", "darwin") else name
        if key in taken:
            raise FishError("NAME_INVALID", name, f"'{taken[key]}' has the same name on this system.", "Load it on Linux.")
        taken[key] = name


def is_file_name(name: str) -> bool:
    """Whether this is a valid file name of a model: a relative path inside its folder."""
    segments = name.split("/")
    return len(segments) <= _MAX_SEGMENTS and all(_RULE.fullmatch(segment) for segment in segments)


def is_tensors(name: str) -> bool:
    """Whether a file of a model has tensors: only files at the folder's top do."""
    return name.endswith(".safetensors") and "/" not in name
