"""The client of a FishCheckpoint server."""

import os
from typing import Optional, Union

from ..wire.place import folder_of, place_of
from ..wire.transport import Transport
from .access import AccessCalls
from .checkpoints import CheckpointCalls
from .events import EventCalls
from .maintenance import MaintenanceCalls
from .reports import ReportCalls
from .side_files import KnownFiles
from .tasks import TaskCalls


class FishClient(CheckpointCalls, TaskCalls, ReportCalls, EventCalls, AccessCalls, MaintenanceCalls):
    """Calls a server over HTTP, or a folder's own over a Unix socket. Safe for use by many threads; each keeps a connection of its own.

    Uploads and downloads are streamed: memory does not grow with the model beyond its largest tensor. What fails because the server cannot be reached
    or is busy (429, 502, 503, 504) is tried again with exponential backoff; everything else raises :class:`~fishcheckpoint.FishError` at once.
    """

    def __init__(
        self, url: Union[str, "os.PathLike[str]", None] = None, key: Optional[str] = None, *, timeout: float = 60.0, retries: int = 5, ca: Optional[str] = None,
    ) -> None:
        """Nothing is sent yet.

        :param url: the server, as in ``http://127.0.0.1:5080``; a path is put before those of the API. Or a folder on this machine, as in
            ``runs/ckpts``: the program is started for it when it is needed, and ends with its last client; no key is asked for. Default: what the
            environment's ``FISH_SERVER`` or ``FISH_DATA`` names.
        :param key: sent as ``Authorization: Bearer KEY``: a key's token. Default: the environment's ``FISH_KEY``.
        :param timeout: seconds that connecting, and each single read or write, may take. ``verify`` and ``diff`` wait ten times as long for
            their answer, calls about the store's maintenance without end.
        :param retries: how many further attempts follow a failed one.
        :param ca: a PEM file of the certificates that the server's is to be signed by, or of its own; no others are trusted then. Default: the environment's
            ``FISH_CA``, else those that the system trusts.
        """
        key, ca = key or os.environ.get("FISH_KEY") or None, ca or os.environ.get("FISH_CA") or None
        url = place_of(url)
        self._known_files = KnownFiles()
        self._transport = Transport(url, None if folder_of(url) is not None else key, timeout, retries, ca=ca)

    @property
    def url(self) -> str:
        """The server; ``file://...`` for a folder."""
        return self._transport.url

    @property
    def stalled(self) -> float:
        """Seconds that the read or write in progress has waited for the server so far; 0 between them."""
        return self._transport.stalled

    def with_retries(self, retries: int, longest: Optional[float] = None) -> "FishClient":
        """A client of the same server with connections of its own, and another number of retries; connecting, and each single read or
        write, takes at most ``longest`` seconds."""
        timeout = self._transport.timeout if longest is None else min(longest, self._transport.timeout)
        return FishClient(self.url, self._transport.key, timeout=timeout, retries=retries, ca=self._transport.ca)

    def __enter__(self) -> "FishClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes this thread's connection; the client can be used again."""
        self._transport.close()
