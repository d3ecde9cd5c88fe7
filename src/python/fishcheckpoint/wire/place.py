"""The location of a client's store: a server's URL, or a folder on this machine."""

import os
import re
import urllib.parse
from typing import Optional, Union

from ..errors import FishError

_ADDRESS = re.compile(r"^(localhost|\d+\.\d+\.\d+\.\d+|[\w.-]+):\d+(/.*)?$")


def place_of(place: Union[str, "os.PathLike[str]", None]) -> str:
    """The URL of a client: ``http://...``, ``https://...``, or ``file://...`` for a folder.

    :param place: a URL, or a folder; ``None``: the environment's ``FISH_SERVER`` or ``FISH_DATA``.
    :raises FishError: ``REQUEST_INVALID``: it is neither, nothing is given, or both variables are set.
    """
    if place is None:
        return _from_environment()
    if not isinstance(place, str):
        return _folder(os.fsdecode(os.fspath(place)))
    if not place:
        raise FishError("REQUEST_INVALID", "place", "An empty text is neither a server nor a folder.",
            "Give a URL like http://HOST:PORT, or a folder.")
    if "://" in place:
        return place
    if _ADDRESS.match(place) and not os.path.isdir(place):
        raise FishError("REQUEST_INVALID", place, "This is not a server's URL.",
            f"Write http://{place}; for a folder of that name write ./{place}.")
    return _folder(place)


def folder_of(url: str) -> Optional[str]:
    """The folder of a ``file://`` URL; ``None`` for another URL."""
    parts = urllib.parse.urlsplit(url)
    return None if parts.scheme != "file" else urllib.parse.unquote(parts.path)


def _folder(path: str) -> str:
    return "file://" + urllib.parse.quote(os.path.abspath(os.path.expanduser(path)))


def _from_environment() -> str:
    server, data = os.environ.get("FISH_SERVER"), os.environ.get("FISH_DATA")
    if server and data:
        raise FishError("REQUEST_INVALID", "FISH_SERVER", "FISH_SERVER and FISH_DATA are both set.",
            "Unset one of them, or give a URL or a folder.")
    if not server and not data:
        raise FishError("REQUEST_INVALID", "place", "No server or folder is given.",
            "Give a URL or a folder, or set FISH_SERVER or FISH_DATA.")
    return server if server else _folder(str(data))
