"""Safetensors files: as the reference library writes them, bit for bit, and hostile ones refused."""

import io
import json
import os
import tempfile
import unittest

from support import needs_torch, torch

if torch is not None:
    from fishcheckpoint.errors import FishError
    from fishcheckpoint.safetensors import SafetensorsFile, SafetensorsReader, load_file, read_stream, save_file
    from fishcheckpoint.tensors.flat import gather, scatter
    from fishcheckpoint.tensors.raw import bits, bytes_of


def file_of(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def tensor(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@needs_torch
class SafetensorsTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "model.safetensors")

    def tearDown(self):
        self.folder.cleanup()

    def test_save_every_dtype_comes_back_bit_for_bit(self):
        patterns = torch.arange(256, dtype=torch.int64).mul_(0x0101010101010101 >> 1)
        tensors = {"scalar": torch.tensor(3.5), "empty": torch.empty(0, 3), "bool": torch.tensor([True, False])}
        for name in ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "complex64", "float8_e4m3fn"):
            if hasattr(torch, name):
                tensors[name] = patterns.view(getattr(torch, name)).clone()  # NaN payloads and -0 among them
        save_file(tensors, self.path, {"key": "wärt"})
        loaded = load_file(self.path)
        self.assertEqual(set(loaded), set(tensors))
        for name, value in tensors.items():
            self.assertEqual((loaded[name].dtype, loaded[name].shape), (value.dtype, value.shape))
            self.assertTrue(torch.equal(bits(loaded[name]), bits(value)), name)
        with SafetensorsReader(self.path) as reader:
            self.assertEqual(reader.metadata, {"key": "wärt"})

    def test_write_is_what_the_reference_library_writes(self):
        body = SafetensorsFile({"b": torch.tensor([1, 2], dtype=torch.uint8), "ä": torch.tensor([1.0]), "a": torch.tensor([[2.0]])}, {"format": "pt"})
        data = b"".join(body.chunks())
        header = ('{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},'
                  '"ä":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"b":{"dtype":"U8","shape":[2],"data_offsets":[8,10]}}').encode()
        header += b" " * (-len(header) % 8)
        self.assertEqual(data, len(header).to_bytes(8, "little") + header + b"\0\0\0\x40\0\0\x80\x3f\x01\x02")
        self.assertEqual(body.length, len(data))

    def test_save_tied_tensors_are_written_once(self):
        shared = torch.randn(4)
        save_file({"one": shared, "two": shared, "view": shared[:2]}, self.path)
        self.assertEqual(sorted(load_file(self.path)), ["one", "view"])

    def test_read_hostile_headers_are_refused(self):
        twice = b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
        cases = {
            "HEADER_TRUNCATED": [b"", b"\1\2", (5).to_bytes(8, "little") + b"{}"],
            "HEADER_TOO_LARGE": [(1 << 62).to_bytes(8, "little")],
            "HEADER_INVALID_START": [file_of(b"  "), file_of(b"[]"), file_of(b"")],
            "HEADER_INVALID_JSON": [
                file_of(b"{"), file_of(b"{\xff}"), file_of(b'{"a":' + b"[" * 100000), file_of({"a": {}}), file_of({"a": 3}),
                file_of(b'{"a":{"dtype":"U8","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,1]}}'), file_of(b'{"\\ud800":{}}')],
            "HEADER_DUPLICATE_KEY": [file_of(twice)],
            "HEADER_INVALID_METADATA": [file_of({"__metadata__": {"a": 1}}), file_of({"__metadata__": []})],
            "HEADER_UNKNOWN_DTYPE": [file_of({"a": tensor("F33")}), file_of({"a": tensor(3)})],
            "HEADER_INVALID_SHAPE": [
                file_of({"a": tensor(shape=[-1])}), file_of({"a": tensor(shape=[1 << 62, 1 << 62])}), file_of({"a": tensor(shape=[True])}),
                file_of({"a": tensor(shape=[1.0])}), file_of({"a": {**tensor(), "shape": 3}}), file_of({"a": tensor(shape=[1] * 65)})],
            "HEADER_INVALID_OFFSETS": [
                file_of({"a": tensor(offsets=(0, 7))}), file_of({"a": tensor(offsets=(8, 0))}), file_of({"a": tensor(offsets=(4, 12))}),
                file_of({"a": tensor(), "b": tensor()}), file_of({"a": tensor(offsets=(0, 8, 8))})],
        }
        for code, files in cases.items():
            for data in files:
                with self.subTest(code=code, data=data[:60]), self.assertRaises(FishError) as raised:
                    read_stream(io.BytesIO(data), "test")
                self.assertEqual(raised.exception.code, code)

    def test_read_what_the_reference_reader_takes(self):
        for data in (b" \n{}", {"__metadata__": None}, {"a": {**tensor(shape=[1] * 62 + [2], offsets=(0, 8)), "more": {"x": []}}}):
            with self.subTest(data=str(data)[:60]):
                self.assertEqual({}, read_stream(io.BytesIO(file_of(data, b"12345678" if isinstance(data, dict) and "a" in data else b"")), "test")[0].metadata)

    def test_read_data_of_another_length_is_refused(self):
        for data in (b"1234567", b"123456789"):
            with open(self.path, "wb") as file:
                file.write(file_of({"a": tensor()}, data))
            with self.assertRaises(FishError) as raised:
                load_file(self.path)
            self.assertEqual(raised.exception.code, "HEADER_DATA_MISMATCH")

    def test_gather_and_scatter_any_strides(self):
        for value in (torch.randn(6, 5), torch.randn(5, 6).t(), torch.randn(2, 3, 4).permute(2, 0, 1)[::2], torch.tensor(float("nan"))):
            positions = torch.arange(0, value.numel(), 2)
            expected = value.reshape(-1)[positions]
            self.assertEqual(bytes_of(gather(value, positions)), bytes_of(expected))
            scatter(value, positions, expected + 1)
            self.assertEqual(bytes_of(value.reshape(-1)[positions]), bytes_of(expected + 1))


if __name__ == "__main__":
    unittest.main()
