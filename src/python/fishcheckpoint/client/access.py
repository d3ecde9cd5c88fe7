"""Calls about keys, quotas and the audit log; they need a key of the scope ``admin``."""

import datetime
import itertools
from typing import List, Optional, Sequence, Union

from .calls import Calls, Info, path_of

Moment = Union[str, datetime.datetime]
"""A time as RFC 3339, or a ``datetime`` with a time zone."""


class AccessCalls(Calls):
    """Access control and the audit log."""

    def add_key(
        self, name: str, scope: str, *, tasks: Optional[Sequence[str]] = None, expires: Optional[Moment] = None,
        quota_bytes: Optional[int] = None,
    ) -> Info:
        """Creates a key: ``{key: {id, name, scope...}, token}``. Only this result contains the token.

        :param scope: ``read``, ``write`` or ``admin``.
        :param tasks: the tasks that it is limited to: names, or prefixes that end in ``*``.
        :param quota_bytes: the largest number of stored bytes of its checkpoints and bases together.
        :raises FishError: ``NAME_INVALID``, ``REQUEST_INVALID``; the name is in use.
        """
        spec = {"name": name, "scope": scope, "tasks": None if tasks is None else list(tasks), "expires": _moment(expires),
                "quotaBytes": quota_bytes}
        return self._json("POST", path_of("keys"), {key: value for key, value in spec.items() if value is not None})

    def list_keys(self) -> List[Info]:
        """All keys, without their tokens."""
        return list(self._pages("keys"))

    def revoke_key(self, name: str) -> Info:
        """Revokes a key by name or id.

        :raises FishError: ``KEY_NOT_FOUND``.
        """
        return self._json("DELETE", path_of("keys", name))

    def set_quota(self, task: str, quota_bytes: Optional[int]) -> Info:
        """Sets how many bytes a task may store; ``None``: no limit."""
        return self._json("PUT", path_of("tasks", task, "quota"), {"bytes": quota_bytes})

    def audit(self, *, task: Optional[str] = None, since: Optional[Moment] = None, limit: Optional[int] = 1000) -> List[Info]:
        """Writes, deletions and refusals with their keys, newest first.

        :param since: leaves out older entries.
        :param limit: the largest number of entries; ``None`` for all.
        """
        return list(itertools.islice(self._pages("audit", query={"task": task, "since": _moment(since)}), limit))


def _moment(value: Optional[Moment]) -> Optional[str]:
    if isinstance(value, datetime.datetime):
        return (value if value.tzinfo is not None else value.astimezone()).isoformat()
    return value
