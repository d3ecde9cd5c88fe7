"""Masked optimizers against PyTorch's own ones, fed masked gradients and with nothing changed off the mask."""

import unittest

from support import needs_torch, torch

if torch is not None:
    from fishcheckpoint import FishError, MaskedAdam, MaskedAdamW, MaskedSGD, masks
    from fishcheckpoint.tensors.raw import bits


def model_of(dtype, sizes=((3,), (7, 9), (1,), (33, 31), (129, 257))):
    torch.manual_seed(1)
    model = torch.nn.Module()
    for index, size in enumerate(sizes):
        model.register_parameter(f"p{index}", torch.nn.Parameter(torch.randn(size, dtype=dtype)))
    model.register_parameter("unmasked", torch.nn.Parameter(torch.randn(5, dtype=dtype)))
    return model


def train(model, optimizer, steps, mask, masked_gradients, scheduler=None, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        kept = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
        for name, parameter in model.named_parameters():
            gradient = torch.randn(parameter.shape, generator=generator).to(parameter.dtype)
            if masked_gradients:
                inside = torch.zeros(parameter.numel(), dtype=torch.bool)
                inside[mask.get(name, torch.empty(0, dtype=torch.int64))] = True
                gradient[~inside.view(parameter.shape)] = 0
            parameter.grad = gradient
        optimizer.step()
        if masked_gradients:
            with torch.no_grad():
                for name, parameter in model.named_parameters():
                    inside = torch.zeros(parameter.numel(), dtype=torch.bool)
                    inside[mask.get(name, torch.empty(0, dtype=torch.int64))] = True
                    parameter.copy_(torch.where(inside.view(parameter.shape), parameter, kept[name]))
        if scheduler is not None:
            scheduler.step()


CASES = () if torch is None else (
    (MaskedSGD, torch.optim.SGD, {"lr": 0.1}),
    (MaskedSGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "dampening": 0.2}),
    (MaskedSGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True}),
    (MaskedAdam, torch.optim.Adam, {"lr": 0.01, "weight_decay": 0.01}),
    (MaskedAdam, torch.optim.Adam, {"lr": 0.01, "amsgrad": True, "betas": (0.8, 0.99), "eps": 1e-6}),
    (MaskedAdamW, torch.optim.AdamW, {"lr": 0.01, "weight_decay": 0.1}),
)


@needs_torch
class MaskedOptimizerTests(unittest.TestCase):
    def assert_same_bits(self, one, other):
        for (name, first), (_, second) in zip(one.named_parameters(), other.named_parameters()):
            self.assertTrue(torch.equal(bits(first), bits(second)), name)

    def test_step_is_bit_equal_to_the_dense_optimizer(self):
        for dtype in (torch.float32, torch.float64):
            for masked, dense, options in CASES:
                with self.subTest(dtype=dtype, optimizer=masked.__name__, **options):
                    one, other = model_of(dtype), model_of(dtype)
                    mask = masks.random({name: p for name, p in one.named_parameters() if name != "unmasked"}, 0.13, seed=2)
                    first = masked(one, mask, foreach=False, **options)
                    second = dense(other.parameters(), foreach=False, **options)
                    schedulers = [torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9) for optimizer in (first, second)]
                    train(one, first, 8, mask, False, schedulers[0])
                    train(other, second, 8, mask, True, schedulers[1])
                    self.assert_same_bits(one, other)

    def test_state_takes_k_values_not_n(self):
        model = model_of(torch.float32)
        mask = masks.random(model, 0.005)
        optimizer = MaskedAdamW(model, mask)
        train(model, optimizer, 2, mask, False)
        measured = sum(value.numel() * value.element_size() for state in optimizer.state_dict()["state"].values() for value in state.values()
                       if isinstance(value, torch.Tensor))
        inner = sum(parameter.numel() for group in optimizer._inner.param_groups for parameter in group["params"])
        steps = 4 * len(optimizer.state)
        dense = 8 * sum(parameter.numel() for parameter in model.parameters())
        self.assertEqual((measured - steps, inner), (8 * mask.count, 0))
        print(f"\nAdamW's moments: {measured:,} bytes for {mask.count:,} of {dense // 8:,} values; dense: {dense:,}", end="")

    def test_set_mask_keeps_the_moments_of_positions_in_both(self):
        for masked, dense, options in CASES:
            with self.subTest(optimizer=masked.__name__, **options):
                model = model_of(torch.float32)
                before, after = masks.random(model, 0.2, seed=1), masks.random(model, 0.2, seed=2)
                optimizer = masked(model, before, **options)
                train(model, optimizer, 3, before, False)
                known = {(name, key): dict(zip(before[name].tolist(), value.tolist())) for parameter, name in optimizer.names.items()
                         for key, value in optimizer.state.get(parameter, {}).items() if isinstance(value, torch.Tensor) and value.dim()}
                optimizer.set_mask(after)
                for parameter, name in optimizer.names.items():
                    for key, value in optimizer.state.get(parameter, {}).items():
                        if isinstance(value, torch.Tensor) and value.dim():
                            self.assertEqual(value.tolist(), [known[name, key].get(position, 0.0) for position in after.get(name, torch.empty(0)).tolist()])
                kept = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
                train(model, optimizer, 2, after, False)
                for name, parameter in model.named_parameters():
                    changed = (parameter != kept[name]).view(-1).nonzero().view(-1).tolist()
                    self.assertTrue(set(changed) <= set(after.get(name, torch.empty(0)).tolist()))

    def test_set_mask_leaves_a_tensor_and_comes_back_to_it(self):
        model = model_of(torch.float32)
        optimizer = MaskedAdamW(model, {"p0": torch.tensor([1]), "p1": torch.tensor([0, 5])})
        for positions in ({"p1": [5]}, {"p0": [0, 1], "p1": [5]}, {"p2": [0]}, {"p0": [1], "p2": [0]}):
            mask = {name: torch.tensor(indices) for name, indices in positions.items()}
            train(model, optimizer, 2, mask, False)
            optimizer.set_mask(mask)
            kept = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
            train(model, optimizer, 2, mask, False)
            changed = {name: (parameter != kept[name]).view(-1).nonzero().view(-1).tolist() for name, parameter in model.named_parameters()}
            self.assertEqual({name: indices for name, indices in changed.items() if indices}, positions)

    def test_state_dict_restores_bit_for_bit(self):
        for masked, _, options in CASES:
            with self.subTest(optimizer=masked.__name__, **options):
                one, other = model_of(torch.float32), model_of(torch.float32)
                mask = masks.random(one, 0.2)
                first, second = masked(one, mask, **options), masked(other, mask, **options)
                train(one, first, 3, mask, False)
                other.load_state_dict(one.state_dict())
                second.load_state_dict(first.state_dict())
                train(one, first, 3, mask, False, seed=5)
                train(other, second, 3, mask, False, seed=5)
                self.assert_same_bits(one, other)

    def test_groups_closure_and_refusals(self):
        model = model_of(torch.float32)
        named = list(model.named_parameters())
        mask = masks.random(model, 0.1)
        optimizer = MaskedSGD([{"params": named[:2], "lr": 0.5}, {"params": named[2:]}], mask, lr=0.1)
        self.assertEqual([group["lr"] for group in optimizer.param_groups], [0.5, 0.1])

        def closure():
            loss = sum(parameter.square().sum() for parameter in model.parameters())
            optimizer.zero_grad()
            loss.backward()
            return loss
        self.assertGreater(float(optimizer.step(closure)), float(closure()))
        for code, bad in (("TENSOR_UNKNOWN", {"none": torch.tensor([0])}), ("INDEX_OUT_OF_RANGE", {"p0": torch.tensor([3])})):
            with self.assertRaises(FishError) as raised:
                MaskedSGD(model, bad)
            self.assertEqual(raised.exception.code, code)
        with self.assertRaises(FishError):
            optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))]})

    def test_strided_parameters_train(self):
        model = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        mask = masks.random(model, 0.3)
        optimizer = MaskedAdamW(model, mask, lr=0.1)
        before = model.weight.detach().clone()
        model(torch.randn(2, 3, 5, 5)).sum().backward()
        optimizer.step()
        changed = (model.weight.detach() != before).reshape(-1).nonzero().view(-1)
        self.assertEqual(changed.tolist(), mask["weight"].tolist())


if __name__ == "__main__":
    unittest.main()
