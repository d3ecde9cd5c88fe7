"""A small decoder transformer over bytes, and its training loops."""

import torch
from torch import nn
from torch.nn import functional as F


def distances(heads, context):
    """The bias of the attention scores [heads, context, context]: it falls with the distance, at another slope per head, and excludes later
    positions.

    Positions without parameters (ALiBi; Press, Smith, Lewis 2022): learned ones would take half of a FISH mask in such a small model.
    """
    back = torch.arange(context)[:, None] - torch.arange(context)
    slopes = 2.0 ** (-8.0 * (torch.arange(heads) + 1) / heads)
    return (-slopes[:, None, None] * back).masked_fill(back < 0, float("-inf"))


class Layer(nn.Module):
    """Causal self-attention and a feed-forward part, each after a LayerNorm and with a shortcut."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, bias):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = ((q @ k.transpose(-1, -2)) * (width // self.heads) ** -0.5 + bias).softmax(-1) @ v
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Language(nn.Module):
    """Bytes [batch, length] to scores of the next byte [batch, length, 256]."""

    def __init__(self, width, layers, heads, context):
        super().__init__()
        self.tokens = nn.Embedding(256, width)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 256, bias=False)
        self.register_buffer("bias", distances(heads, context), persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02 if "down" not in name and "out" not in name else 0.02 / (2 * layers) ** 0.5)

    def forward(self, x):
        length, x = x.shape[1], self.tokens(x)
        for layer in self.layers:
            x = layer(x, self.bias[:, :length, :length])
        return self.head(self.norm(x))


def batches(text, size, length, seed):
    """Random pieces of a text, without end: inputs and the next bytes, int64 [size, length] each."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        starts = torch.randint(len(text) - length - 1, (size,), generator=generator).tolist()
        pieces = torch.stack([text[start:start + length + 1] for start in starts]).long()
        yield pieces[:, :-1], pieces[:, 1:]


def loss_of(model, inputs, targets):
    """The mean negative log-likelihood of a byte, in nats."""
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())


def train_step(model, optimizer, batch):
    """One step with gradients clipped to 1; returns the loss before it."""
    optimizer.zero_grad()
    loss = loss_of(model, *batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def pretrain(model, text, steps, size, length, seed, rate=1e-3):
    """Trains from scratch with AdamW, warm-up and cosine decay; returns the loss of the last steps."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.1, betas=(0.9, 0.95))
    warm = max(1, steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, 0.55 + 0.45 * torch.cos(torch.tensor(3.14159 * step / steps)).item()))
    source, losses = batches(text, size, length, seed), []
    for _ in range(steps):
        losses.append(train_step(model, optimizer, next(source)))
        schedule.step()
    return sum(losses[-20:]) / len(losses[-20:])
