"""A run that is interrupted and resumed equals one that is not, bit for bit: optimizers, schedulers, samplers, extra state. What does not
fit is refused before
anything is changed."""

import collections
import copy
import random
import unittest

from hooktest import HookTest
from support import torch, unique

try:
    import numpy
except ImportError:
    numpy = None

if torch is not None:
    from fishcheckpoint import FishHook, MaskedAdamW, MaskedSGD, masks
    from fishcheckpoint.optim import MaskedOptimizer
    from fishcheckpoint.tensors.raw import bytes_of

    class Wide(torch.optim.Optimizer):
        """Keeps state of every kind, none of it in the parameters' dtype: what load_state_dict() casts, or cannot know."""

        def __init__(self, parameters, lr=1e-2):
            super().__init__(parameters, {"lr": lr})
            self.seen = 0

        def step(self, closure=None):
            self.seen += 1
            self.state["shared"] = {"norm": torch.tensor(float(self.seen), dtype=torch.float64)}
            for group in self.param_groups:
                for parameter in group["params"]:
                    state = self.state[parameter]
                    if not state:
                        state.update(step=torch.tensor(0, dtype=torch.int64), average=torch.zeros(parameter.shape, dtype=torch.float64),
                                     history=[], flags=None,
                                     votes=torch.zeros(parameter.shape, dtype=torch.int16), scale=torch.ones((), dtype=torch.float64),
                                     window=collections.deque(maxlen=2), note="kept", shape=parameter.shape,
                                     order=collections.OrderedDict(a=1), span=range(3),
                                     both={"slow": torch.zeros(parameter.shape), 3: (1, torch.zeros(1))})
                    gradient = parameter.grad.double()
                    state["step"] += 1
                    state["average"].mul_(0.9).add_(gradient * 1.0009765)
                    state["flags"] = gradient > 0
                    state["votes"] += state["flags"].to(torch.int16)
                    state["scale"].mul_(0.999)
                    state["history"] = [*state["history"], state["average"].mean()][-3:]
                    state["window"].append(int(state["votes"].sum()))
                    state["both"]["slow"].lerp_(gradient.float(), 0.1)
                    step = state["average"] * state["scale"] * group["lr"] / self.seen + sum(state["history"]) * 1e-4
                    step = step + state["both"]["slow"].double() * sum(state["window"]) * 1e-6
                    parameter.data.add_((step + state["votes"] * 1e-5 + float(self.state["shared"]["norm"]) * 1e-6).to(parameter.dtype))

        def state_dict(self):
            return {**super().state_dict(), "seen": self.seen}

        def load_state_dict(self, state):
            self.seen = state["seen"]
            super().load_state_dict({key: value for key, value in state.items() if key != "seen"})

    class Rewriting(torch.optim.SGD):
        """Its state_dict() has another form than its state."""

        def state_dict(self):
            return {"form": 2, "moments": [self.state[parameter].get("momentum_buffer") for group in self.param_groups
                                           for parameter in group["params"]],
                    "rates": [group["lr"] for group in self.param_groups]}

        def load_state_dict(self, document):
            moments = iter(document["moments"])
            for group, rate in zip(self.param_groups, document["rates"]):
                group["lr"] = rate
                for parameter in group["params"]:
                    self.state[parameter]["momentum_buffer"] = next(moments)

    class Scaled(torch.nn.Linear):
        """Has extra state of no tensor, which changes with each step."""

        def __init__(self, *sizes):
            super().__init__(*sizes)
            self.history = collections.deque([1.0], maxlen=3)

        def get_extra_state(self):
            return {"history": self.history, "dtype": torch.float16}

        def set_extra_state(self, state):
            self.history = state["history"]

        def forward(self, inputs):
            if self.training:
                self.history.append(float(inputs.detach().abs().max()))
            return super().forward(inputs) / sum(self.history)


def net(dtype=None, seed=0):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 2)).to(dtype or torch.float32)


def train(model, optimizer, first, last, scheduler=None, hook=None, scaler=None):
    dtype = next(model.parameters()).dtype
    for step in range(first, last + 1):
        inputs = torch.randn(5, 4, generator=torch.Generator().manual_seed(step)).to(dtype)

        def closure():
            optimizer.zero_grad()
            loss = (model(inputs) - 1).float().square().mean()
            (loss if scaler is None else scaler.scale(loss)).backward()
            return loss
        if scaler is not None:
            closure()
            scaler.step(optimizer)
            scaler.update()
        else:
            loss = closure()
            optimizer.step(closure) if isinstance(optimizer, torch.optim.LBFGS) else optimizer.step()
        if scheduler is not None:
            scheduler.step(*([float(loss)] if isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau) else []))
        if hook is not None:
            hook.on_step(step)


OPTIMIZERS = {} if torch is None else {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.1), "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "maximize": lambda p: torch.optim.SGD(p, lr=0.01, maximize=True, momentum=0.5),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.01), "amsgrad": lambda p: torch.optim.Adam(p, lr=0.01, amsgrad=True),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=0.01, amsgrad=True), "Adamax": lambda p: torch.optim.Adamax(p, lr=0.01),
    "NAdam": lambda p: torch.optim.NAdam(p, lr=0.01),
    "RAdam": lambda p: torch.optim.RAdam(p, lr=0.01),
    "Adagrad": lambda p: torch.optim.Adagrad(p, lr=0.1, initial_accumulator_value=0.5, lr_decay=0.1),
    "Adadelta": lambda p: torch.optim.Adadelta(p, lr=0.5),
    "RMSprop": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "Rprop": lambda p: torch.optim.Rprop(p, lr=0.01), "ASGD": lambda p: torch.optim.ASGD(p, lr=0.1, t0=2),
    "LBFGS": lambda p: torch.optim.LBFGS(p, lr=0.5, max_iter=3),
    "strong Wolfe": lambda p: torch.optim.LBFGS(p, line_search_fn="strong_wolfe", max_iter=4), "Wide": lambda p: Wide(p),
    "Rewriting": lambda p: Rewriting(p, lr=0.1, momentum=0.9)}


class StateTest(HookTest):
    def setUp(self):
        super().setUp()
        self.client.add_base(self.base + "-net", net())
        self.client.add_base(self.base + "-half", net(torch.bfloat16))

    def hook(self, task, model, optimizer, **options):
        base = self.base + ("-half" if next(model.parameters()).dtype == torch.bfloat16 else "-net")
        options = {"save_every_steps": 3, "busy": "wait", "save_at_end": False, "on_warning": self.warnings.append, "save_on_stop": False,
                   **options}
        hook = FishHook(self.client, task, model, optimizer=optimizer, base=options.pop("base", base), **options)
        self.addCleanup(hook._end)
        return hook

    def assert_state_equal(self, one, other, path="optimizer"):
        self.assertEqual(type(one), type(other), path)
        if isinstance(one, torch.Tensor):
            self.assertEqual((one.dtype, one.shape, bytes_of(one)), (other.dtype, other.shape, bytes_of(other)), path)
        elif isinstance(one, dict):
            self.assertEqual(set(one), set(other), path)
            for key in one:
                self.assert_state_equal(one[key], other[key], f"{path}[{key!r}]")
        elif isinstance(one, (list, tuple, collections.deque)):
            self.assertEqual(len(one), len(other), path)
            for index, pair in enumerate(zip(one, other)):
                self.assert_state_equal(*pair, f"{path}[{index}]")
        else:
            self.assertEqual(one, other, path)

    def assert_resumes(self, make, dtype=None, mask=False, scheduler=None, scaler=None):
        """Trains 10 steps at once, and 5 and 10 with a resume after step 3; the optimizer's state and the weights agree in every bit."""
        states = []
        for interrupted in (False, True):
            task = unique("task")
            for last in ((5, 10) if interrupted else (10,)):
                model = net(dtype, seed=0 if last == 5 or not interrupted else 9)
                mask_of = masks.random(net(), 0.5, seed=1) if mask else None
                if mask and mask is not True:
                    optimizer = make(model, mask_of)
                else:
                    if mask:
                        for name, parameter in model.named_parameters():
                            inside = torch.zeros(parameter.numel(), dtype=parameter.dtype)
                            inside[mask_of.get(name, torch.empty(0, dtype=torch.int64))] = 1
                            parameter.register_hook(lambda gradient, inside=inside.view(parameter.shape): gradient * inside)
                    optimizer = make(model.parameters())
                schedule = scheduler(optimizer) if scheduler else None
                scale = scaler() if scaler else None
                state = {name: part for name, part in (("schedule", schedule), ("scaler", scale)) if part is not None}
                hook = self.hook(task, model, optimizer, mask=mask_of, state=state, leak_check_every_saves=None)
                first = (hook.resume() or 0) + 1
                self.assertEqual(first, 4 if interrupted and last == 10 else 1)
                train(model, optimizer, first, last, schedule, hook, scale)
                hook.complete()
            kept = [optimizer.state.get(parameter) for parameter in model.parameters()] + [value for key, value in optimizer.state.items()
                if isinstance(key, str)]
            states.append([dict(model.state_dict()), [dict(values or {}) for values in kept],
                           [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups],
                           getattr(optimizer, "seen", None),
                           {key: value for key, value in schedule.state_dict().items() if not callable(value)}
                           if schedule is not None else None])
        self.assert_state_equal(states[1], states[0])
        self.assertEqual(self.warnings, [])


class OptimizersTests(StateTest):
    def test_every_optimizer_goes_on_bit_for_bit(self):
        for name, make in OPTIMIZERS.items():
            with self.subTest(optimizer=name):
                self.assert_resumes(make)

    def test_every_optimizer_goes_on_with_narrow_parameters(self):
        for name, make in OPTIMIZERS.items():
            if name not in ("LBFGS", "strong Wolfe", "Rprop"):  # these do not take bfloat16 on the CPU
                with self.subTest(optimizer=name):
                    self.assert_resumes(make, dtype=torch.bfloat16)

    def test_dense_optimizers_on_a_mask_go_on_and_have_the_same_state_beside_it(self):
        for name in ("momentum", "amsgrad", "Adagrad", "Adadelta", "RMSprop", "Rprop", "Adamax", "NAdam", "ASGD"):
            if name not in ("momentum", "ASGD"):  # without decay, which leaks
                with self.subTest(optimizer=name):
                    self.assert_resumes(OPTIMIZERS[name], mask=True)

    def test_masked_optimizers_keep_the_dtypes_of_the_one_inside(self):
        for name, make in {"AdamW": lambda model, mask: MaskedAdamW(model, mask, lr=0.01), "SGD": lambda model,
                           mask: MaskedSGD(model, mask, lr=0.1, momentum=0.9),
                           "RMSprop": lambda model, mask: MaskedOptimizer(model, mask, torch.optim.RMSprop, lr=0.01, centered=True),
                           "Adagrad": lambda model, mask: MaskedOptimizer(model, mask, torch.optim.Adagrad, lr=0.1)}.items():
            for dtype in (torch.float32, torch.bfloat16):
                with self.subTest(optimizer=name, dtype=dtype):
                    self.assert_resumes(make, dtype=dtype, mask="masked")

    def test_groups_and_their_options_come_back_as_saved(self):
        def make(parameters):
            parameters = list(parameters)
            return torch.optim.AdamW([{"params": parameters[:1], "lr": 0.5, "name": ("a", 1)},
                                      {"params": parameters[1:], "eps": 1e-6, "when": torch.float16}], lr=0.01)
        self.assert_resumes(make)
        model = net()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.25, weight_decay=0.5)
        hook = self.hook(self.task, model, optimizer)
        train(model, optimizer, 1, 3, hook=hook)
        hook.complete()
        other = net()
        optimizer = torch.optim.SGD(other.parameters(), lr=0.125)
        self.hook(self.task, other, optimizer).resume()
        self.assertEqual((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["weight_decay"]), (0.25, 0.5))

    def test_parameters_that_are_not_of_the_model_are_reported_and_keep_their_moments(self):
        moments = []
        for seed in (0, 1):
            model, extra = net(seed=seed), torch.nn.Parameter(torch.zeros(2))
            optimizer = torch.optim.Adam([*model.parameters(), extra], lr=0.1)
            hook = self.hook(self.task, model, optimizer)
            if hook.resume() is None:
                extra.grad = torch.ones(2)
                for parameter in model.parameters():
                    parameter.grad = torch.ones_like(parameter)
                for step in (1, 2, 3):
                    optimizer.step()
                    hook.on_step(step)
                hook.complete()
            moments.append(optimizer.state[extra])
        self.assert_state_equal(moments[1], moments[0])
        self.assertEqual(sum("#0.4" in warning for warning in self.warnings), 2)

    def test_states_of_earlier_versions_are_read(self):
        from fishcheckpoint.safetensors import SafetensorsFile
        model, old = net(), net()
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
        train(model, optimizer, 1, 3)
        names = dict(zip(optimizer.state, dict(model.named_parameters())))
        group = {key: value for key, value in optimizer.param_groups[0].items() if key != "params"}
        import json
        texts = {"format": "fish-trainer-state", "version": "1",
                 "optimizer/groups": json.dumps([{**group, "betas": {"$": "tuple", "items": list(group["betas"])}}]),
                 "hook/saves_since_mask": "1", "hook/anchor": "null", **{f"optimizer/step/{name}": "3" for name in names.values()}}
        arrays = {f"optimizer/{key}/{name}": state[key].view(-1) for state, name in zip(optimizer.state.values(), names.values())
                  for key in ("exp_avg", "exp_avg_sq")}
        self.client.put_task(self.task, self.base + "-net")
        body = SafetensorsFile(arrays, texts)
        self.client.save(self.task, 3, model, state=b"".join(bytes(chunk) for chunk in body.chunks()))
        found = torch.optim.AdamW(old.parameters(), lr=0.5)
        hook = self.hook(self.task, old, found, include_rng=False)
        self.assertEqual(hook.resume(), 3)
        train(model, optimizer, 4, 6)
        train(old, found, 4, 6)
        self.assert_same(old.state_dict(), model.state_dict())
        sgd = torch.optim.SGD(net().parameters(), lr=0.1)
        self.assert_refused("STATE_MISMATCH", self.hook(self.task, old, sgd, include_rng=False).resume)


class MismatchTests(StateTest):
    def saved_by(self, make, mask=None, model=None):
        task, model = unique("task"), model or net()
        optimizer = make(model)
        hook = self.hook(task, model, optimizer, mask=mask)
        train(model, optimizer, 1, 3, hook=hook)
        hook.complete()
        return task

    def assert_other(self, task, make, mask=None, prepare=None, **options):
        """Resuming with another optimizer is refused, and changes neither model nor optimizer, random numbers nor objects."""
        model = net(seed=5)
        optimizer = make(model)
        if prepare:
            prepare(model, optimizer)
        part = torch.optim.lr_scheduler.StepLR(torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1), 3) if not options else None
        hook = self.hook(task, model, optimizer, mask=mask, **({"state": {}} if not options else options))
        before = copy.deepcopy([dict(model.state_dict()), optimizer.state_dict(), torch.get_rng_state(), random.getstate(), part
                                and part.state_dict()])
        error = self.assert_refused("STATE_MISMATCH", hook.resume)
        self.assert_state_equal([dict(model.state_dict()), optimizer.state_dict(), torch.get_rng_state(), random.getstate(), part
                                 and part.state_dict()], before)
        self.assertTrue(error.cause and error.hint)
        return error

    def test_another_optimizer(self):
        adamw, sgd = (lambda model: torch.optim.AdamW(model.parameters())), (lambda model: torch.optim.SGD(model.parameters(), lr=0.1))
        for first, second in ((adamw, sgd), (sgd, adamw), (adamw, lambda model: torch.optim.Adam(model.parameters())),
                              (sgd, lambda model: Wide(model.parameters())),
                              (lambda model: torch.optim.NAdam(model.parameters()), lambda model: torch.optim.RAdam(model.parameters()))):
            error = self.assert_other(self.saved_by(first), second)
            self.assertIn(type(first(net())).__name__, error.cause)

    def test_other_options_that_decide_about_moments(self):
        for first, second in (
                (lambda model: torch.optim.AdamW(model.parameters(), amsgrad=True), lambda model: torch.optim.AdamW(model.parameters())),
                (lambda model: torch.optim.Adam(model.parameters()), lambda model: torch.optim.Adam(model.parameters(), amsgrad=True)),
                (lambda model: torch.optim.SGD(model.parameters(), lr=1, momentum=0.9),
                 lambda model: torch.optim.SGD(model.parameters(), lr=1)),
                (lambda model: torch.optim.RMSprop(model.parameters(), centered=True),
                 lambda model: torch.optim.RMSprop(model.parameters()))):
            self.assert_other(self.saved_by(first), second)

    def test_other_groups(self):
        def groups(*sizes, reverse=False):
            def make(model):
                parameters = list(model.parameters())
                bounds = [sum(sizes[:index]) for index in range(len(sizes) + 1)]
                found = [{"params": parameters[first:last]} for first, last in zip(bounds, bounds[1:])]
                return torch.optim.Adam(found[::-1] if reverse else found)
            return make
        for first, second in ((groups(4), groups(2, 2)), (groups(1, 3), groups(3, 1)), (groups(2, 2), groups(2, 2, reverse=True)),
                              (groups(4), groups(3)), (groups(2), groups(3))):
            self.assert_other(self.saved_by(first), second)

    def test_a_group_in_another_order_is_the_same(self):
        task = self.saved_by(lambda model: torch.optim.Adam(model.parameters()))
        model = net(seed=5)
        hook = self.hook(task, model, torch.optim.Adam(list(model.parameters())[::-1]))
        self.assertEqual(hook.resume(), 3)
        task = self.saved_by(lambda model: torch.optim.LBFGS(model.parameters()))
        self.assert_other(task, lambda model: torch.optim.LBFGS(list(model.parameters())[::-1]))

    def test_masked_and_dense(self):
        mask = masks.random(net(), 0.5)
        masked, dense = (lambda model: MaskedAdamW(model, mask)), (lambda model: torch.optim.AdamW(model.parameters()))
        self.assert_other(self.saved_by(masked), dense, mask=mask)
        self.assert_other(self.saved_by(dense, mask=mask), masked)
        self.assert_other(self.saved_by(dense, mask=mask), dense)
        self.assert_other(self.saved_by(dense), dense, mask=mask)
        self.assert_other(self.saved_by(masked), lambda model: MaskedOptimizer(model, mask, torch.optim.NAdam))

    def test_an_optimizer_that_has_other_moments_already(self):
        def prepare(model, optimizer):
            for parameter in model.parameters():
                optimizer.state[parameter]["square"] = torch.zeros_like(parameter)
        self.assert_other(self.saved_by(lambda model: torch.optim.SGD(model.parameters(), lr=1, momentum=0.9)),
                          lambda model: torch.optim.SGD(model.parameters(), lr=1, momentum=0.9), prepare=prepare)

    def test_a_part_that_is_missing_or_damaged(self):
        class Part:
            def state_dict(self):
                return {"a": 1}

            def load_state_dict(self, state):
                raise AssertionError("it is not to be changed")
        sgd = lambda model: torch.optim.SGD(model.parameters(), lr=0.1)  # noqa: E731
        task = self.saved_by(sgd)
        self.assert_other(task, sgd, state={"sampler": Part()})
        from fishcheckpoint.safetensors import SafetensorsFile
        from fishcheckpoint.training.trainer_state import TrainerState
        state = TrainerState.parse(self.client.state(task), "test")
        for index, (name, text) in enumerate((("sampler/state", "{"), ("optimizer/groups", "5"), ("hook/optimizer", "{}"),
                                              ("hook/saves_since_mask", ""), ("rng/python.rest", "[1]"),
                                              ("hook/optimizer_details", "[]"), ("hook/extra_state", '{"none._extra_state": 1}'))):
            texts = {"format": "fish-trainer-state", "version": "1", **state.texts, "sampler/state": "1", name: text}
            body = SafetensorsFile(state.arrays, texts)
            task = unique("task")
            self.client.put_task(task, self.base + "-net")
            self.client.save(task, 3, net(), state=b"".join(bytes(chunk) for chunk in body.chunks()))
            with self.subTest(text=name):
                self.assert_other(task, sgd, state={"sampler": Part()})

    def test_parts_that_this_run_does_not_take_are_reported(self):
        model = net()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        hook = self.hook(self.task, model, optimizer, state={"schedule": torch.optim.lr_scheduler.StepLR(optimizer, 2)})
        train(model, optimizer, 1, 3, hook=hook)
        hook.complete()
        self.assertEqual(self.hook(self.task, net(), None).resume(), 3)
        self.assertIn("state['schedule'], the optimizer", self.warnings[-1])
        count = len(self.warnings)
        self.hook(self.task, net(), None, include_optimizer=False,
                  state={"schedule": torch.optim.lr_scheduler.StepLR(optimizer, 2)}).resume()
        self.assertEqual(len(self.warnings), count)


class PartsTests(StateTest):
    def test_schedulers_go_on_bit_for_bit(self):
        schedules = torch.optim.lr_scheduler
        sgd, adam = OPTIMIZERS["momentum"], OPTIMIZERS["Adam"]
        for name, optimizer, scheduler in (
                ("steps", sgd, lambda o: schedules.MultiStepLR(o, [2, 4, 4, 8])),
                ("cycle", adam, lambda o: schedules.OneCycleLR(o, 0.1, total_steps=20)),
                ("cycle of momentum", sgd, lambda o: schedules.OneCycleLR(o, 0.1, total_steps=20)),
                ("plateau", sgd, lambda o: schedules.ReduceLROnPlateau(o, patience=0)),
                ("lambda", sgd, lambda o: schedules.LambdaLR(o, lambda step: 1 / (step + 1))),
                ("triangle", sgd, lambda o: schedules.CyclicLR(o, 0.01, 0.1, step_size_up=3)),
                ("average", sgd, lambda o: torch.optim.swa_utils.SWALR(o, swa_lr=0.05, anneal_epochs=4)),
                ("restarts", adam, lambda o: schedules.CosineAnnealingWarmRestarts(o, 3)),
                ("one after another", sgd,
                 lambda o: schedules.SequentialLR(o, [schedules.ConstantLR(o, 0.1, 4), schedules.ExponentialLR(o, 0.9)], [4])),
                ("chain", sgd, lambda o: schedules.ChainedScheduler([schedules.ConstantLR(o, 0.1, 4), schedules.ExponentialLR(o, 0.9)]))):
            with self.subTest(scheduler=name):
                self.assert_resumes(optimizer, scheduler=scheduler)

    def test_gradient_scalers_go_on(self):
        self.assert_resumes(OPTIMIZERS["Adam"], scaler=lambda: torch.cuda.amp.GradScaler(enabled=False))

    def test_averaged_models_and_objects_of_numpy_go_on(self):
        class Sampler:
            """Draws an order of examples, as a NumPy user writes it."""

            def __init__(self, seed):
                self.generator = numpy.random.default_rng(seed) if numpy else random.Random(seed)
                self.order, self.legacy = None, None

            def draw(self):
                self.order = self.generator.permutation(7) if numpy else self.generator.sample(range(7), 7)
                return self.order

            def state_dict(self):
                return {"generator": self.generator.bit_generator.state if numpy else self.generator.getstate(), "order": self.order,
                        "legacy": numpy.random.get_state() if numpy else None, "seen": {1, 2}, "epochs": collections.OrderedDict(a=1)}

            def load_state_dict(self, state):
                if numpy:
                    self.generator.bit_generator.state, self.legacy = state["generator"], state["legacy"]
                else:
                    self.generator.setstate(state["generator"])
                self.order = state["order"]
        averages = []
        for interrupted in (False, True):
            task = unique("task")
            for last in ((5, 10) if interrupted else (10,)):
                model, sampler = net(seed=last), Sampler(last)
                optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                if last == 10 and not interrupted or last == 5:
                    model, sampler = net(), Sampler(3)
                    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                average = torch.optim.swa_utils.AveragedModel(model)
                hook = self.hook(task, model, optimizer, state={"average": average, "sampler": sampler})
                for step in range((hook.resume() or 0) + 1, last + 1):
                    train(model, optimizer, step, step)
                    average.update_parameters(model)
                    sampler.draw()
                    hook.on_step(step)
                hook.complete()
            averages.append([dict(average.state_dict()), list(sampler.order), list(sampler.draw())])
        self.assert_state_equal(averages[1], averages[0])

    def test_extra_state_of_modules_goes_on(self):
        class Packed(torch.nn.Linear):
            """Its extra state is a new tensor at each call."""

            seen = 0

            def get_extra_state(self):
                return torch.tensor([self.seen])

            def set_extra_state(self, state):
                self.seen = int(state)

            def forward(self, inputs):
                self.seen += 1
                return super().forward(inputs) * (1 + self.seen / 100)

        def model_of(seed):
            torch.manual_seed(seed)
            return torch.nn.Sequential(Scaled(4, 6), torch.nn.Tanh(), Packed(6, 2))
        base = unique("base")
        self.client.add_base(base, {name: tensor for name, tensor in model_of(0).state_dict().items() if "extra" not in name})
        for mask in (None, masks.random(torch.nn.ModuleDict({"0": torch.nn.Linear(4, 6), "2": torch.nn.Linear(6, 2)}), 0.5)):
            results = []
            for interrupted in (False, True):
                task = unique("task")
                for last in ((5, 10) if interrupted else (10,)):
                    model = model_of(0 if last == 5 or not interrupted else 9)
                    optimizer = torch.optim.SGD(model.parameters(), lr=0.1) if mask is None else MaskedSGD(model, mask, lr=0.1)
                    wrapped = torch.nn.DataParallel(model) if last == 10 else model
                    hook = self.hook(task, wrapped, optimizer, base=base, own_tensors=["2._extra_state"], leak_check_every_saves=None)
                    for step in range((hook.resume() or 0) + 1, last + 1):
                        train(model, optimizer, step, step)
                        hook.on_step(step)
                    hook.complete()
                results.append([dict(model.state_dict()), list(model[0].history), model[2].seen])
            self.assert_state_equal(results[1], results[0])
        self.assertEqual(self.warnings, [])

    def test_extra_state_of_other_modules_is_refused(self):
        torch.manual_seed(0)
        model = torch.nn.Sequential(Scaled(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 2))
        hook = self.hook(self.task, model, None)
        for step in (1, 2, 3):
            hook.on_step(step)
        hook.complete()
        error = self.assert_refused("STATE_MISMATCH", self.hook(self.task, net(seed=4), None).resume)
        self.assertEqual(error.key, "0._extra_state")

        class Odd(torch.nn.Linear):
            def get_extra_state(self):
                return {"lock": object()}
        error = self.assert_refused("STATE_UNSUPPORTED", self.hook, unique("task"),
                                    torch.nn.Sequential(Odd(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 2)), None)
        self.assertEqual(error.key, "model.state_dict()['0._extra_state']['lock']")

    def test_what_cannot_be_kept_is_refused_when_the_hook_is_made(self):
        def part(value):
            return type("Part", (), {"state_dict": lambda self: value, "load_state_dict": lambda self, state: None})()
        import socket
        with socket.socket() as connection:
            for value, path in (({"order": [0, 1, 2, connection]}, "state['sampler']['order'][3]"),
                                ({"a": ({2: object()},)}, "state['sampler']['a'][0][2]"),
                                ([random.Random()], "state['sampler'][0]")):
                error = self.assert_refused("STATE_UNSUPPORTED", self.hook, self.task, net(), None, state={"sampler": part(value)})
                self.assertEqual(error.key, path)
        for broken in (object(), {"a": 1}, type("Half", (), {"state_dict": lambda self: {}})(),
                       type("Failing", (), {"state_dict": lambda self: 1 / 0, "load_state_dict": lambda self, state: None})()):
            error = self.assert_refused("STATE_UNSUPPORTED", self.hook, self.task, net(), None, state={"sampler": broken})
            self.assertEqual(error.key, "state['sampler']")
        model = net()
        optimizer = torch.optim.SGD([{"params": list(model.parameters()), "owner": object()}], lr=0.1)
        self.assertEqual(self.assert_refused("STATE_UNSUPPORTED", self.hook, self.task, model, optimizer).key,
                         "optimizer.param_groups[0]['owner']")
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        optimizer.state[next(model.parameters())]["handle"] = [object()]
        self.assertEqual(self.assert_refused("STATE_UNSUPPORTED", self.hook, self.task, model, optimizer).key,
                         "optimizer.state['0.weight']['handle'][0]")
        self.hook(self.task, model, optimizer, include_optimizer=False)

    def test_functions_of_own_parts_are_reported_once(self):
        part = type("Part", (), {"state_dict": lambda self: {"f": len, "n": 1}, "load_state_dict": lambda self, state: None})()
        self.hook(self.task, net(), None, state={"own": part})
        self.assertEqual(len(self.warnings), 1)
        self.assertIn("state['own']['f']", self.warnings[0])
        optimizer = torch.optim.SGD(net().parameters(), lr=0.1)
        self.hook(self.task, net(), None, state={"schedule": torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=5)})
        self.assertEqual(len(self.warnings), 1)


if __name__ == "__main__":
    unittest.main()
