"""A small run that uses everything which has to be resumed: BatchNorm, dropout, a masked optimizer, a scheduler, a shuffling sampler, Python's and numpy's
random numbers. As a program it is the child process of the tests that kill it: trainee.py URL TASK BASE LAST_STEP FILE [OPTIONS as JSON].
"""

import json
import random
import sys

from support import torch

from fishcheckpoint import FishClient, FishHook, MaskedAdamW, masks
from fishcheckpoint.safetensors import save_file


def make_net():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(6, 16), torch.nn.BatchNorm1d(16), torch.nn.ReLU(), torch.nn.Dropout(0.3), torch.nn.Linear(16, 3))


class Sampler:
    """Shuffles the examples of each epoch; its state is where it is."""

    def __init__(self, count, batch):
        self.count, self.batch, self.order, self.position = count, batch, [], 0

    def next(self):
        if self.position + self.batch > len(self.order):
            self.order, self.position = torch.randperm(self.count).tolist(), 0
        self.position += self.batch
        return self.order[self.position - self.batch:self.position]

    def state_dict(self):
        return {"order": list(self.order), "position": self.position}

    def load_state_dict(self, state):
        self.order, self.position = state["order"], state["position"]


class Run:
    """One run; ``train`` goes on to a step."""

    def __init__(self, client, task, base, mask=None, optimizer=None, net=None, seed=11, **options):
        self.net = net or make_net()
        self.mask = masks.random(self.net, 0.4, seed=1) if mask is None else mask or None
        self.optimizer = optimizer(self.net) if optimizer else MaskedAdamW(self.net, self.mask, lr=0.02, weight_decay=0.1)
        self.scheduler = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, 0.05, total_steps=1000) if not optimizer else None
        generator = torch.Generator().manual_seed(3)
        self.inputs, self.labels = torch.randn(50, 6, generator=generator), torch.randint(0, 3, (50,), generator=generator)
        self.sampler = Sampler(50, 8)
        torch.manual_seed(seed)
        random.seed(seed)
        state = {"sampler": self.sampler, **({"scheduler": self.scheduler} if self.scheduler else {}), **options.pop("state", {})}
        options = {"save_every_steps": 5, "busy": "wait", "save_at_end": False, **options}
        self.hook = FishHook(client, task, self.net, mask=self.mask, optimizer=self.optimizer, base=base, state=state, **options)
        self.step = 0

    def resume(self, **options):
        self.step = self.hook.resume(**options) or 0
        return self.step

    def train(self, last, each=None):
        self.net.train()
        while self.step < last:
            self.step += 1
            chosen = self.sampler.next()
            inputs = self.inputs[chosen] * (1 + random.random() / 10)
            loss = torch.nn.functional.cross_entropy(self.net(inputs), self.labels[chosen])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            if self.scheduler:
                self.scheduler.step()
            if each:
                each(self)
            self.hook.on_step(self.step, metrics={"loss": loss})
        return self

    def weights(self):
        return {name: tensor.clone() for name, tensor in self.net.state_dict().items()}


def main(url, task, base, last, file, options="{}"):
    def tell(run):
        print(run.step, flush=True)
    run = Run(FishClient(url), task, base, **json.loads(options))
    print("resumed", run.resume(), flush=True)
    run.train(int(last), tell)
    run.hook.complete()
    save_file(run.weights(), file)


if __name__ == "__main__":
    main(*sys.argv[1:])
