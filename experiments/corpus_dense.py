"""Full fine-tuning with float32 masters and small steps: the changes after a cast to 16 bits."""

import os

import torch

from fishcheckpoint.safetensors import load_file, save_file
from fishcheckpoint.tensors.raw import bits

from . import language, text

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
RATES = {"bf16": 1e-6, "fp16": 2e-7}
"""As small as in reinforcement learning: a step moves most weights by less than the distance to their neighbor in bf16. In fp16 neighbors
are eight times as close, so the same steps would change nearly all weights."""
PAIRS = {"bf16": {"density-3": 0.025, "density-5": 0.05, "density-10": 0.10}, "fp16": {"density-7": 0.06}}
FAR = {"bf16": 0.40}
"""The lowest density of a pair; training continues step by step until it is reached: between two checkpoints of a run, and against the
base."""
SERIES = {"bf16": 6}
SETTLE = 16
"""Steps before the first checkpoint: Adam's first steps all have full size, unlike later ones."""


def make(folder, name, quick):
    """Writes the files of a dtype and returns their description."""
    path, rate, dtype = os.path.join(folder, name), RATES[name], DTYPES[name]
    model, pretrained = pretrained_model(folder, quick)
    base = cast(model, dtype)
    save_file(base, os.path.join(path, "base.safetensors"))
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.0)
    source = language.batches(text.docstrings(), 8, 128, seed=2)
    steps = 0

    def go_on(until):
        """Trains at least one step, until a condition holds."""
        nonlocal steps
        while True:
            language.train_step(model, optimizer, next(source))
            steps += 1
            state = cast(model, dtype)
            if until(state) or quick:
                return state

    settled = SETTLE
    state = go_on(lambda _: steps >= settled)
    records = [{"rate": rate, "pretrained_loss": pretrained, "values": sum(value.numel() for value in base.values())}]
    for pair, target in PAIRS[name].items():
        before, began = state, steps
        state = go_on(lambda after: changed(before, after) >= target)
        records.append(write_pair(path, pair, before, state, steps - began))
    if name in FAR:
        state = go_on(lambda after: changed(base, after) >= FAR[name])
        records.append(write_pair(path, f"density-{100 * FAR[name]:g}", base, state, steps))
    for number in range(1, SERIES.get(name, 0) + 1):
        before, began = state, steps
        state = go_on(lambda _: steps >= began + 4)
        save_file(state, os.path.join(path, f"step-{number:04}.safetensors"))
        records.append({"file": f"step-{number:04}", "density": changed(before, state), "steps": steps - began})
    return records


def pretrained_model(folder, quick):
    """The common float32 language model of both dtypes, trained once, and its loss."""
    path = os.path.join(folder, "pretrained.safetensors")
    torch.manual_seed(1)
    model = language.Language(256, 4, 4, 128)
    if not os.path.exists(path):
        loss = language.pretrain(model, text.code(), 2 if quick else 350, 8, 128, seed=1)
        save_file({**model.state_dict(), "loss": torch.tensor([loss])}, path)
    state = load_file(path)
    loss = state.pop("loss").item()
    model.load_state_dict(state)
    return model, loss


def cast(model, dtype):
    """The state in its saved form."""
    return {name: value.detach().to(dtype) for name, value in model.state_dict().items()}


def changed(before, after):
    """The share of values whose bits differ."""
    return sum((bits(before[name]) != bits(value)).sum().item() for name, value in after.items()) / sum(value.numel()
        for value in after.values())


def write_pair(path, name, before, after, steps):
    """Writes two states to a separate folder."""
    os.makedirs(os.path.join(path, name), exist_ok=True)
    save_file(before, os.path.join(path, name, "before.safetensors"))
    save_file(after, os.path.join(path, name, "after.safetensors"))
    return {"pair": name, "density": changed(before, after), "steps": steps}
