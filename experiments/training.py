"""Shared code of the three experiments: a training loop with a hook, masks by method, accuracy, and the comparison with the server's
models."""

import math

import torch
from torch.nn import functional as F

from fishcheckpoint import FishHook, MaskedAdamW, masks

from .net import HEAD

DENSE_LR, SPARSE_LR = 1e-3, 5e-3
"""Few values have to move farther. Neither rate is tuned on the test images; both were set once."""
BATCH = 64


def epoch(model, optimizer, images, labels, generator):
    """Trains one epoch in a random order; returns the number of steps."""
    model.train()
    batches = torch.randperm(len(images), generator=generator).split(BATCH)
    for batch in batches:
        optimizer.zero_grad()
        F.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()
    return len(batches)


@torch.no_grad()
def accuracy(model, images, labels):
    """The percentage of correctly classified images."""
    model.eval()
    right = sum((model(part).argmax(1) == truth).sum().item() for part, truth in zip(images.split(500), labels.split(500)))
    return 100 * right / len(images)


def fisher_of(model, images, labels, samples):
    """The empirical Fisher of the first images, one by one as in the paper."""
    return masks.empirical_fisher(model, [(images[:samples], labels[:samples])], n_samples=samples)


def mask_of(method, model, ratio, seed, fisher=None):
    """The mask of a method; ``None`` for full training. The head always trains and counts in the ratio, as in the paper."""
    if method == "dense":
        return None
    if method == "fish":
        return masks.fish(fisher, ratio, HEAD)
    if method == "random":
        return masks.random(model, ratio, seed=seed, always_trained=HEAD)
    return masks.bitfit(model, HEAD)


def optimizer_of(model, mask):
    """AdamW without decay; the masked one if there is a mask."""
    if mask is None:
        return torch.optim.AdamW(model.parameters(), lr=DENSE_LR, weight_decay=0)
    return MaskedAdamW(model, mask, lr=SPARSE_LR, weight_decay=0)


def hook_of(client, task, model, mask, optimizer, base, **options):
    """A hook that saves each epoch. Moments and random states are left out, because the experiments measure models."""
    return FishHook(
        client, task, model, mask=mask, optimizer=optimizer, base=base, save_every_steps=1, busy="wait", save_on_stop=False,
        include_optimizer=False,
        include_rng=False, on_leak="fail", **options)


def same_bits(one, other):
    """Whether two state dicts have the same names, shapes, dtypes and bits."""
    return one.keys() == other.keys() and all(
        value.dtype == other[name].dtype and value.shape == other[name].shape
        and torch.equal(value.reshape(-1).view(torch.uint8), other[name].reshape(-1).view(torch.uint8)) for name, value in one.items())


def cost_of(client, task):
    """A task's stored bytes from the server: in total, per checkpoint, and each checkpoint's own part."""
    report = client.report(task)
    stored = report["stored"]
    return {
        "checkpoints": report["checkpoints"], "positions": stored["positions"], "values": stored["values"], "state": stored["state"],
        "weights": stored["positions"] + stored["values"], "logical": report["logicalBytes"],
        "perCheckpoint": (stored["positions"] + stored["values"]) / report["checkpoints"],
        "changed": [found["changed"] for found in client.list(task)], "stored": [found["storedBytes"] for found in client.list(task)]}


def rebuilt_is_same(client, task, model):
    """Whether the server's last checkpoint equals the model bit for bit."""
    return same_bits(client.load(task, "latest"), model.state_dict())


def spread(values):
    """Mean, least and greatest."""
    return {"mean": math.fsum(values) / len(values), "min": min(values), "max": max(values), "n": len(values)}
