"""A small residual network with BatchNorm, so that checkpoints have buffers beside the mask, like ResNets."""

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    def __init__(self, inside, outside, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside)
        self.conv2, self.bn2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False), nn.BatchNorm2d(outside)
        self.shortcut = nn.Sequential()
        if stride != 1 or inside != outside:
            self.shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class Net(nn.Module):
    """14x14 images to scores. Most weights are in layers of 4x4 and 2x2 images, which are cheap to train."""

    def __init__(self, classes=10):
        super().__init__()
        self.stem, self.bn = nn.Conv2d(1, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16)
        self.blocks = nn.Sequential(Block(16, 16, 1), Block(16, 48, 2), Block(48, 48, 2), Block(48, 48, 1))
        self.classifier = nn.Linear(48, classes)

    def forward(self, x):
        x = self.blocks(F.relu(self.bn(self.stem(x))))
        return self.classifier(x.mean((2, 3)))


HEAD = ("classifier.*",)


def buffers_of(model):
    """Elements of BatchNorm's buffers, which change at every step regardless of the mask."""
    return sum(buffer.numel() for buffer in model.buffers())


def parameters_of(model):
    """Elements of all parameters."""
    return sum(parameter.numel() for parameter in model.parameters())
