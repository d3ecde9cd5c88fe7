"""Writes tiny PyTorch files with PyTorch itself, and beside them the tensors that they hold.

    OMP_NUM_THREADS=2 python3 tests/python/torchfiles/write_golden.py tests/FishCheckpoint.Tests/Torch/Golden

Nothing of FishCheckpoint is used. What PyTorch 1.13 cannot write (later dtypes, later entries of the archive) is pickled and zipped with the standard library.
"""

import collections
import io
import json
import pathlib
import pickle
import struct
import sys
import zipfile

import numpy
import torch

NAMES = {
    torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64", torch.int32: "I32", torch.int16: "I16",
    torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL", torch.complex64: "C64",
}


def raw(tensor):
    tensor = tensor.detach().contiguous()
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy().tobytes()


def described(tensors):
    return [[name, NAMES[tensor.dtype], list(tensor.shape), raw(tensor).hex()] for name, tensor in tensors.items()]


def bits(dtype, shape, seed):
    """A tensor of any bits: NaN with payloads, -0, Inf and subnormals among them."""
    size = torch.tensor([], dtype=dtype).element_size()
    count = int(numpy.prod(shape, dtype=numpy.int64))
    data = numpy.random.RandomState(seed).randint(0, 256, count * size, dtype=numpy.uint8)
    if dtype == torch.bool:
        return torch.from_numpy(data & 1).to(torch.bool).reshape(shape)
    return torch.from_numpy(data).view(dtype).reshape(shape)


def every_dtype():
    return {f"of.{NAMES[dtype]}": bits(dtype, [3, 5], index) for index, dtype in enumerate(NAMES)}


def special():
    words = numpy.array([0x80000000, 0x7FC00001, 0xFF800001, 0x7F800000, 0x00000001, 0x3F800000], dtype=numpy.uint32)
    return torch.from_numpy(words.view(numpy.float32).copy())


def views():
    matrix, cube = bits(torch.float32, [7, 11], 40), bits(torch.int16, [3, 4, 5], 41)
    tied, long = bits(torch.bfloat16, [6, 3], 42), bits(torch.float64, [40], 43)
    return {
        "transposed": matrix.t(), "matrix": matrix, "columns": matrix[:, 2:9:3], "row": matrix[3], "column": matrix[:, 4], "permuted": cube.permute(2, 0, 1),
        "inner": cube[1:, :, 1:4], "tied.one": tied, "tied.two": tied, "tied.part": tied[2:5], "stepped": long[3:38:5], "one": long[17], "scalar": torch.tensor(1.5),
        "empty": torch.zeros([0, 4]), "ones": bits(torch.float32, [1, 9, 1], 44).permute(2, 1, 0), "window": matrix.as_strided([3, 4], [11, 2], 5),
    }


class Later(pickle.Pickler):
    """Pickles as a later PyTorch does."""

    def __init__(self, file, storages):
        super().__init__(file, protocol=2)
        self.storages = storages

    def persistent_id(self, item):
        if not isinstance(item, bytes):
            return None
        self.storages.append(item)
        return ("storage", torch.storage.UntypedStorage, str(len(self.storages) - 1), "cpu", len(item))


class Dtype:
    def __init__(self, name):
        self.name = name
        self.__module__ = "torch"
        setattr(torch, name, self)

    def __reduce__(self):
        return self.name


class Rebuilt:
    def __init__(self, data, shape, dtype):
        self.state = (data, 0, shape, strides(shape), False, collections.OrderedDict(), dtype)

    def __reduce__(self):
        return torch._utils._rebuild_tensor_v3, self.state


def strides(shape):
    steps = [1]
    for size in reversed(shape[1:]):
        steps.insert(0, steps[0] * size)
    return tuple(steps[:len(shape)])


def later(path):
    """The dtypes without a class of storages, which go by _rebuild_tensor_v3; and the entries that later versions add."""
    def _rebuild_tensor_v3():
        raise AssertionError

    _rebuild_tensor_v3.__module__, _rebuild_tensor_v3.__qualname__ = "torch._utils", "_rebuild_tensor_v3"
    torch._utils._rebuild_tensor_v3 = _rebuild_tensor_v3
    sizes = {"float8_e4m3fn": ("F8_E4M3", 1), "float8_e5m2": ("F8_E5M2", 1), "float8_e8m0fnu": ("F8_E8M0", 1), "float8_e4m3fnuz": ("F8_E4M3FNUZ", 1),
             "float8_e5m2fnuz": ("F8_E5M2FNUZ", 1), "uint16": ("U16", 2), "uint32": ("U32", 4), "uint64": ("U64", 8)}
    state, expected = {}, []
    for index, (name, (short, size)) in enumerate(sizes.items()):
        data = numpy.random.RandomState(90 + index).bytes(6 * size)
        state[name] = Rebuilt(data, (2, 3), Dtype(name))
        expected.append([name, short, [2, 3], data.hex()])
    pickled, storages = io.BytesIO(), []
    Later(pickled, storages).dump(state)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr("archive/data.pkl", pickled.getvalue())
        file.writestr("archive/.format_version", "1")
        file.writestr("archive/.storage_alignment", "64")
        file.writestr("archive/byteorder", "little")
        for index, data in enumerate(storages):
            file.writestr(f"archive/data/{index}", data)
        file.writestr("archive/version", "3\n")
        file.writestr("archive/.data/serialization_id", "0" * 40)
    return expected


def sharded(folder, state):
    """As transformers shards a model."""
    folder.mkdir(exist_ok=True)
    names = list(state)
    shards = {"pytorch_model-00001-of-00002.bin": names[:3], "pytorch_model-00002-of-00002.bin": names[3:]}
    for name, part in shards.items():
        torch.save({tensor: state[tensor].clone() for tensor in part}, folder / name)
    total = sum(len(raw(tensor)) for tensor in state.values())
    index = {"metadata": {"total_size": total}, "weight_map": {tensor: name for name, part in shards.items() for tensor in part}}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2))
    (folder / "config.json").write_text("{}")


def sums():
    """What PyTorch makes of a dense tensor to which a sparse one is added: any bits, in every pair of dtypes."""
    made, floats = {}, [torch.float32, torch.float64, torch.float16, torch.bfloat16]
    for index, dense in enumerate(floats):
        for other, sparse in enumerate(floats):
            left, right = bits(dense, [240], 200 + index), bits(sparse, [240], 300 + other)
            # Ordinary numbers of near sizes, where rounding and ties are, after those of any bits; and never two that are no numbers.
            near = torch.from_numpy(numpy.random.RandomState(400 + 4 * index + other).standard_normal([2, 240]))
            left, right = torch.cat([left, near[0].to(dense)]), torch.cat([right, (near[1] / 50).to(sparse)])
            right = torch.where(left.isnan() & right.isnan(), torch.ones_like(right), right)
            result = left.clone().reshape(-1, 1)
            result += torch.sparse_coo_tensor(torch.stack([torch.arange(480), torch.zeros(480, dtype=torch.int64)]), right, (480, 1))
            name = f"{NAMES[dense]}+{NAMES[sparse]}"
            made.update({f"{name}/dense": left, f"{name}/sparse": right, f"{name}/sum": result.reshape(-1)})
    return made


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    expected = {}

    def save(name, value, tensors, key=None, **options):
        torch.save(value, folder / name, **options)
        expected[name] = {"key": key, "tensors": described(tensors)}

    plain = {**every_dtype(), "special": special()}
    save("zip.pt", plain, plain)
    tiny = {"w": bits(torch.float32, [2, 3], 50)}
    save("tiny.pt", tiny, tiny)
    save("tiny-legacy.pt", tiny, tiny, _use_new_zipfile_serialization=False)
    save("legacy.pt", plain, plain, _use_new_zipfile_serialization=False)
    save("protocol4.pt", plain, plain, pickle_protocol=4)
    save("protocol5-legacy.pt", plain, plain, pickle_protocol=5, _use_new_zipfile_serialization=False)
    changed = {name: tensor.clone() for name, tensor in plain.items()}
    changed["of.F32"][1, 2], changed["special"][3] = -0.0, 2.0
    save("changed.pt", changed, changed)
    save("views.pt", views(), views())
    save("views-legacy.pth", views(), views(), _use_new_zipfile_serialization=False)

    module = torch.nn.Sequential(collections.OrderedDict(first=torch.nn.Linear(4, 3), norm=torch.nn.BatchNorm1d(3), last=torch.nn.Linear(3, 2)))
    module.last.weight.note = "an attribute"
    save("module.bin", module.state_dict(), module.state_dict())
    save("parameters.pt", dict(module.named_parameters()), dict(module.named_parameters()))
    optimizer = torch.optim.AdamW(module.parameters())
    module(torch.ones(2, 4)).sum().backward()
    optimizer.step()
    nested = {
        "epoch": 3, "best": numpy.float64(0.25), "count": numpy.int64(7), "name": "run", "device": torch.device("cpu"), "shape": torch.Size([2, 3]), "raw": b"\x00\xff",
        "seen": {1, 2}, "none": None, "large": 1 << 70, "model": module.state_dict(), "optimizer": optimizer.state_dict(), "history": [(1, 0.5), (2, 0.25)],
        "ema": {"weights": {"w": special()}},
    }
    save("nested.pt", nested, module.state_dict(), key="model")
    expected["nested.pt?ema/weights"] = {"key": "ema/weights", "tensors": described({"w": special()})}
    sharded(folder / "sharded", module.state_dict())
    torch.save(sums(), folder / "sums.pt")
    expected["later.pt"] = {"key": None, "tensors": later(folder / "later.pt")}
    (folder / "expected.json").write_text(json.dumps(expected, indent=0))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
