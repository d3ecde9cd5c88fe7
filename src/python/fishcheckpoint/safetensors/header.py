"""The header of a safetensors file. It is validated before anything of a declared size is allocated."""

import json
from typing import Any, Dict, List, Mapping, NamedTuple, NoReturn, Optional, Sequence, Tuple

from ..errors import FishError
from ..tensors.dtypes import BITS

PREFIX = 8
MAX_HEADER = 100_000_000
_MAX_BYTES = 1 << 62


class Entry(NamedTuple):
    """A tensor of a header; ``begin`` and ``end`` are offsets in the data."""

    name: str
    dtype: str
    shape: Tuple[int, ...]
    begin: int
    end: int


class Header(NamedTuple):
    """A header: its tensors in the order of their data, its metadata, and its length with the prefix."""

    entries: List[Entry]
    metadata: Dict[str, str]
    length: int

    @property
    def data_length(self) -> int:
        """Bytes of all tensors."""
        return self.entries[-1].end if self.entries else 0


def read_header(stream: Any, key: str, available: Optional[int] = None) -> Header:
    """Reads and validates the header at the start of a stream.

    ``available`` is the file's length, if known: a header or data beyond it is then refused at once.

    :raises FishError: ``HEADER_*``, a code for each kind of invalid header.
    """
    prefix = read_exactly(stream, PREFIX, key)
    length = int.from_bytes(prefix, "little")
    if length > MAX_HEADER or (available is not None and length > available - PREFIX):
        refuse("HEADER_TOO_LARGE", key, f"The header announces {length} bytes.")
    header = parse(read_exactly(stream, length, key), key)
    if available is not None and header.length + header.data_length != available:
        refuse("HEADER_DATA_MISMATCH", key,
            f"The header announces {header.data_length} bytes of data; there are {available - header.length}.")
    return header


def read_exactly(stream: Any, length: int, key: str) -> bytes:
    """Reads exactly this many bytes, or refuses with ``HEADER_TRUNCATED``."""
    parts, missing = [], length
    while missing:
        part = stream.read(min(missing, 1 << 20))
        if not part:
            refuse("HEADER_TRUNCATED", key, f"The file ends {missing} bytes before the end of its header.")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def parse(data: bytes, key: str) -> Header:
    """Validates a header's JSON (without the prefix)."""
    if data.lstrip(b" \t\r\n")[:1] != b"{":
        refuse("HEADER_INVALID_START", key, "The header does not start with '{'.")
    try:
        document = json.loads(data.decode("utf-8"), object_pairs_hook=lambda pairs: _unique(pairs, key), parse_int=_integer,
            parse_constant=_constant)
        "".join(document).encode("utf-8")
    except (ValueError, RecursionError) as error:
        refuse("HEADER_INVALID_JSON", key, f"The header is not JSON: {error}.")
    metadata = _metadata(document.pop("__metadata__", None), key)
    entries = sorted((_entry(name, value, key) for name, value in document.items()), key=lambda entry: (entry.begin, entry.end))
    _check_cover(entries, key)
    return Header(entries, metadata, PREFIX + len(data))


def build(tensors: Sequence[Tuple[str, str, Sequence[int]]], metadata: Optional[Mapping[str, str]]) -> bytes:
    """The header of consecutive tensors (name, dtype, shape) with its prefix, in the reference library's form."""
    document: Dict[str, object] = {} if metadata is None else {"__metadata__": dict(metadata)}
    begin = 0
    for name, dtype, shape in tensors:
        end = begin + bytes_of(dtype, shape)
        document[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
        begin = end
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    data += b" " * (-len(data) % 8)
    return len(data).to_bytes(PREFIX, "little") + data


def bytes_of(dtype: str, shape: Sequence[int]) -> int:
    """Bytes of a tensor."""
    count = 1
    for size in shape:
        count *= size
    return count * BITS[dtype] // 8


def refuse(code: str, key: str, cause: str) -> NoReturn:
    """Raises an error about a header."""
    raise FishError(code, key, cause, "The file is damaged, or is not a safetensors file.")


def _unique(pairs, key: str) -> dict:
    found = dict(pairs)
    if len(found) != len(pairs):
        refuse("HEADER_DUPLICATE_KEY", key, "A key occurs twice in the header.")
    return found


def _integer(text: str) -> int:
    if len(text) > 20:
        raise ValueError("a number is too long")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _metadata(value: object, key: str) -> Dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        refuse("HEADER_INVALID_METADATA", key, "__metadata__ is not a map from text to text.")
    return value


def _entry(name: str, value: object, key: str) -> Entry:
    if not isinstance(value, dict) or not {"dtype", "shape", "data_offsets"} <= set(value):
        refuse("HEADER_INVALID_JSON", key, f"'{name}' is not a tensor's dtype, shape and data_offsets.")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        refuse("HEADER_UNKNOWN_DTYPE", key, f"'{name}' has the dtype {dtype!r}.")
    if not _naturals(shape) or len(shape) > 64 or bytes_of("I64", [max(1, size) for size in shape]) > _MAX_BYTES:
        refuse("HEADER_INVALID_SHAPE", key, f"'{name}' has the shape {shape!r}.")
    if not _naturals(offsets) or len(offsets) != 2 or offsets[1] - offsets[0] != bytes_of(dtype, shape):
        refuse("HEADER_INVALID_OFFSETS", key, f"'{name}' has offsets that do not fit its shape.")
    return Entry(name, dtype, tuple(shape), offsets[0], offsets[1])


def _naturals(value: object) -> bool:
    return isinstance(value, list) and all(type(item) is int and 0 <= item <= _MAX_BYTES for item in value)


def _check_cover(entries: List[Entry], key: str) -> None:
    position = 0
    for entry in entries:
        if entry.begin != position:
            refuse("HEADER_INVALID_OFFSETS", key, f"'{entry.name}' begins at {entry.begin}; the one before ends at {position}.")
        position = entry.end
