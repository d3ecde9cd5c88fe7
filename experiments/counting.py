"""A client that counts sent and received bodies, and that pulls deltas."""

import io

from fishcheckpoint import FishClient
from fishcheckpoint.safetensors import read_stream
from fishcheckpoint.wire.transport import Transport


class _Counting(Transport):
    up = down = 0

    def fetch(self, method, path, body=None, headers=None):
        content = super().fetch(method, path, body, headers)
        self.up += 0 if body is None else body.length
        self.down += len(content)
        return content


class CountingClient(FishClient):
    """Counts the bodies of requests with immediate responses: all of saving and pulling."""

    def __init__(self, url):
        super().__init__(url)
        self._transport = _Counting(url, None, 60.0, 5)

    def taken(self):
        """Bytes up and down since the last call."""
        counted = self._transport.up, self._transport.down
        self._transport.up = self._transport.down = 0
        return counted

    def pull(self, task, step, start):
        """The changes in a task from a step (or ``base``) to another: ``{tensor: (positions, values)}``."""
        content = self._transport.fetch("GET", f"/v1/tasks/{task}/checkpoints/{step}/delta?from={start}", None,
            {"Accept": "application/vnd.safetensors"})
        found = dict(read_stream(io.BytesIO(content), task)[1])
        names = [name[:-len(".values")] for name in found if name.endswith(".values")]
        return {name: (found[name + ".indices"], found[name + ".values"]) for name in names}

    def frames(self, task, step, start):
        """The size of the same delta as frames, the compressed form for .NET clients. Not counted as traffic."""
        before = self._transport.up, self._transport.down
        content = self._transport.fetch("GET", f"/v1/tasks/{task}/checkpoints/{step}/delta?from={start}", None,
            {"Accept": "application/vnd.fishcheckpoint"})
        self._transport.up, self._transport.down = before
        return len(content)
