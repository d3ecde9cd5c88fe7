"""(b) Distributed training: workers with disjoint shards that communicate only through the server.

A round: each worker pulls the changes of the merged task, trains one epoch of its shard, and saves its masked values as a checkpoint of its
own task. A merger pulls these, merges them, and saves the merged task. Workers run one after another in one process and exchange data only
by requests.
"""

import torch

from fishcheckpoint import masks

from . import data, merging, net, training, transfer
from .counting import CountingClient

MODES = ("shared", "disjoint", "dense")
RATIO = 0.02
"""Positions of one worker; disjoint masks together have as many times that as there are workers."""
TASK = "rotated"


class Worker:
    """One worker: a model, its optimizer, its mask and shard, and a counting client."""

    def __init__(self, url, name, merged, start, mask, images, labels, seed):
        self.client, self.name, self._merged = CountingClient(url), name, merged
        self.model, self._mask_id = start, None
        self._known = {key: value.clone() for key, value in start.state_dict().items()}
        buffers = {key: torch.arange(value.numel()) for key, value in start.named_buffers()}
        self._positions = {key: torch.arange(value.numel()) for key, value in start.state_dict().items()} if mask is None else {**mask,
            **buffers}
        self._optimizer = training.optimizer_of(start, mask)
        self._images, self._labels = images, labels
        self._generator = torch.Generator().manual_seed(seed)

    def pull(self, round_):
        """Loads the merged state of the previous round, which replaces local training since then."""
        if round_ > 1:
            merging.apply(self._known, self.client.pull(self._merged, round_ - 1, "base" if round_ == 2 else round_ - 2))
        self.model.load_state_dict(self._known)

    def train(self, round_):
        """Trains one epoch and saves; positions are sent once."""
        training.epoch(self.model, self._optimizer, self._images, self._labels, self._generator)
        patch = merging.values_at(self.model.state_dict(), self._positions)
        if self._mask_id is not None:
            patch = {name: (None, values) for name, (_, values) in patch.items()}
        self._mask_id = self.client.save_patch(self.name, round_, patch, parent="base", mask=self._mask_id)["mask"]


def run(url, sizes, seed, workers):
    """The three merge modes with this number of workers."""
    return [_train(url, sizes, seed, workers, mode) for mode in MODES]


def _masks(mode, workers, start, images, labels, sizes):
    if mode == "dense":
        return [None] * workers
    fisher = training.fisher_of(start, images, labels, sizes["fisher_transfer"])
    if mode == "shared":
        return [masks.fish(fisher, RATIO, net.HEAD)] * workers
    return merging.deal(masks.fish(fisher, RATIO * workers, net.HEAD), workers)


def _merge(mode, patches, buffers):
    if mode != "disjoint":
        return merging.average(patches)
    own = [{name: part for name, part in patch.items() if name not in buffers} for patch in patches]
    return {**merging.add_disjoint(own), **merging.average([{name: patch[name] for name in buffers} for patch in patches])}


def _train(url, sizes, seed, workers, mode):
    client, base, prefix = CountingClient(url), transfer.base_name(seed), f"b-{mode}-{workers}-{seed}"
    images, labels, tests, truth = transfer.subset({**sizes, "train": sizes["train_distributed"]}, seed, TASK)
    start = transfer.from_base(client, seed, TASK)
    shares = data.shards(len(images), workers, torch.Generator().manual_seed(seed))
    every, crew = _masks(mode, workers, start, images, labels, sizes), []
    merged = f"{prefix}-merged"
    for task in [merged, *(f"{prefix}-w{index}" for index in range(workers))]:
        client.put_task(task, base)
    for index, share in enumerate(shares):
        crew.append(
            Worker(url, f"{prefix}-w{index}", merged, transfer.from_base(client, seed, TASK), every[index], images[share], labels[share],
                seed + index))
    buffers, rounds, mask_id = {name for name, _ in start.named_buffers()}, [], None
    positions = [worker._positions for worker in crew]
    origin = {key: value.clone() for key, value in start.state_dict().items()}
    state = {key: value.clone() for key, value in origin.items()}
    for round_ in range(1, sizes["rounds"] + 1):
        frames = 0 if round_ == 1 else client.frames(merged, round_ - 1, "base" if round_ == 2 else round_ - 2)
        for worker in crew:
            worker.pull(round_)
            worker.train(round_)
        client.taken()
        patches = [_patch(client, worker.name, round_, origin, place) for worker, place in zip(crew, positions)]
        patch = _merge(mode, patches, buffers)
        merging.apply(state, patch)
        sent = patch if mask_id is None else {name: (None, values) for name, (_, values) in patch.items()}
        mask_id = client.save_patch(merged, round_, sent, parent="base", mask=mask_id)["mask"]
        traffic = [worker.client.taken() for worker in crew]
        start.load_state_dict(state)
        rounds.append(
            {"up": [up for up, _ in traffic], "down": [down for _, down in traffic], "framesDown": frames, "merger": client.taken(),
                       "accuracy": training.accuracy(start, tests, truth)})
    same = [training.same_bits(client.load(merged, "latest"), state)]
    for worker in crew:
        same.append(training.same_bits(client.load(worker.name, "latest"), _own(client, base, worker)))
        worker.client.close()
    cost = [training.cost_of(client, task) for task in [merged, *(worker.name for worker in crew)]]
    client.close()
    return {"kind": "b", "seed": seed, "workers": workers, "mode": mode, "rounds": rounds, "accuracy": rounds[-1]["accuracy"],
        "same": all(same),
            "compared": len(same), "trained": [net.parameters_of(start) if mask is None else sum(map(len, mask.values()))
                for mask in every],
            "cost": cost[0], "workerCost": cost[1:]}


def _patch(client, task, round_, origin, positions):
    """A worker's pulled values. A delta leaves out values equal to the base's, which are filled in from the base."""
    full = {name: value.clone() for name, value in origin.items()}
    merging.apply(full, client.pull(task, round_, "base"))
    return merging.values_at(full, positions)


def _own(client, base, worker):
    """The expected checkpoint of a worker: the base with its own values."""
    state = {name: value.clone() for name, value in client.base_tensors(base)}
    merging.apply(state, merging.values_at(worker.model.state_dict(), worker._positions))
    return state
