"""Writes tiny versions in each interchange format with the standard library alone, and beside them the tensors that they are.

    python3 tests/python/interchange/write_golden.py tests/FishCheckpoint.Storage.Tests/Interchange/Golden

Nothing of FishCheckpoint is used: the formats are written down here a second time. Zstandard is the system's library.
"""

import ctypes
import hashlib
import json
import pathlib
import struct
import sys
import zlib

SHAPES = {"layer.weight": [6, 5], "norm.bias": [40]}

# What changes in each version: element -> new bits.
CHANGES = [
    {"layer.weight": {0: 0x3F80, 4: 0x8000, 5: 0x7FC1, 17: 0x0001, 29: 0xFF80}, "norm.bias": {39: 0x4000}},
    {"layer.weight": {7: 0xFFFF, 8: 0x0000}, "norm.bias": {0: 0x1234, 1: 0x4321, 2: 0x0100, 20: 0x00FF}},
    {"layer.weight": {0: 0x3F81, 28: 0x7F80}, "norm.bias": {39: 0x4001}},
]

ZSTD = ctypes.CDLL("libzstd.so.1")
ZSTD.ZSTD_compressBound.restype = ZSTD.ZSTD_compress.restype = ctypes.c_size_t
ZSTD.ZSTD_compressBound.argtypes = [ctypes.c_size_t]
ZSTD.ZSTD_compress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]


def zstd(data):
    room = ctypes.create_string_buffer(ZSTD.ZSTD_compressBound(len(data)))
    length = ZSTD.ZSTD_compress(room, len(room), data, len(data), 1)
    assert length <= len(room)
    return room.raw[:length]


def safetensors(path, tensors, metadata=None):
    """tensors: name -> (dtype, shape, bytes)."""
    header, at = ({"__metadata__": metadata} if metadata else {}), 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    write(path, struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in tensors.values()))


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def write_json(path, value):
    write(path, json.dumps(value, indent=1).encode())


def states():
    elements = {name: [(index * 2654435761 >> 8) & 0xFFFF for index in range(40 if len(shape) == 1 else 30)] for name, shape in SHAPES.items()}
    yield packed(elements)
    for change in CHANGES:
        for name, changed in change.items():
            for index, bits in changed.items():
                assert elements[name][index] != bits
                elements[name][index] = bits
        yield packed(elements)


def packed(elements):
    return {name: struct.pack(f"<{len(bits)}H", *bits) for name, bits in elements.items()}


def model(state):
    return {name: ("BF16", SHAPES[name], data) for name, data in state.items()}


def xor(before, after):
    return bytes(left ^ right for left, right in zip(before, after))


def adler(data):
    return f"{zlib.adler32(data):08x}"


def disk_delta(folder, all_states, encoding):
    safetensors(folder / "weight_v000001" / "model.safetensors", model(all_states[1]))
    for version in (2, 3):
        before, after = all_states[version - 1], all_states[version]
        shards = {}
        for index, name in enumerate(after):
            if encoding == "xor":
                payload = xor(before[name], after[name])
            else:
                places = [place for place, byte in enumerate(after[name]) if byte != before[name][place]]
                payload = struct.pack(f"<I{len(places)}I", len(places), *places) + bytes(after[name][place] for place in places)
            frame = zstd(payload)
            shard = f"model-{index:05d}-of-00002.safetensors"
            safetensors(folder / f"weight_v{version:06d}" / shard, {name: ("U8", [len(frame)], frame)}, {name: adler(after[name])})
            shards[name] = shard
        write_json(folder / f"weight_v{version:06d}" / "model.safetensors.index.json", {
            "metadata": {
                "version": f"{version:06d}", "base_version": f"{version - 1:06d}", "delta_encoding": encoding, "compression_format": "zstd", "checksum_format": "adler32",
            },
            "weight_map": shards,
        })


def sparse_patch(folder, all_states, later):
    head = {"format": "sparse_weight_patch", "version": "1"}
    safetensors(folder / "anchors" / "step_000001.safetensors", model(all_states[1]), {**head, "model_version": "1", "sparse": "False"})
    for version in (2, 3):
        tensors, total = {}, 0
        for turn, (name, changed) in enumerate(CHANGES[version - 1].items()):
            places, total = sorted(changed), total + len(changed)
            values = struct.pack(f"<{len(places)}H", *(changed[place] for place in places))
            if later:
                gaps = [place - before - 1 for place, before in zip(places, [-1, *places])]
                code, dtype = ("H", "U16") if turn == 0 else ("I", "U32")
                tensors[f"{name}.idx"] = (dtype, [len(places)], struct.pack(f"<{len(places)}{code}", *gaps))
                tensors[f"{name}.val"] = ("BF16", [len(places)], values)
            else:
                tensors[f"{name}.indices"] = ("I32", [len(places)], struct.pack(f"<{len(places)}i", *places))
                tensors[f"{name}.values"] = ("BF16", [len(places)], values)
        tensors = dict(sorted(tensors.items(), key=lambda item: -{"U32": 4, "I32": 4}.get(item[1][0], 2)))
        more = {"encoding": "gap_delta"} if later else {"changed_params": json.dumps(list(CHANGES[version - 1]))}
        safetensors(folder / "deltas" / f"step_{version:06d}.safetensors", tensors, {
            **head, "model_version": f"{version}", "sparse": "True", "num_changed_params": "2", "total_changed_elements": f"{total}", **more,
        })


def grail(folder, all_states):
    full = folder / "checkpoint-1" / "FULL"
    safetensors(full / "model.safetensors", model(all_states[1]))
    grail_metadata(full, 1, None, ["model.safetensors"])
    for version in (2, 3):
        entries, data = [], b""
        for name, changed in CHANGES[version - 1].items():
            shape, places = SHAPES[name], sorted(changed)
            width = shape[1] if len(shape) > 1 else 1
            rows, columns, row, column = [], [], 0, 0
            for index, place in enumerate(places):
                at_row, at_column = divmod(place, width)
                rows.append(at_row - row)
                columns.append(at_column if index == 0 or at_row != row else at_column - column)
                row, column = at_row, at_column
            row_bytes, column_bytes = struct.pack(f"<{len(rows)}B", *rows), struct.pack(f"<{len(rows)}H", *columns)
            values = struct.pack(f"<{len(places)}H", *(changed[place] for place in places))
            entries.append({
                "name": name, "shape": shape, "num_nonzero": len(places), "value_dtype": "bfloat16", "row_dtype": "uint8", "col_dtype": "uint16",
                "indices_offset": len(data), "indices_size": len(row_bytes) + len(column_bytes), "rows_size": len(row_bytes), "cols_size": len(column_bytes),
                "values_offset": len(data) + len(row_bytes) + len(column_bytes), "values_size": len(values),
            })
            data += row_bytes + column_bytes + values
        header = json.dumps({"version": 31, "tensors": entries}).encode()
        delta = folder / f"checkpoint-{version}" / "DELTA"
        write(delta / "delta_sparse.bin.zst", zstd(struct.pack("<I", len(header)) + header + data))
        grail_metadata(delta, version, version - 1, ["delta_sparse.bin.zst"])


def grail_metadata(folder, window, previous, files):
    write_json(folder / "metadata.json", {
        "window": window, "prev_window": previous, "anchor_window": None if previous is None else 1, "checkpoint_type": "FULL" if previous is None else "DELTA",
        "weights_hash": None, "file_manifest": {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in files},
    })


def manifest(folder, all_states):
    for version in (1, 2, 3):
        frames = {name: zstd(xor(all_states[version - 1][name], all_states[version][name])) for name in SHAPES}
        place, file = folder / f"delta-{version:08d}", "delta-rank00000-file000000.safetensors"
        safetensors(place / file, {name: ("U8", [len(frame)], frame) for name, frame in frames.items()})
        write_json(place / "manifest.json", {
            "version": version, "base_version": version - 1, "payload_files": [file],
            "tensors": [{
                "name": name, "dtype": "bfloat16", "shape": shape, "uncompressed_num_bytes": len(all_states[version][name]),
                "compressed_num_bytes": len(frames[name]), "payload_file": file, "payload_key": name,
                "checksum": hashlib.sha256(all_states[version][name]).hexdigest(), "checksum_algorithm": "sha256",
            } for name, shape in SHAPES.items()],
        })


def main(target):
    all_states = list(states())
    safetensors(target / "base.safetensors", model(all_states[0]))
    safetensors(target / "expected.safetensors", {
        f"{version}/{name}": ("BF16", SHAPES[name], data) for version in (1, 2, 3) for name, data in all_states[version].items()
    })
    disk_delta(target / "disk-delta-xor", all_states, "xor")
    disk_delta(target / "disk-delta-overwrite", all_states, "overwrite")
    sparse_patch(target / "sparse-patch", all_states, later=False)
    sparse_patch(target / "sparse-patch-v3", all_states, later=True)
    grail(target / "grail", all_states)
    manifest(target / "manifest", all_states)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
