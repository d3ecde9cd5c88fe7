"""The calls about the server's health and the store's maintenance."""

import time
from typing import List, Optional, Tuple

from ..errors import FishError
from .calls import Calls, Info, path_of

_BETWEEN = 0.25


class MaintenanceCalls(Calls):
    """Verifying, collecting, recoding and backing up a store while it is used.

    Work on the store is answered when it is done, which may take hours: its answer is waited for without end.
    """

    def ready(self) -> bool:
        """Whether the server can be reached and answers requests. Never raises for one that does not."""
        try:
            self._transport.fetch("GET", "/readyz")
            return True
        except FishError as error:
            if error.status in (401, 403):
                raise
            return False

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        """Asks until the server is ready; at least once.

        :raises FishError: ``SERVER_UNAVAILABLE``: it was not within that time.
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
        """Has the server read what is stored, what was not verified for longest first: ``{items, bytes, finished, affected, damaged...}``.

        :param quick: looks at sizes and heads only.
        :param subset: ``(part, of)``: one part of a number of parts.
        :param max_time: seconds; a further call goes on where it ended.
        """
        part = None if subset is None else {"part": subset[0], "of": subset[1]}
        return self._post("maintenance", "verify", quick=quick, task=task, subset=part, maxTime=_span(max_time), maxBytes=max_bytes)

    def damage(self) -> List[Info]:
        """The damage that is known and not repaired: ``[{key, problem, found, seen}]``."""
        return self._json("GET", path_of("maintenance", "damage"))

    def recode(self, *, task: Optional[str] = None, max_time: Optional[float] = None, max_bytes: Optional[int] = None) -> Info:
        """Encodes what was saved fast again, to fewer bytes."""
        return self._post("maintenance", "recode", task=task, maxTime=_span(max_time), maxBytes=max_bytes)

    def fold(
        self, *, task: Optional[str] = None, max_time: Optional[float] = None, max_bytes: Optional[int] = None,
        max_read_cost: Optional[float] = None,
    ) -> Info:
        """Rebases deleted checkpoints that others depend on, and shortens long chains."""
        return self._post("maintenance", "fold", task=task, maxTime=_span(max_time), maxBytes=max_bytes, maxReadCost=max_read_cost)

    def backup(self, to: str) -> Info:
        """Backs the store up into a folder of this name, under the one that the server's settings allow.

        :raises FishError: ``NAME_INVALID``; the server has no such folder.
        """
        return self._post("maintenance", "backup", to=to)

    def collect(self, *, task: Optional[str] = None, dry_run: bool = False, max_time: Optional[float] = None) -> Info:
        """Deletes what no retention rule keeps, and returns its bytes.

        :param dry_run: only says what would go.
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
