"""Values of trainer states: each comes back with its type and bits, or is refused by its path; nothing that is read runs code."""

import collections
import datetime
import decimal
import enum
import fractions
import functools
import http
import io
import json
import math
import pathlib
import random
import signal
import socket
import struct
import types
import unittest
import uuid

from support import needs_torch, torch

try:
    import numpy
except ImportError:
    numpy = None

if torch is not None:
    from fishcheckpoint import FishError
    from fishcheckpoint.tensors.raw import bytes_of
    from fishcheckpoint.training import plain
    from fishcheckpoint.training.trainer_state import TrainerState

Phase = collections.namedtuple("Phase", ["name", "length"])


class Order(enum.Enum):
    SHUFFLED = "s"
    SORTED = 2


class Level(enum.IntEnum):
    LOW = 1


class Access(enum.Flag):
    READ = 1
    WRITE = 2


def through_a_file(value):
    state = TrainerState()
    state.put("part/state", value)
    data = b"".join(bytes(chunk) for chunk in state.to_file().chunks())
    return TrainerState.parse(data, "test").take("part/state")


class PlainTest(unittest.TestCase):
    def assert_kept(self, value):
        self.assert_equal(through_a_file(value), value, "value")

    def assert_equal(self, back, value, path):
        self.assertIs(type(back), type(value), path)
        if isinstance(value, torch.Tensor):
            self.assertEqual((back.dtype, back.shape, back.requires_grad, bytes_of(back)),
                             (value.dtype, value.shape, value.requires_grad, bytes_of(value)), path)
        elif numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
            self.assertEqual((back.dtype, back.shape), (value.dtype, value.shape), path)
            if value.dtype == object:
                self.assert_equal(back.ravel().tolist(), value.ravel().tolist(), path)
            else:
                self.assertEqual(back.tobytes("A"), value.tobytes("A"), path)
                self.assertEqual(back.ndim and back.flags.f_contiguous, value.ndim and value.flags.f_contiguous, path)
        elif isinstance(value, dict):
            self.assertEqual(len(back), len(value), path)
            for (one, first), (other, second) in zip(back.items(), value.items()):
                self.assert_equal(one, other, path)
                self.assert_equal(first, second, f"{path}[{other!r}]")
        elif isinstance(value, (list, tuple, collections.deque)):
            self.assertEqual(len(back), len(value), path)
            for index, (one, other) in enumerate(zip(back, value)):
                self.assert_equal(one, other, f"{path}[{index}]")
        elif isinstance(value, decimal.Decimal):
            self.assertEqual(str(back), str(value))
        elif isinstance(value, float):
            self.assertEqual(struct.pack("<d", back), struct.pack("<d", value), path)
        elif isinstance(value, io.BytesIO):
            self.assertEqual((back.getvalue(), back.tell()), (value.getvalue(), value.tell()), path)
        else:
            self.assertEqual(back, value, path)
            self.assertTrue(isinstance(value, int) or repr(back) == repr(value), path)

    def assert_refused(self, path, value):
        for call in (lambda: plain.check(value, "state['s']"), lambda: plain.encode(value, "s/state", {}, "state['s']")):
            with self.assertRaises(FishError) as raised:
                call()
            self.assertEqual((raised.exception.code, raised.exception.key), ("STATE_UNSUPPORTED", path))
        self.assertTrue(raised.exception.cause and raised.exception.hint)
        return raised.exception


@needs_torch
class KeptTests(PlainTest):
    def test_numbers(self):
        self.assert_kept([0, -1, 1 << 63, -(1 << 64), 1 << 200, 7 ** 9000, True, 0.1, -0.0, 5e-324, math.inf, -math.inf, math.nan, 1j,
                          complex(-0.0, math.inf),
                          decimal.Decimal("1.10"), decimal.Decimal("NaN"), fractions.Fraction(-3, 7)])

    def test_long_lists_are_arrays(self):
        for kind in (list, tuple):
            self.assert_kept(kind(range(-500, 500)))
            self.assert_kept(kind(index / 7 for index in range(1000)))
            self.assert_kept(kind([*range(300), True]))
            self.assert_kept(kind([*range(300), 1 << 64]))
            self.assert_kept(kind([*range(300), 0.5]))
        state = TrainerState()
        state.put("s/order", list(range(100_000)))
        self.assertLess(len(state.texts["s/order"]), 100)

    def test_containers(self):
        deep = []
        for _ in range(60):
            deep = [deep, ()]
        nested = collections.defaultdict(list, {"a": [1], (1, "b"): []})
        module = torch.nn.BatchNorm1d(2).state_dict()
        self.assert_kept({
            "deque": collections.deque([1, [2]], maxlen=5), "free": collections.deque(),
            "ordered": collections.OrderedDict([("z", 1), ("a", (2,))]), "default": nested,
            "none": collections.defaultdict(None, x=1), "counter": collections.Counter("abba"), "set": {1, "a", (2, 3)},
            "frozen": frozenset([1]), "range": range(1, 9, 2),
            "slice": slice(None, 5), "bytes": b"\0\xff", "array": bytearray(b"ab"), "size": torch.Size([2, 3]), "deep": deep,
            "empty": [(), {}, set(), ""], "$": {"$": 1},
            1: "int", None: "none", 2.5: "float", False: "flag", (): "tuple", frozenset([2]): "frozen", "phase": Phase("warm", 5),
            "module": module,
            "stream": io.BytesIO(b"abc")})
        self.assertEqual(through_a_file(nested)["new"], [])
        self.assertEqual(through_a_file(module)._metadata, module._metadata)
        self.assertEqual(through_a_file(collections.deque([1, 2], maxlen=2)).maxlen, 2)

    def test_order_of_dicts_is_kept(self):
        self.assertEqual(list(through_a_file({"b": 1, "a": 2, 3: 4})), ["b", "a", 3])

    def test_moments_paths_and_names(self):
        zones = [None, datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=5, minutes=30)),
                 datetime.timezone(datetime.timedelta(0), "Z")]
        values = [datetime.datetime(2024, 2, 29, 23, 59, 59, 999999, zone, fold=1) for zone in zones]
        values += [datetime.date(1, 1, 1), datetime.time(1, 2, 3, 4, zones[2]), datetime.timedelta(-1, 2, 3), zones[2], zones[3]]
        values += [pathlib.Path("/a/\u00e4"), pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("C:\\a"), pathlib.Path("\udcff"),
                   uuid.uuid4(), "\ud800\0"]
        self.assert_kept(values)

    def test_enums_of_imported_modules(self):
        self.assert_kept([Order.SHUFFLED, Order.SORTED, Level.LOW, Access.READ, Access.READ | Access.WRITE, http.HTTPStatus.OK,
                          signal.SIGTERM])

    def test_things_of_torch(self):
        self.assert_kept([torch.float32, torch.bfloat16, torch.int8, torch.strided, torch.channels_last, torch.device("cpu"),
                          torch.device("cuda:3")])

    def test_tensors(self):
        bits = torch.tensor([0x7FC00001, -1, 1 << 31 - 1], dtype=torch.int64).to(torch.int32)
        self.assert_kept([
            torch.randn(2, 3), torch.tensor(True), torch.tensor(5, dtype=torch.int16), torch.empty(0, 3),
            torch.randn(3, dtype=torch.complex128),
            torch.randn(2, 2, dtype=torch.complex64).conj(), bits.view(torch.float32), torch.randn(3).half(), torch.randn(4, 5).t(),
            torch.ones(1, 3).expand(4, 3),
            torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2), requires_grad=False), torch.ones(2, requires_grad=True),
            torch.randn(2, dtype=torch.float64)])

    def test_tensors_are_copied(self):
        tensor, tensors = torch.zeros(3), {}
        text = plain.encode([tensor], "a", tensors)
        tensor.fill_(1)
        self.assertEqual(plain.decode(text, tensors)[0].tolist(), [0, 0, 0])

    def test_what_earlier_versions_wrote_is_read(self):
        texts = {
            '[1, 0.5, null, "a"]': [1, 0.5, None, "a"], '{"$": "tuple", "items": [1]}': (1,), '{"$": "set", "items": [1]}': {1},
            '{"$": "bytes", "data": "AP8="}': b"\0\xff",
            '{"$": "dict", "items": [[1, "a"]]}': {1: "a"}, '{"$": "counter", "items": [["a", 2]]}': collections.Counter(a=2),
            '[NaN, Infinity]': None,
            '{"$": "tensor", "name": "s/0", "shape": [2, 1]}': None}
        for text, value in texts.items():
            back = plain.decode(text, {"s/0": torch.tensor([1.0, 2.0])})
            if value is not None:
                self.assert_equal(back, value, text)
        self.assertEqual((back.tolist(), back.dtype), ([[1.0], [2.0]], torch.float32))


@needs_torch
@unittest.skipIf(numpy is None, "NumPy is not installed")
class NumpyTests(PlainTest):
    def test_arrays_of_all_plain_dtypes(self):
        for dtype in ("?", "i1", "<u2", "<i4", "<u8", ">i4", "<f2", "<f4", ">f8", "<c8", "<c16", "S3", "<U5", "<M8[ns]", "<m8[D]", "V4",
                      [("a", "<i4"), ("b", "<f8", (2,))]):
            with self.subTest(dtype=dtype):
                data = random.Random(1).randbytes(6 * numpy.dtype(dtype).itemsize)
                array = numpy.zeros((2, 3), dtype) if dtype in ("?", "<U5") else numpy.frombuffer(data, dtype).reshape(2, 3)
                self.assert_kept([array, array.T, array[:, ::2], array[:0], array[0, 0], array.dtype])
        self.assert_kept([numpy.array(5), numpy.zeros((2, 0)), numpy.array([1, "a", None, [2]], dtype=object),
                          numpy.array([[1, {}], [2, ()]], dtype=object).T])

    def test_arrays_are_copied_and_can_be_written(self):
        array, tensors = numpy.arange(5), {}
        text = plain.encode({"order": array}, "s", tensors)
        array[:] = 0
        back = plain.decode(text, tensors)["order"]
        self.assertEqual(back.tolist(), [0, 1, 2, 3, 4])
        back[0] = 9

    def test_scalars_keep_their_type(self):
        self.assert_kept([numpy.float64(0.1), numpy.float32(0.1), numpy.int64(5), numpy.uint8(7), numpy.bool_(True), numpy.str_("ab"),
                          numpy.bytes_(b"c"), numpy.complex128(1j),
                          numpy.datetime64("2024-02-29T01:02:03.000000001"), numpy.timedelta64(5, "s"), numpy.longdouble("0.1")])

    def test_random_state_of_all_generators_goes_on(self):
        numpy.random.seed(5)
        numpy.random.normal()
        old = through_a_file(numpy.random.get_state())
        expected = numpy.random.normal(size=3).tolist()
        numpy.random.seed(0)
        numpy.random.set_state(old)
        self.assertEqual(numpy.random.normal(size=3).tolist(), expected)
        for kind in (numpy.random.PCG64, numpy.random.PCG64DXSM, numpy.random.MT19937, numpy.random.Philox, numpy.random.SFC64):
            generator = numpy.random.Generator(kind(3))
            generator.integers(0, 5, dtype=numpy.uint8)
            state = generator.bit_generator.state
            self.assert_kept(state)
            back = through_a_file(state)
            expected = generator.permutation(20).tolist()
            other = numpy.random.Generator(kind(4))
            other.bit_generator.state = back
            self.assertEqual(other.permutation(20).tolist(), expected, kind)

    def test_what_is_no_plain_array_is_refused(self):
        for value in (numpy.zeros((1, 1)).view(numpy.matrix), numpy.ma.masked_array([1]), numpy.rec.array([(1,)]),
                      numpy.array([(object(),)], dtype=[("a", object)])):
            self.assert_refused("state['s']['x']", {"x": value})
        self.assert_refused("state['s'][1]", [1, numpy.array([1, object()], dtype=object)][:1] + [numpy.random.default_rng()])
        self.assert_refused("state['s'][0][1]", [numpy.array([1, object()], dtype=object)])
        for value, hint in ((numpy.random.default_rng(), "bit_generator.state"), (numpy.random.PCG64(), "state"),
                            (numpy.random.RandomState(), "get_state()"),
                            (random.Random(), "getstate()"), (torch.Generator(), "get_state()")):
            self.assertIn(hint, self.assert_refused("state['s']", value).hint)


@needs_torch
class RefusedTests(PlainTest):
    def test_other_objects_are_refused_by_their_path(self):
        class Local(enum.Enum):
            A = 1

        class Sub(dict):
            pass

        class Text(str):
            pass
        with socket.socket() as connection:
            self.assert_refused("state['s']['order'][3]", {"order": [0, 1, 2, connection]})
        for value in (object(), Local.A, Sub(a=1), Text("a"), types.SimpleNamespace(a=1), print, int, iter([]), memoryview(b"a"), Ellipsis,
                      collections.namedtuple("X", "a")(1),
                      collections.ChainMap({}), torch.nn.Linear(1, 1), torch.finfo(torch.float32), io.StringIO()):
            with self.subTest(value=type(value)):
                self.assert_refused("state['s']['a'][0]['b'][1]", {"a": ({"b": [1, value]},)})
        self.assert_refused("state['s'] (a key)", {Local.A: 1})
        self.assert_refused("state['s']", collections.defaultdict(lambda: 0))
        self.assert_refused("state['s'][1]", collections.deque([1, object()]))
        self.assert_refused("state['s']._metadata['x']", self.with_metadata())

    def with_metadata(self):
        state = torch.nn.Linear(1, 1).state_dict()
        state._metadata["x"] = object()
        return state

    def test_tensors_without_plain_values_are_refused(self):
        class Own(torch.Tensor):
            pass
        for value in (torch.eye(2).to_sparse(), torch.empty(2, device="meta"),
                      torch.quantize_per_tensor(torch.ones(2), 1.0, 0, torch.qint8), torch.ones(2).as_subclass(Own)):
            self.assert_refused("state['s'][0]", [value])

    def test_values_without_end_are_refused(self):
        ring = {"a": [1]}
        ring["a"].append(ring)
        self.assert_refused("state['s']['a'][1]", ring)
        broad = []
        broad += [broad, broad]
        self.assert_refused("state['s'][0]", broad)
        deep = []
        for _ in range(5000):
            deep = [deep]
        self.assertIn("deep", self.assert_refused("state['s']" + "[0]" * 100, deep).cause)
        shared = [1]
        self.assert_kept([shared, shared, {"a": shared}])

    def test_functions_in_dicts_are_left_out_and_named(self):
        value = {"rate": 1, "f": lambda step: 1, "inner": [{"g": math.sin, "h": functools.partial(max, 1)}], "m": self.setUp}
        self.assertEqual(plain.check(value, "p"), ["p['f']", "p['m']", "p['inner'][0]['g']", "p['inner'][0]['h']"])
        self.assert_equal(through_a_file(value), {"rate": 1, "inner": [{}]}, "value")
        self.assert_refused("state['s'][0]", [lambda: 1])

    def test_checking_copies_nothing(self):
        huge = torch.zeros(1).expand(1 << 40)
        self.assertEqual(plain.check({"a": huge}, "p"), [])


@needs_torch
class HostileTests(PlainTest):
    def test_damaged_texts_are_refused(self):
        good = TrainerState()
        good.put("s/state", [torch.ones(2), 1, (2,), collections.deque([3]), Order.SORTED, b"x", Phase(1, 2)] + ([numpy.arange(3)]
            if numpy else []))
        text = good.texts["s/state"]
        drawn = random.Random(3)
        for _ in range(3000):
            damaged = list(text)
            for _ in range(drawn.randint(1, 4)):
                damaged[drawn.randrange(len(damaged))] = drawn.choice('{}[]":,$0aenull9-')
            try:
                plain.decode("".join(damaged), good.arrays, "s/state")
            except FishError as error:
                self.assertEqual(error.code, "STATE_MISMATCH")

    def test_nothing_but_values_is_made(self):
        before = set(__import__("sys").modules)
        for kind, items in (
                ("enum", ["os", "system", "A", None]), ("enum", ["antigravity", "X", "A", None]),
                ("namedtuple", ["subprocess", "Popen", [1]]),
                ("enum", ["test_plain", "Order", "NONE", None]), ("enum", ["test_plain", "Order", None, 7]), ("dtype", ["load"]),
                ("size", ["a"]), ("path", [["a"]]), ("scalar", ["|O", 1]),
                ("device", ["nothing"]), ("what", []), ("deque", [[1], "a"]), ("namedtuple", ["test_plain", "Phase", [1, 2, 3]]),
                ("array dtype", ["|O"])):
            with self.subTest(kind=kind, items=items):
                with self.assertRaises(FishError) as raised:
                    plain.decode(json.dumps({"$": kind, "items": items}), {})
                self.assertEqual(raised.exception.code, "STATE_MISMATCH")
        self.assertEqual(set(__import__("sys").modules), before)
        for text in ('{"$": "array", "name": "a", "dtype": "|O", "shape": [1]}',
                     '{"$": "array", "name": "a", "dtype": "<f8", "shape": [1000000000000]}', "[" * 100_000,
                     '{"$": "tensor", "name": "none", "shape": [1]}', '{"$": "defaultdict", "items": [], "factory": "eval"}', "nothing"):
            with self.assertRaises(FishError) as raised:
                plain.decode(text, {"a": torch.zeros(8, dtype=torch.uint8)})
            self.assertEqual(raised.exception.code, "STATE_MISMATCH")


if __name__ == "__main__":
    unittest.main()
