"""Which names that a server sends may become files."""

import re
import sys
from typing import Dict, Iterable

from ..errors import FishError

_RULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
# Windows keeps these for devices in every folder, whatever stands after a dot.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)


def check_file_names(names: Iterable[str], system: str = sys.platform) -> None:
    """Refuses names that lead out of a folder, on every system, and those that this system cannot have."""
    taken: Dict[str, str] = {}
    for name in names:
        if not isinstance(name, str) or not _RULE.fullmatch(name):
            raise FishError("NAME_INVALID", str(name)[:80], "This is no name for a file of a model.", "Nothing of it was written.")
        if system == "win32" and (_DEVICE.fullmatch(name) or name.endswith(".")):
            raise FishError("NAME_INVALID", name, "Windows cannot have a file of this name.", "Load it on Linux or macOS.")
        key = name.lower() if system in ("win32", "darwin") else name
        if key in taken:
            raise FishError("NAME_INVALID", name, f"'{taken[key]}' has the same name on this system.", "Load it on Linux.")
        taken[key] = name
