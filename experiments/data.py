"""Fashion-MNIST as tensors, and the tasks derived from it. Nothing is downloaded: the files come from the package dataset-fashion-mnist."""

import functools
import gzip
import os
import struct

import torch

FOLDER = os.environ.get("FASHION_MNIST", "/usr/share/datasets/fashion-mnist")
TASKS = ("rotated", "inverted", "mirrored", "permuted", "groups")
CLOTHES_ABOVE = (0, 2, 3, 4, 6)
"""The classes of the first group: clothes for the upper body."""


def is_installed():
    """Whether the four files exist."""
    return os.path.exists(os.path.join(FOLDER, "train-images-idx3-ubyte.gz"))


def _read(name):
    with gzip.open(os.path.join(FOLDER, name)) as file:
        content = file.read()
    dimensions = struct.unpack(f">{content[3]}I", content[4:4 + 4 * content[3]])
    return torch.frombuffer(bytearray(content[4 + 4 * content[3]:]), dtype=torch.uint8).view(dimensions)


@functools.lru_cache(maxsize=None)
def load(train):
    """Images [n, 1, 14, 14] from 0 to 1 (28x28 averaged over 2x2, so that hundreds of runs fit two cores), and labels [n]."""
    prefix = "train" if train else "t10k"
    images = _read(f"{prefix}-images-idx3-ubyte.gz")[:, None].float() / 255
    return torch.nn.functional.avg_pool2d(images, 2), _read(f"{prefix}-labels-idx1-ubyte.gz").long()


def classes_of(task):
    """The number of labels of a task."""
    return 2 if task == "groups" else 10


def derive(task, images, labels):
    """A task's own images and labels. Permutations are the same for training and test images, and for all seeds."""
    if task == "plain":
        return images, labels
    if task == "rotated":
        return torch.rot90(images, 1, (2, 3)), labels
    if task == "inverted":
        return 1 - images, labels
    if task == "mirrored":  # and every label differs from the base's
        return images.flip(3), (labels + 3) % 10
    if task == "permuted":
        order = torch.randperm(images[0].numel(), generator=torch.Generator().manual_seed(7))
        return images.flatten(1)[:, order].view_as(images), labels
    if task == "groups":
        return images, torch.isin(labels, torch.tensor(CLOTHES_ABOVE)).long()
    raise ValueError(task)


def shards(count, workers, generator):
    """Indices 0..count-1 in a random order, distributed over workers: each index to exactly one."""
    order = torch.randperm(count, generator=generator)
    return [order[worker::workers] for worker in range(workers)]
