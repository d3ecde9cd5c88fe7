"""Writes tiny differences to a tiny model as their own systems do, applies them with PyTorch, and writes the models that come of it.

    OMP_NUM_THREADS=2 python3 tests/python/torchfiles/write_adapters.py tests/FishCheckpoint.Storage.Tests/Interchange/Golden/adapters

Nothing of FishCheckpoint is used: the formats are written down here a second time.
"""

import json
import pathlib
import struct
import sys

import numpy
import torch

SHAPES = {
    "embed.weight": (torch.float32, [9, 4]), "layer.weight": (torch.bfloat16, [6, 5]), "layer.bias": (torch.float32, [6]), "half.weight": (torch.float16, [4, 8]),
    "wide.weight": (torch.float64, [5, 3]), "conv.weight": (torch.float32, [2, 3, 2, 2]), "norm.running_mean": (torch.float32, [6]),
    "norm.num_batches_tracked": (torch.int64, []),
}


def model():
    torch.manual_seed(3)
    state = {name: torch.randn(shape).to(dtype) if dtype.is_floating_point else torch.tensor(7) for name, (dtype, shape) in SHAPES.items()}
    state["embed.weight"][0, 0], state["embed.weight"][0, 1], state["layer.weight"][0, 0] = -0.0, float("inf"), 3e38
    state["half.weight"][1, 1] = 65504.0
    return state


def write(path, value, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(value, path, **options)


def fish_diff(root, base, step, **options):
    """As cifar10-fast/test_save.py of the authors does: positions of each trained parameter, and its new values there."""
    names = [name for name, (dtype, _) in SHAPES.items() if dtype.is_floating_point and not name.endswith("running_mean")]
    state, positions, weights = {name: tensor.clone() for name, tensor in base.items()}, [], []
    for index, name in enumerate(names):
        tensor = torch.nn.Parameter(state[name] + (torch.arange(state[name].numel()).reshape(state[name].shape) % 3 == index % 3).to(state[name].dtype))
        mask = (torch.arange(tensor.numel()) % (index + 2 + step) == 0) if index != 3 else torch.zeros(tensor.numel())
        place = torch.where(mask > 0)
        weights.append(tensor.reshape(-1)[place])
        positions.append([part.type(torch.int32) for part in place])
        state[name].reshape(-1)[place[0]] = weights[-1].detach()
    write(root / "fish-diff" / f"checkpoint-{step}" / "diff.torch", {"pos": positions, "weight": weights}, **options)
    write(root / "expected" / f"fish-diff-{step}.pt", state)


def encoded(sparse):
    """As src/sft/sft.py of composable-sft: the first dimension runs fastest, and the first step is a scalar of NumPy's."""
    factors = numpy.cumprod([1] + list(sparse.size())[:-1], dtype=numpy.int64)
    places = factors @ sparse.indices().numpy()
    order = numpy.argsort(places, kind="stable")
    places = places[order]
    steps = [places[0]] + (places[1:] - places[:-1]).tolist() if len(places) else []
    return {"size": sparse.size(), "index_steps": steps, "values": sparse.values()[torch.from_numpy(order)]}


def lt_sft(root, base, step, **options):
    state, diffs = {name: tensor.clone() for name, tensor in base.items()}, {}
    for index, name in enumerate(["embed.weight", "layer.weight", "half.weight", "wide.weight", "conv.weight"]):
        dtype, shape = SHAPES[name]
        change = torch.randn(shape) * (torch.rand(shape) < 0.4)
        # One system's values are of the tensor's dtype, another's of a wider or narrower one.
        change = change.to([dtype, dtype, torch.float32, torch.float64, torch.bfloat16][index])
        if name == "half.weight":
            change[1, 1] = 100000.0
        sparse = change.to_sparse().coalesce()
        diffs[name] = encoded(sparse)
        state[name] += sparse
    bias = torch.randn(6)
    state["layer.bias"].copy_(bias)
    write(root / "lt-sft" / f"checkpoint-{step}" / "pytorch_diff.bin", {"diffs": diffs, "abs": {"layer.bias": bias}}, **options)
    write(root / "expected" / f"lt-sft-{step}.pt", state)


def safetensors(path, tensors):
    names = {torch.float32: "F32", torch.float64: "F64", torch.int32: "I32"}
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        raw = tensor.numpy().tobytes()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def shira(root, base, step):
    """As PEFT keeps an adapter whose rank is 1: r (rows + columns) elements, weights in float32 but for float64."""
    folder, state, tensors = root / "shira" / f"checkpoint-{step}", {name: tensor.clone() for name, tensor in base.items()}, {}
    folder.mkdir(parents=True, exist_ok=True)
    for name in ["embed.weight", "layer.weight", "half.weight", "wide.weight"]:
        dtype, (rows, columns) = SHAPES[name]
        mask = torch.zeros(rows * columns)
        mask[torch.randperm(rows * columns)[:rows + columns]] = 1
        indices = torch.stack(torch.where(mask.reshape(rows, columns) == 1.0)).to(torch.int)
        weight = (torch.randn(rows + columns) * 0.3).to(torch.float64 if dtype == torch.float64 else torch.float32)
        weight[0], weight[1] = 0.0, 1e-9
        if dtype == torch.bfloat16:
            weight[2] = 3e38
        module = f"base_model.model.{name[:-len('.weight')]}"
        tensors[f"{module}.shira_weight"], tensors[f"{module}.shira_indices"] = weight, indices
        state[name] += torch.sparse_coo_tensor(indices, weight * 1.0, (rows, columns))
    tensors["base_model.model.layer.bias"] = state["layer.bias"] = torch.randn(6)
    safetensors(folder / "adapter_model.safetensors", tensors)
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "SHIRA", "r": 1, "mask_type": "random", "target_modules": ["embed", "layer", "half", "wide"], "modules_to_save": ["layer"]}))
    write(root / "expected" / f"shira-{step}.pt", state)


def main(root):
    base = model()
    write(root / "base.pt", base)
    fish_diff(root, base, 1)
    fish_diff(root, base, 2, _use_new_zipfile_serialization=False)
    lt_sft(root, base, 1)
    lt_sft(root, base, 2, _use_new_zipfile_serialization=False)
    shira(root, base, 1)
    shira(root, base, 2)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
