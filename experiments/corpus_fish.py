"""A FISH mask on a wider model: positions once, values every few steps of Adam, at two rates.

`fish` trains at a constant 1e-3 without warm-up: values move far, like early in a training from scratch. `fish-decay` trains the same mask
from the same base like the paper: "Training Neural Networks with Fixed Sparse Masks" (Sung, Nair, Raffel, NeurIPS 2021, section 4.1)
fine-tunes on GLUE for 7 epochs and searches the rate among 1e-4, 5e-5 and 1e-5 and the batch among 8 and 16. The authors' scripts
(github.com/varunnair18/FISH, examples/text-classification/scripts/lib.sh) use 5e-5 for every task and the defaults of the Transformers
trainer otherwise: AdamW without weight decay, gradients clipped to 1, and a rate that falls linearly to zero, without warm-up. Model, text
and number of steps are ours, so values move as far as there for their rate, but not like in a GLUE task.
"""

import os
import shutil

import torch

from fishcheckpoint import MaskedAdam, masks
from fishcheckpoint.safetensors import load_file, save_file
from fishcheckpoint.tensors.flat import gather

from . import language, text

RATIO = 0.005
EVERY, CHECKPOINTS = 20, 17
CONTEXT = 64


DECAY_RATE, DECAY_BATCH = 5e-5, 8


def make(folder, name, quick):
    """Writes the files and returns their description."""
    path = os.path.join(folder, name)
    torch.manual_seed(3)
    model = language.Language(512, 3, 8, CONTEXT)
    pretrained = language.pretrain(model, text.code(), 2 if quick else 200, 6, CONTEXT, seed=3)
    save_file(model.state_dict(), os.path.join(path, "base.safetensors"))

    examples = language.batches(text.docstrings(), 1, CONTEXT, seed=4)
    fisher = masks.empirical_fisher(model, examples, n_samples=4 if quick else 128, loss=language.loss_of)
    mask = masks.fish(fisher, RATIO)
    save_mask(mask, os.path.join(path, "mask.safetensors"))
    save_mask(masks.random(model, RATIO, seed=5), os.path.join(path, "random.safetensors"))
    record = train(path, model, mask, MaskedAdam(model, mask, lr=1e-3), 4, None, quick)
    return {**record, "rate": 1e-3, "schedule": "constant", "pretrained_loss": pretrained,
        "shares": {share.name: share.density for share in mask.report(model)}}


def make_decay(folder, name, quick):
    """Writes the files of training at the paper's rate, on the existing base and mask of `fish`; returns their description."""
    path, source = os.path.join(folder, name), os.path.join(folder, "fish")
    for file in ("base.safetensors", "mask.safetensors", "random.safetensors"):
        shutil.copyfile(os.path.join(source, file), os.path.join(path, file))
    model = language.Language(512, 3, 8, CONTEXT)
    model.load_state_dict(load_file(os.path.join(path, "base.safetensors")))
    mask = {key[:-len(".indices")]: positions for key, positions in load_file(os.path.join(path, "mask.safetensors")).items()}
    optimizer = MaskedAdam(model, mask, lr=DECAY_RATE)
    steps = steps_of(quick)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    return {**train(path, model, mask, optimizer, DECAY_BATCH, schedule, quick), "rate": DECAY_RATE, "schedule": "linear decay to zero"}


def train(path, model, mask, optimizer, batch, schedule, quick):
    """Trains on the docstrings, with a patch every few steps; returns figures about the training."""
    prose = text.docstrings()
    source, losses, before = language.batches(prose, batch, CONTEXT, seed=6), [], tested(model, prose, quick)
    for step in range(1, steps_of(quick) + 1):
        losses.append(language.train_step(model, optimizer, next(source)))
        if schedule is not None:
            schedule.step()
        if step % EVERY == 0:
            save_patch(model, mask, os.path.join(path, f"step-{step:04}.safetensors"))
    save_file(moments_of(model, optimizer), os.path.join(path, "state.safetensors"))
    return {
        "values": sum(value.numel() for value in model.state_dict().values()), "positions": sum(part.numel()
            for part in mask.values()), "batch": batch,
        "loss": [sum(losses[:EVERY]) / EVERY, sum(losses[-EVERY:]) / EVERY], "tested_loss": [before, tested(model, prose, quick)]}


def steps_of(quick):
    """The number of training steps."""
    return (2 if quick else CHECKPOINTS) * EVERY


@torch.no_grad()
def tested(model, prose, quick):
    """The loss on fixed pieces of the text: the steps' own losses are too noisy at a small rate."""
    source = language.batches(prose, 16, CONTEXT, seed=7)
    rounds = 1 if quick else 16
    return sum(language.loss_of(model, *next(source)).item() for _ in range(rounds)) / rounds


def moments_of(model, optimizer):
    """Adam's moments on the mask, in the trainer state's form."""
    return {f"{key}/{name}": optimizer.state[parameter][key] for key in ("exp_avg", "exp_avg_sq")
            for name, parameter in model.named_parameters() if parameter in optimizer.state}


def save_mask(mask, path):
    """Only positions."""
    save_file({f"{name}.indices": positions for name, positions in mask.items()}, path)


def save_patch(model, mask, path):
    """A sparse patch in the store's form: positions and new values."""
    state = model.state_dict()
    values = {f"{name}.values": gather(state[name], positions) for name, positions in mask.items()}
    save_file({**{f"{name}.indices": positions for name, positions in mask.items()}, **values}, path)
