"""Merges workers' values into one state. Pure functions on patches: {tensor: (positions, values)}."""

import torch


def deal(mask, workers):
    """Splits a mask into disjoint ones, position by position in turn, so that each worker gets its share of every tensor."""
    parts, first = [{} for _ in range(workers)], 0
    for name, positions in mask.items():
        for worker in range(workers):
            mine = positions[(worker - first) % workers::workers]
            if len(mine):
                parts[worker][name] = mine
        first = (first + len(positions)) % workers  # a tensor with one position does not always go to the first worker
    return parts


def add_disjoint(patches):
    """The sum of differences at positions that each belong to one worker: that worker's value, not rounded again."""
    merged = {}
    for name in sorted({name for patch in patches for name in patch}):
        positions = torch.cat([patch[name][0] for patch in patches if name in patch])
        values = torch.cat([patch[name][1] for patch in patches if name in patch])
        order = torch.argsort(positions)
        if len(positions) > 1 and bool((positions[order][1:] == positions[order][:-1]).any()):
            raise ValueError(f"{name}: a position belongs to two workers")
        merged[name] = (positions[order], values[order])
    return merged


def average(patches):
    """The mean of values at positions that all workers share; for integers (BatchNorm's counters) the maximum."""
    merged = {}
    for name, (positions, values) in patches[0].items():
        if not all(torch.equal(positions, patch[name][0]) for patch in patches):
            raise ValueError(f"{name}: workers have different positions")
        stacked = torch.stack([patch[name][1] for patch in patches])
        merged[name] = (positions, stacked.mean(0) if values.is_floating_point() else stacked.amax(0))
    return merged


def apply(state, patch):
    """Writes a patch's values into a state dict in place."""
    for name, (positions, values) in patch.items():
        state[name].reshape(-1)[positions.long()] = values


def values_at(state, mask):
    """A state's values at a mask's positions, as a patch."""
    return {name: (positions, state[name].detach().reshape(-1)[positions].clone()) for name, positions in mask.items()}
