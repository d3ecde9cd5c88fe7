"""A FISH mask on a wider model: positions once, values every few steps of Adam."""

import os

import torch

from fishcheckpoint import MaskedAdam, masks
from fishcheckpoint.safetensors import save_file
from fishcheckpoint.tensors.flat import gather

from . import language, text

RATIO = 0.005
EVERY, CHECKPOINTS = 20, 17
CONTEXT = 64


def make(folder, name, quick):
    """Writes the files, and gives what it wrote."""
    path = os.path.join(folder, name)
    torch.manual_seed(3)
    model = language.Language(512, 3, 8, CONTEXT)
    pretrained = language.pretrain(model, text.code(), 2 if quick else 200, 6, CONTEXT, seed=3)
    save_file(model.state_dict(), os.path.join(path, "base.safetensors"))

    prose = text.docstrings()
    examples = language.batches(prose, 1, CONTEXT, seed=4)
    fisher = masks.empirical_fisher(model, examples, n_samples=4 if quick else 128, loss=language.loss_of)
    mask = masks.fish(fisher, RATIO)
    save_mask(mask, os.path.join(path, "mask.safetensors"))
    save_mask(masks.random(model, RATIO, seed=5), os.path.join(path, "random.safetensors"))

    optimizer, source = MaskedAdam(model, mask, lr=1e-3), language.batches(prose, 4, CONTEXT, seed=6)
    losses = []
    for step in range(1, (CHECKPOINTS if not quick else 2) * EVERY + 1):
        losses.append(language.train_step(model, optimizer, next(source)))
        if step % EVERY == 0:
            save_patch(model, mask, os.path.join(path, f"step-{step:04}.safetensors"))
    return {
        "values": sum(value.numel() for value in model.state_dict().values()), "positions": mask.count, "pretrained_loss": pretrained,
        "loss": [sum(losses[:EVERY]) / EVERY, sum(losses[-EVERY:]) / EVERY],
        "shares": {share.name: share.density for share in mask.report(model)}}


def save_mask(mask, path):
    """Positions alone."""
    save_file({f"{name}.indices": positions for name, positions in mask.items()}, path)


def save_patch(model, mask, path):
    """A sparse patch, as the store takes it: positions and new values."""
    state = model.state_dict()
    values = {f"{name}.values": gather(state[name], positions) for name, positions in mask.items()}
    save_file({**{f"{name}.indices": positions for name, positions in mask.items()}, **values}, path)
