"""Compares Fisher information of many examples at once with one by one: ``python3 experiments/fisher_speed.py [--quick]``.

Both take turns on the same examples, and their masks at 0.5% are compared. Prints the table of src/python/README.md's "Fisher information".
"""

import argparse
import os
import statistics
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [ROOT, os.path.join(ROOT, "src", "python")]
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch  # noqa: E402
from torch import nn  # noqa: E402

from experiments.net import Net  # noqa: E402
from fishcheckpoint import masks  # noqa: E402


class Words(nn.Module):
    """A small causal language model, its head tied to its embedding."""

    def __init__(self, words=512, width=64, layers=2, length=32):
        super().__init__()
        self.embedding, self.place = nn.Embedding(words, width), nn.Parameter(torch.randn(length, width) / 10)
        self.query = nn.ModuleList(nn.Linear(width, 3 * width) for _ in range(layers))
        self.wide = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)) for _ in range(layers))
        self.register_buffer("past", torch.full((length, length), float("-inf")).triu(1), persistent=False)

    def forward(self, tokens):
        hidden = self.embedding(tokens) + self.place
        for query, wide in zip(self.query, self.wide):
            asked, known, content = query(hidden).chunk(3, -1)
            weights = torch.softmax(asked @ known.transpose(1, 2) / asked.shape[-1] ** 0.5 + self.past, -1)
            hidden = hidden + weights @ content
            hidden = hidden + wide(hidden)
        return hidden @ self.embedding.weight.t()


def cases(count, steps):
    """Models with their examples: name, model, batch, options. The residual network is trained to separate noisy patterns."""
    torch.manual_seed(0)
    templates = torch.randn(10, 1, 14, 14)

    def drawn(number):
        classes = torch.randint(0, 10, (number,))
        return templates[classes] + 2 * torch.randn(number, 1, 14, 14), classes
    tokens = torch.randint(0, 512, (count, 32))
    net = Net()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
    for _ in range(steps):
        images, classes = drawn(64)
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images), classes).backward()
        optimizer.step()
    images, classes = drawn(count)
    yield "residual network", net, (images, classes), {}
    yield "the same, training mode", net, (images, classes), {"mode": "train"}
    yield "language model", Words(), (tokens, tokens), {"shift_labels": True}
    yield "perceptron", nn.Sequential(nn.Flatten(), nn.Linear(196, 256), nn.ReLU(), nn.Linear(256, 10)), (images, classes), {}


def overlap(one, other):
    """The share of a mask's positions that are in another mask."""
    return sum(len(set(one[name].tolist()) & set(other.get(name, torch.empty(0)).tolist())) for name in one) / one.count


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="too few examples and turns for results")
    options = parser.parse_args()
    count, turns, steps = (16, 2, 3) if options.quick else (128, 5, 200)
    torch.set_num_threads(2)
    print("| model | parameters | one by one | at once | ratio (median of paired turns; least to greatest) | same positions at 0.5% |")
    print("|---|---|---|---|---|---|")
    by_mode = {}
    for name, model, batch, given in cases(count, steps):
        times, scores = {1: [], None: []}, {}
        for turn in range(turns + 1):
            for at_once in (1, None) if turn % 2 else (None, 1):
                start = time.perf_counter()
                scores[at_once] = masks.empirical_fisher(model, [batch], at_once=at_once, **given)
                if turn:  # the first one warms up
                    times[at_once].append(time.perf_counter() - start)
        ratios = [slow / fast for slow, fast in zip(times[1], times[None])]
        chosen = {at_once: masks.fish(fisher) for at_once, fisher in scores.items()}
        by_mode[name] = chosen[None]
        parameters = sum(parameter.numel() for parameter in model.parameters())
        slow, fast = (count / statistics.median(times[at_once]) for at_once in (1, None))
        print(f"| {name} | {parameters:,} | {slow:,.0f}/s | {fast:,.0f}/s | "
              f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) | {100 * overlap(chosen[None], chosen[1]):.1f}% |")
    same = overlap(by_mode["residual network"], by_mode["the same, training mode"])
    print(f"\nShared positions of the residual network's masks in evaluation and training mode: {100 * same:.0f}%")


if __name__ == "__main__":
    main()
