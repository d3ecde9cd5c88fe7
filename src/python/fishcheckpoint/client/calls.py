"""The parts of all calls: JSON in and out, pages, and paths."""

import json
import urllib.parse
from typing import Any, Dict, Iterator, Mapping, Optional

from ..wire.bodies import Body, BytesBody
from ..wire.transport import Transport

COMPUTED = 10
"""The factor of the client's timeout for responses that the server computes from large content."""

Info = Dict[str, Any]
"""A JSON object from the server: camelCase keys, digests in hexadecimal."""


def path_of(*segments: object, query: Optional[Mapping[str, Optional[object]]] = None) -> str:
    """A path of the API. Segments are escaped whole, and query values of ``None`` are left out."""
    path = "/v1/" + "/".join(urllib.parse.quote(str(segment), safe="") for segment in segments)
    asked = {key: value for key, value in (query or {}).items() if value is not None}
    return f"{path}?{urllib.parse.urlencode(asked)}" if asked else path


class Calls:
    """The base class of the groups of calls."""

    _transport: Transport

    def _json(self, method: str, path: str, value: object = None, *, patience: Optional[float] = 1) -> Any:
        return self._answer(method, path, None if value is None else BytesBody.of_json(value), patience=patience)

    def _answer(
        self, method: str, path: str, body: Optional[Body], headers: Optional[Mapping[str, str]] = None, patience: Optional[float] = 1,
    ) -> Info:
        content = self._transport.fetch(method, path, body, headers, patience)
        return json.loads(content) if content else {}

    def _pages(self, *segments: object, query: Optional[Mapping[str, Optional[object]]] = None) -> Iterator[Info]:
        after = None
        while True:
            page = self._json("GET", path_of(*segments, query={"limit": 1000, "after": after, **(query or {})}))
            yield from page["items"]
            after = page.get("next")
            if after is None:
                return
