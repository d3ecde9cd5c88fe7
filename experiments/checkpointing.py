"""(c) Checkpointing a training from scratch: the base is the network before training, and the mask is recomputed every few epochs."""

import copy

import torch

from fishcheckpoint import FishClient

from . import data, net, training

RATIOS = (0.005, 0.02, 0.1)
EVERY = (1, 2, 4, 0)
"""Epochs between masks; 0: keep the first one."""


def run(url, sizes, seed, ratio):
    """All runs of a seed and a ratio; ``None`` is the dense control."""
    client = FishClient(url)
    images, labels = (part[:sizes["train_scratch"]] for part in data.load(True))
    tests, truth = (part[:sizes["test"]] for part in data.load(False))
    torch.manual_seed(seed)
    start = net.Net()
    base = f"scratch-{seed}"
    client.add_base(base, start)  # adding the same content again succeeds: every job of the seed adds it
    plans = [("dense", 0)] if ratio is None else [(method, every) for method in ("fish", "random") for every in EVERY]
    records = [_train(client, sizes, seed, ratio, copy.deepcopy(start), base, method, every, images, labels, tests, truth) for method,
        every in plans]
    client.close()
    return records


def _train(client, sizes, seed, ratio, model, base, method, every, images, labels, tests, truth):
    generator = torch.Generator().manual_seed(seed)

    def mask_at(number):
        # Each run has other examples or draws: the store keeps equal masks once, and a shared mask would seem to cost no positions.
        chance = 1000 * seed + 100 * every + number
        if method == "fish":
            order = torch.randperm(len(images), generator=torch.Generator().manual_seed(chance))
            return training.mask_of(method, model, ratio, 0,
                training.fisher_of(model, images[order], labels[order], sizes["fisher_scratch"]))
        return training.mask_of(method, model, ratio, chance)

    mask = mask_at(0)
    optimizer, made = training.optimizer_of(model, mask), 1
    name = f"c-{method}-{ratio or 0:g}-{every}-{seed}"
    hook = training.hook_of(client, name, model, mask, optimizer, base)
    for number in range(1, sizes["epochs_scratch"] + 1):
        if every and number > 1 and (number - 1) % every == 0:
            hook.set_mask(mask_at(number))
            made += 1
        training.epoch(model, optimizer, images, labels, generator)
        hook.on_step(number)
    hook.complete()
    return {
        "kind": "c", "seed": seed, "method": method, "ratio": ratio, "every": every, "masks": made, "accuracy": training.accuracy(model,
            tests, truth),
        "buffers": net.buffers_of(model), "trained": net.parameters_of(model) if mask is None else mask.count,
        "cost": training.cost_of(client, name), "same": training.rebuilt_is_same(client, name, model)}
