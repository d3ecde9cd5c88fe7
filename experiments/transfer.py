"""(a) Transfer: many tasks on one base, each with its own mask. Runs of a task and a seed form one job."""

import copy

import torch

from fishcheckpoint import FishClient

from . import data, net, training

METHODS = (("dense", None), ("fish", 0.005), ("random", 0.005), ("fish", 0.02), ("random", 0.02), ("bitfit", None))


def base_name(seed):
    """The base of a seed."""
    return f"base-{seed}"


def make_base(url, sizes, seed):
    """Trains a base on the plain task, on images that no task uses, and adds it to the server."""
    torch.manual_seed(seed)
    images, labels = data.load(True)
    tests, truth = (part[:sizes["test"]] for part in data.load(False))
    images, labels = images[:sizes["base"]], labels[:sizes["base"]]
    model, generator = net.Net(), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    for _ in range(sizes["base_epochs"]):
        training.epoch(model, optimizer, images, labels, generator)
    client = FishClient(url)
    info = client.add_base(base_name(seed), model)
    client.close()
    return [{"kind": "base", "seed": seed, "accuracy": training.accuracy(model, tests, truth), "bytes": info["bytes"]}]


def subset(sizes, seed, task):
    """A task's training images (not the base's, drawn by the seed) and the test images, all changed for the task."""
    images, labels = data.load(True)
    tests, truth = (part[:sizes["test"]] for part in data.load(False))
    left = len(images) - sizes["base"]
    chosen = sizes["base"] + torch.randperm(left, generator=torch.Generator().manual_seed(100 + seed))[:sizes["train"]]
    return (*data.derive(task, images[chosen], labels[chosen]), *data.derive(task, tests, truth))


def from_base(client, seed, task):
    """The base from the server; a task with other classes gets its own head, by a seed."""
    torch.manual_seed(1000 + seed)
    model = net.Net(data.classes_of(task))
    state = dict(client.base_tensors(base_name(seed)))
    if task == "groups":
        state.update({name: value for name, value in model.state_dict().items() if name.startswith("classifier.")})
    model.load_state_dict(state)
    return model


def run(url, sizes, seed, task):
    """Runs all methods on a task."""
    client = FishClient(url)
    images, labels, tests, truth = subset(sizes, seed, task)
    start = from_base(client, seed, task)
    fisher = training.fisher_of(start, images, labels, sizes["fisher_transfer"])
    before, records = training.accuracy(start, tests, truth), []
    for method, ratio in METHODS:
        model = copy.deepcopy(start)
        # no two tasks share a random mask: equal ones are stored once
        mask = training.mask_of(method, model, ratio, 10 * seed + data.TASKS.index(task), fisher)
        optimizer, generator = training.optimizer_of(model, mask), torch.Generator().manual_seed(seed)
        name = f"a-{task}-{method}-{ratio or 0:g}-{seed}"
        own = {"own_tensors": net.HEAD} if task == "groups" else {}
        hook = training.hook_of(client, name, model, mask, optimizer, base_name(seed), **own)
        for number in range(1, sizes["epochs"] + 1):
            training.epoch(model, optimizer, images, labels, generator)
            hook.on_step(number)
        hook.complete()
        records.append({
            "kind": "a", "seed": seed, "task": task, "method": method, "ratio": ratio, "before": before, "accuracy": training.accuracy(
                model, tests, truth),
            "trained": net.parameters_of(model) if mask is None else mask.count, "head": sum(p.numel()
                for p in model.classifier.parameters()),
            "buffers": net.buffers_of(model), "cost": training.cost_of(client, name), "same": training.rebuilt_is_same(client, name,
                model)})
    client.close()
    return records
