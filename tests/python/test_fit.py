"""A model that can never be saved is found when the hook is made; wrapped models, masks and optimizers have the names of what is inside."""

import unittest

from hooktest import HookTest
from support import needs_torch, torch, unique

if torch is not None:
    from fishcheckpoint import FishHook, FishLightningCallback, Mask, MaskedAdamW, MaskedSGD, masks
    from fishcheckpoint.tensors.names import NameLookup, bare_name, module_tensors


class Engine(torch.nn.Module if torch is not None else object):
    """As packages for distributed training wrap a module, under a name that any part may have."""

    def __init__(self, inner):
        super().__init__()
        self.module = inner

    def forward(self, *arguments):
        return self.module(*arguments)


class Compiled(torch.nn.Module if torch is not None else object):
    """As torch.compile gives it: the module under _orig_mod."""

    def __init__(self, inner):
        super().__init__()
        self._orig_mod = inner

    def forward(self, *arguments):
        return self._orig_mod(*arguments)


def net(classes=3, seed=0):
    torch.manual_seed(seed)
    return torch.nn.ModuleDict({
        "body": torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.LayerNorm(8)), "classifier": torch.nn.Linear(8, classes)})


@needs_torch
class NameTests(unittest.TestCase):
    def test_wrappers_are_left_out_at_any_depth(self):
        for name, bare in (("module.a.weight", "a.weight"), ("a._orig_mod.0.module.weight", "a.0.weight"), ("modules.a", "modules.a"),
                           ("module", "module"), ("a._fsdp_wrapped_module._checkpoint_wrapped_module.b", "a.b")):
            self.assertEqual(bare_name(name), bare)

    def test_exact_names_come_first_and_ambiguous_ones_are_not_found(self):
        names = NameLookup(["module.a", "a", "module.b"])
        self.assertEqual([names.find(name) for name in ("a", "module.a", "_orig_mod.a", "b", "module._orig_mod.b", "c")],
                         ["a", "module.a", None, "module.b", "module.b", None])

    def test_part_that_is_called_module_keeps_its_name(self):
        other = torch.nn.DataParallel(Compiled(torch.nn.Linear(2, 2, bias=False)))
        model = torch.nn.ModuleDict({"module": torch.nn.Linear(2, 2), "other": other})
        self.assertEqual(list(module_tensors(torch.nn.DataParallel(model))), ["module.weight", "module.bias", "other.weight"])


class FitTests(HookTest):
    def hook_of(self, model, base=None, task=None, **options):
        hook = FishHook(self.client, task or self.task, model, base=base or self.base,
                        **{"save_every_steps": 1, "busy": "wait", "on_warning": self.warnings.append, **options})
        self.addCleanup(hook._end)
        return hook

    def base_of(self, tensors):
        base = unique("base")
        self.client.add_base(base, tensors)
        return base

    def test_every_difference_is_listed_with_the_option_that_mends_it(self):
        base = self.base_of({**net().state_dict(), "pooler.weight": torch.zeros(2), "pooler.bias": torch.zeros(2)})
        model = net(5)
        model["extra"] = torch.nn.Linear(2, 2, bias=False)
        error = self.assert_refused("LAYOUT_MISMATCH", self.hook_of, model, base)
        self.assertIn("5 tensors", error.cause)
        for text in ("'classifier.weight' has the shape [5, 8], the task's has [3, 8]", "'extra.weight' (F32, [2, 2]) is not in it",
                     "'pooler.bias' is missing from the model"):
            self.assertIn(text, error.cause)
        option = "own_tensors=['classifier.weight', 'classifier.bias', 'extra.weight', 'pooler.bias', 'pooler.weight']"
        self.assertIn(option, error.hint)
        self.assert_refused("TASK_NOT_FOUND", self.client.get_task, self.task)  # nothing was made
        hook = self.hook_of(model, base, **eval(f"dict({option})"))
        hook.on_step(1)
        hook.complete()
        self.assert_same(self.client.load(self.task), dict(model.state_dict()))
        again = net(5, seed=4)
        again["extra"] = torch.nn.Linear(2, 2, bias=False)
        self.assertEqual(self.hook_of(again, base).resume(), 1)
        self.assert_same(again.state_dict(), model.state_dict())

    def test_task_that_exists_offers_another_task(self):
        self.client.put_task(self.task, self.base_of(net()))
        base = self.client.get_task(self.task)["base"]
        error = self.assert_refused("LAYOUT_MISMATCH", self.hook_of, net(7), base, mask=masks.random(net(7), 0.3))
        self.assertIn("another task", error.hint)
        self.assertIn("own_tensors=['classifier.weight', 'classifier.bias']", error.hint)

    def test_branch_of_another_model_makes_no_task(self):
        trunk, base = unique("trunk"), self.base_of(net())
        hook = self.hook_of(net(), base, trunk)
        hook.on_step(1)
        hook.complete()
        self.assert_refused("LAYOUT_MISMATCH", self.hook_of, net(4), from_=f"{trunk}:1")
        self.assert_refused("TASK_NOT_FOUND", self.client.get_task, self.task)

    def test_one_tensor_of_another_dtype_can_be_its_own_and_is_saved_whole(self):
        base = self.base_of({name: tensor.bfloat16() for name, tensor in net().state_dict().items()})
        model = net().bfloat16()
        model["body"][1].float()
        error = self.assert_refused("LAYOUT_MISMATCH", self.hook_of, model, base)
        self.assertIn("'body.1.weight' has the dtype F32, the task's has BF16", error.cause)
        self.assertIn("own_tensors=['body.1.weight', 'body.1.bias']", error.hint)
        hook = self.hook_of(model, base, own_tensors=["body.1.*"], mask=Mask({"classifier.bias": torch.arange(3)}))
        hook.on_step(1)
        hook.complete()
        self.assert_same(self.client.load(self.task), dict(model.state_dict()))
        self.assertEqual(self.warnings, [])

    def test_whole_model_of_another_dtype_is_refused_with_the_conversion(self):
        for dtype in (torch.float16, torch.float64):
            with self.subTest(dtype=dtype):
                error = self.assert_refused("LAYOUT_MISMATCH", self.hook_of, net().to(dtype), self.base_of(net()))
                self.assertIn("model.to(torch.float32)", error.hint)
                self.assertNotIn("own_tensors", error.hint)

    def test_dtype_that_no_file_has(self):
        model = net()
        model.register_buffer("phase", torch.zeros(2, dtype=torch.complex128))
        self.assertIn("complex128", self.assert_refused("LAYOUT_MISMATCH", self.hook_of, model, self.base_of(net())).cause)

    def test_tensors_without_values(self):
        for model in (torch.nn.Sequential(torch.nn.LazyLinear(3)), torch.nn.Linear(2, 2, device="meta")):
            error = self.assert_refused("REQUEST_INVALID", self.hook_of, model)
            self.assertIn("no values yet", error.cause)

    def test_long_lists_are_short(self):
        base = self.base_of(torch.nn.Sequential(*(torch.nn.Linear(1, 1) for _ in range(300))))
        model = torch.nn.ModuleDict({"decoder": torch.nn.Sequential(*(torch.nn.Linear(2, 2) for _ in range(300)))})
        error = self.assert_refused("LAYOUT_MISMATCH", self.hook_of, model, base)
        self.assertIn("1200 tensors", error.cause)
        self.assertIn("and 1180 more", error.cause)
        self.assertIn("'decoder.*'", error.hint)
        self.assertLess(len(error.cause), 4000)

    def test_headers_beyond_one_range(self):
        base = self.base_of({f"layer_{'x' * 90}.{index}.weight": torch.zeros(1) for index in range(2000)})
        layout = self.client.base_layout(base)
        self.assertEqual((len(layout), layout[f"layer_{'x' * 90}.1999.weight"].shape), (2000, (1,)))

    def wrapped(self, kind, seed=0):
        model = net(seed=seed)
        if kind == "block":
            model["body"][0] = Compiled(model["body"][0])
        elif kind == "parallel inside":
            model["body"] = torch.nn.DataParallel(model["body"])
        elif kind == "engine":
            model["body"] = Engine(model["body"])
            return Engine(Compiled(model))
        elif kind == "both":
            model["body"] = Compiled(torch.nn.DataParallel(Compiled(model["body"])))
            return torch.nn.DataParallel(Compiled(model))
        return model

    @staticmethod
    def inner(model):
        while hasattr(model, "_orig_mod") or hasattr(model, "module"):
            model = model._orig_mod if hasattr(model, "_orig_mod") else model.module
        return model

    def train(self, model, optimizer, hook, first, last):
        model = self.inner(model)
        for step in range(first, last + 1):
            optimizer.zero_grad()
            inputs = torch.randn(5, 4, generator=torch.Generator().manual_seed(step))
            model["classifier"](self.inner(model["body"])(inputs)).square().mean().backward()
            optimizer.step()
            hook.on_step(step)
        hook.complete()

    def test_masks_and_optimizers_of_wrapped_and_bare_models_fit_each_other(self):
        base = self.base_of(net())
        straight = net()
        optimizer = MaskedAdamW(straight, masks.random(net(), 0.5), lr=0.1)
        self.train(straight, optimizer, self.hook_of(straight, base, unique("task"), optimizer=optimizer), 1, 6)
        for first, second in (("bare", "both"), ("both", "block"), ("block", "parallel inside"), ("parallel inside", "bare"),
                              ("bare", "engine"), ("engine", "both")):
            with self.subTest(first=first, second=second):
                task, model, other = unique("task"), self.wrapped(first), self.wrapped(second, seed=9)
                optimizer = MaskedAdamW(model, masks.random(self.wrapped(second), 0.5), lr=0.1)  # the mask has the other model's names
                self.train(model, optimizer, self.hook_of(model, base, task, optimizer=optimizer), 1, 3)
                self.assertEqual(set(self.client.load(task)), set(net().state_dict()))
                optimizer = MaskedAdamW(other, masks.random(net(), 0.5), lr=0.1)
                hook = self.hook_of(other, base, task, optimizer=optimizer)
                self.assertEqual(hook.resume(), 3)
                self.train(other, optimizer, hook, 4, 6)
                self.assert_same({bare_name(name): tensor for name, tensor in other.state_dict().items()}, straight.state_dict())
                self.assert_same(self.client.load(task), straight.state_dict())
        self.assertEqual(self.warnings, [])

    def test_mask_that_has_a_tensor_under_two_names(self):
        model = net()
        mask = Mask({"classifier.bias": torch.tensor([0]), "module.classifier.bias": torch.tensor([0, 2]),
                     "body.0.bias": torch.tensor([1])})
        optimizer = MaskedSGD(model, mask, lr=0.1)
        hook = self.hook_of(model, self.base_of(net()), optimizer=optimizer)
        self.assertEqual(hook.mask["classifier.bias"].tolist(), [0, 2])
        self.train(model, optimizer, hook, 1, 2)
        changed = (model["classifier"].bias != net()["classifier"].bias).tolist()
        self.assertEqual(changed, [True, False, True])
        self.assert_same(self.client.load(self.task), model.state_dict())

    def test_blocks_that_are_compiled_after_the_hook_was_made(self):
        model = net()
        hook = self.hook_of(model, self.base_of(net()))
        model["body"][0] = Compiled(model["body"][0])
        hook.on_step(1)
        hook.complete()
        self.assert_same(self.client.load(self.task), net().state_dict())

    def test_base_and_load_of_wrapped_models(self):
        base = self.base_of(self.wrapped("both"))
        self.assertEqual(set(self.client.base_layout(base)), set(net().state_dict()))
        self.client.put_task(self.task, base)
        self.client.save(self.task, 1, self.wrapped("both", seed=3))
        target = self.wrapped("both")
        self.client.load(self.task, into=target)
        self.assert_same(module_tensors(target), net(seed=3).state_dict())

    def test_base_that_was_added_with_the_names_of_a_wrapped_model(self):
        base = self.base_of({f"module.{name}": tensor for name, tensor in net().state_dict().items()})
        model = net()
        mask = masks.random(model, 0.4)
        optimizer = MaskedSGD(model, mask, lr=0.1)
        self.train(model, optimizer, self.hook_of(model, base, optimizer=optimizer), 1, 2)
        self.assertEqual(set(self.client.load(self.task)), {f"module.{name}" for name in net().state_dict()})
        again = torch.nn.DataParallel(net(seed=2))
        self.assertEqual(self.hook_of(again, base, mask=mask, include_optimizer=False).resume(), 2)
        self.assert_same(module_tensors(again), model.state_dict())
        self.assertEqual(self.warnings, [])

    def test_save_of_a_module_under_the_names_of_the_task(self):
        base = self.base_of({f"module.{name}": tensor for name, tensor in net().state_dict().items()})
        self.client.put_task(self.task, base)
        for step, model in ((1, net(seed=5)), (2, self.wrapped("both", seed=6))):
            self.client.save(self.task, step, model)
            self.assertEqual(set(self.client.load(self.task, step)), set(self.client.base_layout(base)))
        self.assert_refused("TENSOR_UNKNOWN", self.client.save, self.task, 3, torch.nn.Linear(2, 2))

    def test_own_tensors_and_always_trained_by_bare_patterns_on_a_wrapped_model(self):
        model = torch.nn.DataParallel(net(6))
        mask = masks.random(model, 0.7, always_trained=["classifier.*"])
        hook = self.hook_of(model, self.base_of(net()), mask=mask, own_tensors=["classifier.*"])
        hook.on_step(1)
        hook.complete()
        self.assert_same(self.client.load(self.task), net(6).state_dict())
        self.assertEqual(self.warnings, [])

    def test_extra_state_tensors_are_saved_and_given_back(self):
        class Scaled(torch.nn.Linear):
            scale = 1.0

            def get_extra_state(self):
                return torch.tensor([self.scale])

            def set_extra_state(self, state):
                self.scale = float(state)

        class Named(torch.nn.Linear):
            def get_extra_state(self):
                return {"recipe": None}

            def set_extra_state(self, state):
                pass
        def make():
            torch.manual_seed(0)
            return torch.nn.Sequential(Scaled(2, 2), Named(2, 2))
        model = make()
        hook = self.hook_of(model, self.base_of(make()), mask=Mask({"1.bias": torch.tensor([0])}))
        model[0].scale = 8.0
        hook.on_step(1)
        hook.complete()
        again = make()
        with FishHook(self.client, self.task, again, mask=Mask({"1.bias": torch.tensor([0])}), save_at_end=False) as hook:
            self.assertEqual(hook.resume(), 1)
        self.assertEqual(again[0].scale, 8.0)

    def test_callbacks_refuse_before_training(self):
        import types
        callback = FishLightningCallback(self.client, self.task, base=self.base_of(net()), resume=False)
        self.assert_refused("LAYOUT_MISMATCH", callback.on_fit_start, types.SimpleNamespace(global_step=0, optimizers=[]), net(9))


if __name__ == "__main__":
    unittest.main()
