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
    """Calls a server over HTTP, or the server of a folder over a Unix socket. Safe for concurrent threads; each has its own connection.

    Uploads and downloads are streamed: memory does not grow with the model beyond its largest tensor. A call that fails because the server
    is unreachable or busy (429, 502, 503, 504) is retried with exponential backoff; any other failure raises
    :class:`~fishcheckpoint.FishError` at once.
    """

    def __init__(
        self, url: Union[str, "os.PathLike[str]",
            None] = None, key: Optional[str] = None, *, timeout: float = 60.0, retries: int = 5, ca: Optional[str] = None,
    ) -> None:
        """Sends nothing yet.

        :param url: the server, such as ``http://127.0.0.1:5080``; a path becomes the prefix of the API's paths. Or a folder on this
            machine, such as ``runs/ckpts``: a server starts for it when needed, without keys, and stops after its last client. Default: the
            environment's ``FISH_SERVER`` or ``FISH_DATA``.
        :param key: a key's token, sent as ``Authorization: Bearer KEY``. Default: the environment's ``FISH_KEY``.
        :param timeout: seconds for connecting, and for each single read or write. ``verify`` and ``diff`` wait ten times as long for their
            response, maintenance calls without a limit.
        :param retries: how many further attempts follow a failed one.
        :param ca: a PEM file with the certificates of the server's authorities, or its own; no others are trusted then. Default: the
            environment's ``FISH_CA``, else the system's trusted certificates.
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
        """Seconds that the current read or write has waited for the server; 0 between them."""
        return self._transport.stalled

    def with_retries(self, retries: int, longest: Optional[float] = None) -> "FishClient":
        """A client for the same server with its own connections and another number of retries. Connecting, and each single read or write,
        takes at most ``longest`` seconds."""
        timeout = self._transport.timeout if longest is None else min(longest, self._transport.timeout)
        return FishClient(self.url, self._transport.key, timeout=timeout, retries=retries, ca=self._transport.ca)

    def __enter__(self) -> "FishClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes this thread's connection; the client stays usable."""
        self._transport.close()
