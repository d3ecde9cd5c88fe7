"""Calls about the server's health and the store's maintenance."""

import time
from typing import List, Optional, Tuple

from ..errors import FishError
from .calls import Calls, Info, path_of

_BETWEEN = 0.25


class MaintenanceCalls(Calls):
    """Verification, garbage collection, recoding and backup of a store in use.

    Maintenance calls return when the work is done, which may take hours, so they wait without a limit.
    """

    def ready(self) -> bool:
        """Whether the server is reachable and ready. Never raises if it is not."""
        try:
            self._transport.fetch("GET", "/readyz")
            return True
        except FishError as error:
            if error.status in (401, 403):
                raise
            return False

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        """Asks until the server is ready; at least once.

        :raises FishError: ``SERVER_UNAVAILABLE``: it was not ready in time.
        """
        begun = time.monotonic()
        while True:
            try:
                self._transport.fetch("GET", "/readyz")
                return
            except FishError as error:
                if not error.transient or time.monotonic() - begun + _BETWEEN >= seconds:
                    raise
                time.sleep(_BETWEEN)

    def verify_store(
        self, *, quick: bool = False, task: Optional[str] = None, subset: Optional[Tuple[int, int]] = None,
        max_time: Optional[float] = None,
        max_bytes: Optional[int] = None,
    ) -> Info:
        """Verifies stored data on the server, the longest unverified first: ``{items, bytes, finished, affected, damaged...}``.

        :param quick: checks only sizes and headers.
        :param subset: ``(part, of)``: one of several parts.
        :param max_time: seconds; a further call continues from there.
        """
        part = None if subset is None else {"part": subset[0], "of": subset[1]}
        return self._post("maintenance", "verify", quick=quick, task=task, subset=part, maxTime=_span(max_time), maxBytes=max_bytes)

    def damage(self) -> List[Info]:
        """The known, unrepaired damage: ``[{key, problem, found, seen}]``."""
        return self._json("GET", path_of("maintenance", "damage"))

    def recode(self, *, task: Optional[str] = None, max_time: Optional[float] = None, max_bytes: Optional[int] = None) -> Info:
        """Encodes fast saves again to fewer bytes."""
        return self._post("maintenance", "recode", task=task, maxTime=_span(max_time), maxBytes=max_bytes)

    def fold(
        self, *, task: Optional[str] = None, max_time: Optional[float] = None, max_bytes: Optional[int] = None,
        max_read_cost: Optional[float] = None,
    ) -> Info:
        """Rebases deleted checkpoints that others depend on, and shortens long chains."""
        return self._post("maintenance", "fold", task=task, maxTime=_span(max_time), maxBytes=max_bytes, maxReadCost=max_read_cost)

    def backup(self, to: str) -> Info:
        """Backs up the store to a folder of this name in the server's backup folder.

        :raises FishError: ``NAME_INVALID``; the server has no backup folder.
        """
        return self._post("maintenance", "backup", to=to)

    def collect(self, *, task: Optional[str] = None, dry_run: bool = False, max_time: Optional[float] = None) -> Info:
        """Deletes checkpoints that no retention rule keeps, and frees their bytes.

        :param dry_run: only reports what would be deleted.
        """
        query = {"dryRun": "true" if dry_run else "false", "task": task, "maxTime": max_time}
        return self._json("POST", path_of("gc", query=query), patience=None)

    def _post(self, *segments: str, **fields: object) -> Info:
        given = {key: value for key, value in fields.items() if value is not None}
        return self._json("POST", path_of(*segments), given, patience=None)


def _span(seconds: Optional[float]) -> Optional[str]:
    if seconds is None:
        return None
    whole = int(seconds)
    return f"{whole // 86400}.{whole // 3600 % 24:02}:{whole // 60 % 60:02}:{whole % 60:02}.{int((seconds - whole) * 1e7):07}"
