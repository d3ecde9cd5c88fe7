"""The algorithms of docs/reference/format, run as they stand on the pages, read every golden file to the digests that it carries."""

import ctypes
import ctypes.util
import hashlib
import os
import re
import struct
import types
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir)
PAGES = os.path.join(ROOT, "docs", "reference", "format")
GOLDEN = os.path.join(ROOT, "tests", "FishCheckpoint.Tests", "Codec", "Golden")
LIBRARIES = {1: "lz4", 2: "zstd", 3: "brotlidec"}


def page(name):
    with open(os.path.join(PAGES, name + ".md"), encoding="utf-8") as file:
        return file.read()


def golden(name):
    with open(os.path.join(GOLDEN, name + ".v1.hex"), encoding="ascii") as file:
        return bytes.fromhex(file.read().replace("\n", ""))


def decompress(compression, data, length):
    if compression == 0:
        decoded = data
    else:
        found = ctypes.util.find_library(LIBRARIES[compression])
        if found is None:
            raise unittest.SkipTest("lib" + LIBRARIES[compression] + " is not installed")
        library, target, size = ctypes.CDLL(found), ctypes.create_string_buffer(max(1, length)), ctypes.c_size_t(length)
        if compression == 1:
            written = library.LZ4_decompress_safe(data, target, len(data), length)
        elif compression == 2:
            library.ZSTD_decompress.restype = ctypes.c_size_t
            written = library.ZSTD_decompress(target, size, data, ctypes.c_size_t(len(data)))
        else:
            ok = library.BrotliDecoderDecompress(ctypes.c_size_t(len(data)), data, ctypes.byref(size), target)
            written = size.value if ok == 1 else -1
        decoded = target.raw[:max(0, written)]
    FORMAT.require(len(decoded) == length)
    return decoded


FORMAT = types.ModuleType("format")
FORMAT.sha256, FORMAT.decompress = hashlib.sha256, decompress
for each in ("container", "values", "blocks"):
    for block in re.findall(r"```python\n(.*?)```", page(each), re.DOTALL):
        exec(compile(block, each + ".md", "exec"), FORMAT.__dict__)

DTYPES = {name: (int(number), int(bits)) for number, name, bits in
          re.findall(r"^\| (\d+) \| ([A-Z0-9_]+) \| (\d+) \|$", page("container"), re.MULTILINE)}


class Tensor:
    def __init__(self, name, dtype, *shape):
        self.name, self.dtype, self.shape = name, dtype, shape
        self.unit, elements = max(1, DTYPES[dtype][1] // 8), 1
        for dimension in shape:
            elements *= dimension
        self.units = elements * DTYPES[dtype][1] // 8 // self.unit


def varint(number):
    return bytes([number]) if number < 128 else bytes([number % 128 + 128]) + varint(number // 128)


def layout_id(layout):
    content = b"fishcheckpoint layout 1\n"
    for tensor in layout:
        name = tensor.name.encode()
        content += struct.pack("<q", len(name)) + name + bytes([DTYPES[tensor.dtype][0]])
        content += struct.pack("<q%dq" % len(tensor.shape), len(tensor.shape), *tensor.shape)
    return hashlib.sha256(content).digest()


def mask_id(layout, positions):
    content = b"fishcheckpoint mask 1\n" + layout_id(layout)
    for tensor, of in enumerate(positions):
        if of:
            gaps = [after - before for before, after in zip([-1] + of, of)]
            content += varint(tensor + 1) + b"".join(map(varint, gaps)) + varint(0)
    return hashlib.sha256(content + varint(0)).digest()


def units(data, unit):
    return [int.from_bytes(data[start:start + unit], "little") for start in range(0, len(data), unit)]


def mixed(index):
    number = (index + 1) * 2654435761 % 2 ** 32
    number = (number ^ number >> 15) * 2246822519 % 2 ** 32
    return number ^ number >> 13


def spread(place):
    return place * 2654435761 % 2 ** 32 >> 9


def single(number):
    return struct.unpack("<f", struct.pack("<f", number))[0]


# The parents of the golden files, as the tests in C# make them.
FRAMES = ([Tensor("embed.weight", "F32", 5, 8), Tensor("\u00fcnused", "I64", 0), Tensor("head", "BF16", 3), Tensor("mask", "U8", 600)],
          [units(bytes((index % 16 * 7 + seed * 31) % 256 for index in range(length)), unit)
           for length, seed, unit in ((160, 1, 4), (0, 0, 8), (6, 2, 2), (600, 3, 1))])
FORMS = ([Tensor("wide", "F32", 40, 50), Tensor("narrow", "BF16", 3000), Tensor("count", "I64", 100)],
         [[struct.unpack("<I", struct.pack("<f", ((index % 37) - 18) * (1 + index % 11) * single(0.00137)))[0] for index in range(2000)],
          [0x3C00 + index * 13 % 900 + index % 2 * 0x8000 for index in range(3000)], [index * 1000003 for index in range(100)]])
ROWS = ([Tensor("grid", "BF16", 96, 128), Tensor("tiny", "BF16", 300), Tensor("scattered", "BF16", 6000)],
        [[0x3A00 + place * 37 % 1500 for place in range(96 * 128)], [0x3F00 + place for place in range(300)],
         [0x3800 + spread(place + 6000) % 1536 for place in range(6000)]])
WEIGHTS = [0x3800 + spread(place + 10000) % 1536 for place in range(64 * 96)]
WORDS = ([Tensor("dense", "BF16", 64, 96), Tensor("tokens", "BF16", 64, 96), Tensor("tiny", "BF16", 300)],
         [WEIGHTS, WEIGHTS, WEIGHTS[:300]])
UNITS = {
    "weights": ("BF16", [(mixed(index) & 1) << 15 | 118 - ((mixed(index) | 0x100) & -(mixed(index) | 0x100)).bit_length() + 1 << 7
                         | mixed(index) >> 9 & 0x7F for index in range(600)]),
    "counts": ("I32", [bin(mixed(index) & 0xFF).count("1") for index in range(600)]),
    "rows": ("F16", [mixed(index % 45) & 0xFFFF for index in range(900)]),
}


class FormatPageTests(unittest.TestCase):
    def test_every_golden_file_is_read(self):
        for file in sorted(os.listdir(GOLDEN)):
            name = file[:-len(".v1.hex")]
            kind, form = name.split(".")
            with self.subTest(name):
                if kind == "bytes":
                    self.assertTrue(FORMAT.read_plain(FORMAT.read_frame(FORMAT.Bytes(golden(name)), [])))
                elif kind == "dense":
                    self.read_units(name, *UNITS[form])
                elif kind == "values-prefixes":
                    self.read_distances(name)
                elif kind.startswith("blocks"):
                    self.read_blocks(name, *{"blocks": FORMS, "blocks-rows": ROWS, "blocks-words": WORDS}[kind])
                elif kind.endswith("-rows"):
                    self.read_masked("mask-rows." + form, ["values-rows." + form], *ROWS)
                elif form not in ("fast", "small"):
                    self.read_masked("mask." + form, [name if kind != "mask" else "values-plain." + form], *FRAMES)
                elif kind.startswith("values-row-"):
                    chain = ["values-row-%d.%s" % (step, form) for step in range(1, int(kind[-1]) + 1)]
                    self.read_masked("mask." + form, chain, FORMS[0], None)
                else:
                    self.read_masked("mask." + form, ["values-distance." + form], *FORMS)

    def read_units(self, name, dtype, expected):
        source = FORMAT.Bytes(golden(name))
        self.assertEqual(expected, FORMAT.read_units(source, dtype, Tensor("units", dtype).unit, len(expected)))
        self.assertEqual(0, source.left())

    def read_distances(self, name):
        zigzags = [mixed(index) >> index // 64 % 32 if index % 64 == 63 else (mixed(index) >> 9) % (1 << index % 7)
                   for index in range(4096)]
        read = FORMAT.read_values(golden(name), Tensor("values", "U32"), len(zigzags), [0] * len(zigzags))
        self.assertEqual([FORMAT.unzigzag(number) % 2 ** 32 for number in zigzags], read)

    def read_masked(self, mask, values, layout, parent):
        sources = [FORMAT.Bytes(golden(name)) for name in [mask] + values]
        delta = FORMAT.read_delta(layout, sources[0], sources[1:], parent and (lambda tensor, position: parent[tensor][position]))
        self.assertTrue(all(source.left() == 0 for source in sources))
        head = FORMAT.read_head(FORMAT.Bytes(golden(values[-1])))
        self.check(layout, delta, head)
        self.assertEqual(FORMAT.read_head(FORMAT.Bytes(golden(mask))).digests, head.digests[:2])

    def read_blocks(self, name, layout, parent):
        frame, delta = FORMAT.read_frame(FORMAT.Bytes(golden(name)), layout), []
        for entry in frame.entries:
            tensor = layout[entry.tensor]
            start = entry.block * (FORMAT.BLOCK // tensor.unit)
            positions, values = FORMAT.read_block(entry, tensor, parent[entry.tensor][start:start + entry.units])
            delta.append((entry.tensor, [start + position for position in positions], values))
        self.check(layout, delta, frame)

    def check(self, layout, delta, head):
        of, content = [[] for _ in layout], b""
        for tensor, positions, values in delta:
            of[tensor] += positions
            content += b"".join(value.to_bytes(layout[tensor].unit, "little") for value in values)
        self.assertEqual([layout_id(layout), mask_id(layout, of)], head.digests[:2])
        self.assertEqual(hashlib.sha256(content).digest(), head.digests[3])


if __name__ == "__main__":
    unittest.main()
