"""The events of a task, as they happen."""

import http.client
import json
import time
from typing import Any, Iterator, Optional

from ..errors import FishError
from ..wire.problem import unreachable
from ..wire.transport import Transport, backoff
from .calls import Calls, Info, path_of

_MAX_LINE = 1 << 20


class EventCalls(Calls):
    """Changes of a task's checkpoints."""

    def events(self, task: str, after: Optional[int] = None, *, retry_for: Optional[float] = None) -> Iterator[Info]:
        """Yields changes of a task's checkpoints without end: ``{id, kind, task, step, tag, time}``, with the kinds ``saved``, ``tagged``,
        ``deleted`` and others. ``reset`` means that earlier events are lost: list the checkpoints then.

        The stream has its own connection, so other calls can run meanwhile. A broken connection is reopened after the last received event:
        no event is lost or repeated. The stream ends when the task is deleted. Close the iterator to stop.

        :param after: the id of the last known event; ``None``: only events from now on.
        :param retry_for: seconds to retry an unreachable server; ``None``: without end.
        :raises FishError: ``TASK_NOT_FOUND``; ``SERVER_UNAVAILABLE`` after ``retry_for``; the key is no longer accepted.
        """
        # The first request is sent here, so that this call raises refusals and no later event is missed.
        stream = _Stream(self._transport.sibling(), task, after, retry_for)
        stream.open()
        return stream.events()


class _Stream:
    def __init__(self, transport: Transport, task: str, after: Optional[int], retry_for: Optional[float]) -> None:
        self._transport, self._task, self._after, self._retry_for = transport, task, after, retry_for
        self._response: Any = None

    def open(self) -> None:
        headers = {} if self._after is None else {"Last-Event-ID": str(self._after)}
        try:
            self._response = self._transport.send("GET", path_of("tasks", self._task, "events"),
                                                  headers={"Accept": "text/event-stream", **headers})
        except FishError:
            self._close()
            raise

    def events(self) -> Iterator[Info]:
        attempt, since = 0, time.monotonic()
        try:
            while True:
                try:
                    if self._response is None:
                        self.open()
                    for event in self._read():
                        attempt, since = 0, time.monotonic()
                        self._after = event.get("id", self._after)
                        yield event
                        if event.get("kind") == "deleted" and event.get("step") is None:
                            return
                    raise self._broken(EOFError("the events ended"))
                except FishError as error:
                    self._close()
                    if not error.transient or (self._retry_for is not None and time.monotonic() - since >= self._retry_for):
                        raise
                    attempt += 1
                    time.sleep(backoff(attempt, error.retry_after))
        finally:
            self._close()

    def _read(self) -> Iterator[Info]:
        data = []
        while True:
            try:
                line = self._response.readline(_MAX_LINE)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise self._broken(error) from error
            if not line.endswith(b"\n"):
                return
            line = line.rstrip(b"\r\n")
            if line.startswith(b"data:"):
                data.append(line[5:].lstrip(b" "))
            elif not line and data:
                try:
                    event = json.loads(b"\n".join(data))
                except ValueError as error:
                    raise self._broken(error) from error
                data = []
                yield event

    def _broken(self, error: BaseException) -> FishError:
        return unreachable(self._transport.url, f"GET {path_of('tasks', self._task, 'events')}", error)

    def _close(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            response.close()
        self._transport.close()
