"""What somebody writes first: optimizers of plain parameters, a mask at the prompt, tied weights loaded into a model."""

import copy
import os
import pickle
import tempfile
import unittest

from hooktest import HookTest
from support import ROOT, needs_torch, torch, unique

if torch is not None:
    from fishcheckpoint import FishHook, Mask, MaskedAdam, MaskedAdamW, MaskedSGD, masks
    from fishcheckpoint.safetensors import save_file
    from fishcheckpoint.training.cover import Cover


def net(seed=0):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2))


class Tied(torch.nn.Module):
    def __init__(self, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.embedding, self.body, self.head = torch.nn.Embedding(9, 4), torch.nn.Linear(4, 4), torch.nn.Linear(4, 9, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens):
        return self.head(self.body(self.embedding(tokens)))


@needs_torch
class OptimizerFormsTests(unittest.TestCase):
    def changed(self, make, mask_of=lambda model: masks.random(model, 0.4, seed=1)):
        """The positions that three steps change."""
        model = net()
        mask = mask_of(model)
        optimizer = make(model, mask)
        before = {name: tensor.detach().clone() for name, tensor in model.named_parameters()}
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.ones(2, 4)).sub(1).square().sum().backward()
            optimizer.step()
        found = {name: (parameter != before[name]).view(-1).nonzero().view(-1).tolist() for name, parameter in model.named_parameters()}
        for name, positions in found.items():
            self.assertTrue(set(positions) <= set(mask.get(name, mask.get(f"module.{name}", torch.empty(0))).tolist()), name)
        self.assertTrue(any(found.values()))
        return optimizer, found

    def test_every_form_of_parameters_trains_the_same(self):
        forms = (
            lambda model, mask: MaskedAdamW(model, mask, lr=0.1), lambda model, mask: MaskedAdamW(model.parameters(), mask, lr=0.1),
            lambda model, mask: MaskedAdamW(list(model.parameters()), mask, lr=0.1), lambda model,
            mask: MaskedAdamW(model.named_parameters(), mask, lr=0.1),
            lambda model, mask: MaskedAdamW([{"params": model.parameters()}], mask, lr=0.1),
            lambda model, mask: MaskedAdamW([{"params": model[0].parameters(), "lr": 0.1}, {"params": list(model[2].parameters())}], mask,
                                            lr=0.1),
            lambda model, mask: MaskedAdamW([{"params": model[2], "lr": 0.1}, {"params": model[0].weight}, {"params": [model[0].bias]}],
                                            mask, lr=0.1)
            if all(name.startswith("0") for name in mask) else MaskedAdamW(model, mask, lr=0.1),
            lambda model, mask: MaskedAdamW(torch.nn.DataParallel(model).parameters(), mask, lr=0.1),
            lambda model, mask: MaskedAdamW(({"params": [item]} for item in model.named_parameters()), mask, lr=0.1))
        expected = self.changed(forms[0])[1]
        for index, make in enumerate(forms):
            with self.subTest(form=index):
                self.assertEqual(self.changed(make)[1], expected)

    def test_masks_of_every_origin_know_their_parameters(self):
        def fisher(model):
            return masks.empirical_fisher(model, [(torch.randn(4, 4), torch.tensor([0, 1, 0, 1]))])
        for mask_of in (lambda model: masks.fish(fisher(model), 0.5), lambda model: masks.top(fisher(model).scores, 0.5),
                        lambda model: masks.magnitude(model, 0.5),
                        lambda model: masks.top_per_tensor(fisher(model).scores, 0.5), masks.bitfit, Mask.full,
                        lambda model: masks.random(dict(model.named_parameters()), 0.5),
                        lambda model: masks.random(model, 0.1).union(masks.bitfit(model)),
                        lambda model: masks.random(torch.nn.DataParallel(model), 0.5)):
            self.changed(lambda model, mask: MaskedSGD(model.parameters(), mask, lr=0.1), mask_of)

    def test_options_of_groups_are_kept(self):
        model = net()
        optimizer = MaskedAdam([{"params": model[0].parameters(), "lr": 0.5}, {"params": model[2].parameters(), "weight_decay": 0.25}],
                               masks.random(model, 0.5), lr=0.125)
        self.assertEqual([(group["lr"], group["weight_decay"]) for group in optimizer.param_groups], [(0.5, 0), (0.125, 0.25)])

    def test_masks_that_know_no_parameters_show_what_to_write(self):
        model = net()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "mask.safetensors")
            masks.random(model, 0.5).save(path)
            unknowing = [Mask.load(path), masks.random(copy.deepcopy(model), 0.5), dict(masks.random(model, 0.5)),
                         pickle.loads(pickle.dumps(masks.random(model, 0.5)))]
        for mask in unknowing:
            for parameters in (model.parameters(), [{"params": model.parameters(), "lr": 1.0}],
                               [{"params": list(model.parameters())[:1]}, {"params": list(model.parameters())[1:]}]):
                with self.assertRaises(TypeError) as raised:
                    MaskedAdamW(parameters, mask)
                self.assertIn("MaskedAdamW(model, mask, lr=1e-3)", str(raised.exception))
                self.assertIn("model.named_parameters()", str(raised.exception))
        for mask in unknowing:  # and what is shown works
            for make in (lambda: MaskedAdamW(model, mask, lr=1e-3), lambda: MaskedAdamW(model.named_parameters(), mask, lr=1e-3),
                         lambda: MaskedAdamW([{"params": list(model.named_parameters()), "lr": 1e-3}], mask)):
                self.assertEqual(len(make().param_groups[0]["params"]), 4)

    def test_what_is_no_model_or_mask_is_a_type_error(self):
        model = net()
        mask = masks.random(model, 0.5)
        for arguments in ((model, None), (model, 0.001), (model, [torch.tensor([1])]), ("model", mask), (5, mask), (None, mask),
                          (model.state_dict(), mask),
                          (model[0].weight, mask), ([1, 2], mask), ([{"lr": 1}], mask), ([{"params": None}], mask),
                          ([{"params": model.parameters()}, 5], mask)):
            with self.subTest(arguments=[type(argument).__name__ for argument in arguments]), self.assertRaises(TypeError) as raised:
                MaskedSGD(*arguments)
            self.assertIn("MaskedSGD(model, mask, lr=1e-3)", str(raised.exception))

    def test_another_mask_finds_parameters_that_had_no_name(self):
        model = net()
        optimizer = MaskedSGD(model.parameters(), masks.random({"0.weight": model[0].weight}, 0.5), lr=0.1)
        optimizer.set_mask(masks.random({"2.bias": model[2].bias}, 1.0))
        model(torch.ones(2, 4)).sum().backward()
        before = model[2].bias.detach().clone()
        optimizer.step()
        self.assertTrue(bool((model[2].bias != before).all()))


@needs_torch
class ReadmeTests(unittest.TestCase):
    def test_every_call_of_the_client_stands_there(self):
        from fishcheckpoint import FishClient
        with open(os.path.join(ROOT, "src", "python", "README.md"), encoding="utf-8") as file:
            page = file.read()
        calls = [name for name in dir(FishClient) if not name.startswith("_") and callable(getattr(FishClient, name))]
        self.assertGreater(len(calls), 40)
        self.assertEqual([name for name in calls if f"`{name}" not in page and name not in ("close", "with_retries")], [])


@needs_torch
class MaskAtThePromptTests(unittest.TestCase):
    def test_repr_is_one_line(self):
        model = torch.nn.Sequential(torch.nn.Linear(100, 200), torch.nn.Linear(200, 10))
        mask = masks.random(model, 0.05)
        total = sum(parameter.numel() for parameter in model.parameters())
        self.assertEqual(repr(mask), f"Mask({len(mask)} tensors, {int(total * 0.05):,} positions, density 5%)")
        self.assertEqual((str(mask), repr(Cover.of(mask)).split("(")[0]), (repr(mask), "Cover"))
        self.assertEqual(repr(Mask({"a": torch.tensor([1, 5])})), "Mask(1 tensors, 2 positions)")
        self.assertEqual((repr(Mask()), repr(masks.random(model, 0.0))),
                         ("Mask(0 tensors, 0 positions)", "Mask(0 tensors, 0 positions, density 0%)"))
        self.assertIn("density", repr(mask.union(masks.bitfit(model))))
        self.assertIn("density 5%", repr(pickle.loads(pickle.dumps(mask))))
        self.assertTrue(pickle.loads(pickle.dumps(mask)).equals(mask) and copy.deepcopy(mask).equals(mask))

    def test_masks_keep_no_model_alive(self):
        import gc
        import weakref
        model = net()
        mask, gone = masks.random(model, 0.5), weakref.ref(model[0].weight)
        del model
        gc.collect()
        self.assertIsNone(gone())
        self.assertEqual(mask.count, 22)


class TiedTests(HookTest):
    def test_loaded_tensors_fit_load_state_dict(self):
        model, mask = Tied(), None
        self.client.add_base(self.base + "-tied", model)
        mask = masks.random(model, 0.5)
        optimizer = MaskedSGD(model, mask, lr=0.1)
        with FishHook(self.client, self.task, model, optimizer=optimizer, base=self.base + "-tied", save_every_steps=1,
                      save_on_stop=False) as hook:
            model(torch.tensor([[1, 2]])).square().sum().backward()
            optimizer.step()
            hook.on_step(1)
        whole = unique("task")
        self.client.put_task(whole, self.base + "-tied")
        self.client.save(whole, 1, model)
        for task in (self.task, whole):
            found = self.client.load(task)
            self.assertEqual(set(found), set(model.state_dict()))
            other = Tied(5)
            other.load_state_dict(found)
            self.assert_same(other.state_dict(), model.state_dict())
            self.assertIs(other.head.weight, other.embedding.weight)
        self.assertEqual(set(self.client.load_start(self.task)), set(model.state_dict()))
        with tempfile.TemporaryDirectory() as folder:  # files hold them once
            self.client.load(self.task, into=os.path.join(folder, "m.safetensors"))
            from fishcheckpoint.safetensors import load_file
            self.assertEqual(set(load_file(os.path.join(folder, "m.safetensors"))), set(model.state_dict()) - {"head.weight"})

    def test_files_of_the_safetensors_library_tell_of_ties(self):
        model = Tied()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.safetensors")
            save_file(model.state_dict(), path, {"format": "pt", "head.weight": "embedding.weight", "note": "none.such"})
            self.client.add_base(self.base + "-file", path)
        self.client.put_task(self.task, self.base + "-file")
        self.client.save(self.task, 1, model)
        Tied(3).load_state_dict(self.client.load(self.task))

    def test_tied_models_are_saved_over_bases_with_other_names(self):
        for stored in (["head.weight"], ["embedding.weight", "head.weight"]):
            base, task, model = unique("base"), unique("task"), Tied(4)
            start = Tied()
            self.client.add_base(base,
                                 {**{name: start.state_dict()[name].clone() for name in stored}, **start.body.state_dict(prefix="body.")})
            self.client.put_task(task, base)
            self.client.save(task, 1, model)
            found = self.client.load(task)
            self.assertEqual({name for name in found if "body" not in name}, set(stored))
            self.assertTrue(all(torch.equal(found[name], model.head.weight) for name in stored))

    def test_a_base_of_an_earlier_version_is_the_same_base(self):
        model = Tied()
        name = unique("base")
        old = {key: tensor for key, tensor in model.state_dict().items() if key != "head.weight"}
        first = self.client.add_base(name, old)
        self.assertEqual(self.client.add_base(name, model)["id"], first["id"])
        self.assert_refused("BASE_TAKEN", self.client.add_base, name, Tied(7))


if __name__ == "__main__":
    unittest.main()
