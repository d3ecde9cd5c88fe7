"""Metrics of every kind that training loops have: numbers are kept, all else is left out with one warning, and no checkpoint is lost."""

import decimal
import fractions
import math
import unittest

from hooktest import HookTest
from support import needs_torch, torch, unique

if torch is not None:
    from fishcheckpoint import FishLightningCallback, FishTrainerCallback
    from fishcheckpoint.training.messages import Messages
    from fishcheckpoint.training.metrics import MAX_BYTES, MetricReader
    from trainee import make_net


class Failing:
    def __float__(self):
        raise RuntimeError("not now")


class Named:
    def __init__(self, name):
        self.name = name

    def __str__(self):
        return self.name


class Unnamed:
    def __str__(self):
        raise ValueError("no name")


class Wrapped:
    """A number of somebody else's library, as torchmetrics and jax have."""

    def __float__(self):
        return 2.5


@needs_torch
class MetricReaderTests(unittest.TestCase):
    def setUp(self):
        self.warnings = []
        self.reader = MetricReader(Messages(self.warnings.append))

    def read(self, metrics):
        return self.reader.copied(metrics)()

    def test_numbers_of_all_kinds_are_kept(self):
        found = self.read({
            "int": 3, "bool": True, "float": 0.1, "decimal": decimal.Decimal("0.25"), "fraction": fractions.Fraction(1, 4),
            "wrapped": Wrapped(),
            "0-dim": torch.tensor(1.5), "one": torch.tensor([[7]]), "bf16": torch.tensor(2.0).bfloat16(),
            "leaf": torch.ones((), requires_grad=True),
            "inf": float("inf"), "tensor -inf": torch.tensor(-float("inf")), "nan": float("nan"), 5: 0.5, (1, "a"): 6, None: 7,
            Named("epoch"): 8})
        self.assertTrue(math.isnan(found.pop("nan")))
        self.assertEqual(found, {
            "int": 3.0, "bool": 1.0, "float": 0.1, "decimal": 0.25, "fraction": 0.25, "wrapped": 2.5, "0-dim": 1.5, "one": 7.0,
            "bf16": 2.0, "leaf": 1.0,
            "inf": math.inf, "tensor -inf": -math.inf, "5": 0.5, "(1, 'a')": 6.0, "None": 7.0, "epoch": 8.0})
        self.assertTrue(all(type(value) is float for value in found.values()))
        self.assertEqual(self.warnings, [])

    def test_numpy_numbers_are_kept_and_copied(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("NumPy is not installed")
        changing = numpy.array(1.0)
        copied = self.reader.copied({"f16": numpy.float16(0.5), "i": numpy.int64(3), "flag": numpy.bool_(True), "0-dim": changing,
                                     "one": numpy.array([[4]]),
                                     "c": numpy.complex64(1), "day": numpy.datetime64("2024-01-01"), "many": numpy.zeros(3),
                                     "text": numpy.str_("1")})
        changing[...] = 9
        self.assertEqual(copied(), {"f16": 0.5, "i": 3.0, "flag": 1.0, "0-dim": 1.0, "one": 4.0})
        self.assertEqual(len(self.warnings), 4)

    def test_what_is_no_number_is_left_out_with_one_warning_for_each_name(self):
        bad = {"none": None, "text": "0.5", "bytes": b"1", "vector": torch.zeros(2), "empty": torch.zeros(0), "list": [1.0],
               "dict": {"loss": 1}, "complex": 1j,
               "complex tensor": torch.tensor(1j), "object": object(), "failing": Failing(), "huge": 10 ** 400,
               "meta": torch.empty((), device="meta")}
        for _ in range(3):
            self.assertEqual(self.read({"loss": 1, **bad}), {"loss": 1.0})
        self.assertEqual(len(self.warnings), len(bad))
        for name in bad:
            self.assertEqual(sum(f"'{name}'" in warning for warning in self.warnings), 1, name)

    def test_odd_names_never_fail(self):
        found = self.read({"x" * 10_000: 1, "x" * 9_999: 2, "": 3, "\ud800": 4, "a\0b\n\u0085\u00e4\U0001f41f": 5, "\U0001f41f" * 300: 6,
                           "y" * 512: 7})
        self.assertEqual(sorted(found.values()), [1, 2, 3, 4, 5, 6, 7])
        self.assertEqual((found["_"], found["?"], found["a_b__\u00e4\U0001f41f"], found["y" * 512]), (3, 4, 5, 7))
        self.assertTrue(all(0 < len(name.encode("utf-16-le")) <= 1024 for name in found))
        self.assertEqual(self.read({"x" * 10_000: 1}).keys(), {name for name, value in found.items() if value == 1})
        self.assertEqual(self.read({"1": 1, 1: 2, Unnamed(): 3}), {"1": 1.0, "a Unnamed": 3.0})
        self.assertEqual(len(self.warnings), 1)
        self.assertIn("'1'", self.warnings[0])

    def test_what_is_no_mapping_is_left_out(self):
        class Broken(dict):
            def keys(self):
                raise KeyError("gone")

            items = __iter__ = keys
        for metrics in (5, "loss", [0.1, 0.2], Broken(a=1)):
            self.assertIsInstance(self.read(metrics), dict)
        self.assertGreaterEqual(len(self.warnings), 1)
        self.assertEqual((self.read(None), self.read({})), ({}, {}))

    def test_warnings_and_sizes_are_bounded(self):
        self.read({f"bad{index}": None for index in range(1000)})
        self.assertLess(len(self.warnings), 110)
        found = self.read({f"{index}{'y' * 500}": 1 for index in range(3000)})
        self.assertLess(sum(map(len, found)), MAX_BYTES)
        self.assertGreater(len(found), 1000)

    def test_tensors_are_not_changed_by_later_steps(self):
        loss = torch.tensor(0.5)
        copied = self.reader.copied({"loss": loss})
        loss.fill_(9)
        self.assertEqual((copied(), copied()), ({"loss": 0.5}, {"loss": 0.5}))


class MetricsOfHooksTests(HookTest):
    def test_no_metric_costs_a_checkpoint(self):
        run = self.run_of(save_every_steps=1, queue_capacity=9)
        odd = {"step": None, "note": "warm-up", "confusion": torch.zeros(2, 2), "\u00fc / \"q\"\n": 1, "": 2, 3: 4, "worst": float("-inf"),
               "\U0001f41f" * 9: 5}
        for step in (1, 2):
            run.hook.on_step(step, odd)
        run.hook.complete()
        for step in (1, 2):
            self.assertEqual(self.client.get(self.task, step)["metrics"],
                             {"\u00fc / \"q\"_": 1, "_": 2, "3": 4, "worst": "-Infinity", "\U0001f41f" * 9: 5})
        self.assertEqual(len(self.warnings), 3)

    def test_thousands_of_metrics_and_long_names_are_stored(self):
        run = self.run_of(save_every_steps=1, queue_capacity=9)
        run.hook.on_step(1, {f"validation/class_{index:05d}/recall": index / 7 for index in range(3000)})
        run.hook.on_step(2, {str(index) + "\u00e4" * 10_000: index for index in range(5000)})
        run.hook.complete()
        first, second = self.client.list(self.task)
        self.assertEqual((len(first["metrics"]), first["metrics"]["validation/class_02999/recall"]), (3000, 2999 / 7))
        self.assertGreater(len(second["metrics"]), 500)
        self.assertEqual(len(self.warnings), 1)

    def test_metrics_that_are_no_mapping_cost_no_checkpoint(self):
        run = self.run_of(save_every_steps=1, queue_capacity=9)
        run.hook.on_step(1, 0.25)
        run.hook.on_step(2, [0.25])
        run.hook.complete()
        self.assertEqual([found["metrics"] for found in self.client.list(self.task)], [{}, {}])
        self.assertEqual(len(self.warnings), 1)

    def test_logs_of_trainers_have_texts_and_lists(self):
        import types
        logs = {"loss": 0.5, "epoch": 1, "grad_norm": torch.tensor(2.0), "memory": "12 GB", "hist": [1, 2], "eval": None}
        callback = FishTrainerCallback(self.client, self.task, base=self.base, on_warning=self.warnings.append, leak_check_every_saves=None)
        state = types.SimpleNamespace(global_step=0, is_world_process_zero=True)
        callback.on_train_begin(None, state, None, model=make_net())
        for state.global_step in (1, 2):
            callback.on_log(None, state, None, logs=logs)
            callback.on_step_end(None, state, None)
        callback.on_train_end(None, state, None)
        self.assertEqual(self.client.get(self.task)["metrics"], {"loss": 0.5, "epoch": 1, "grad_norm": 2})
        self.assertEqual(len(self.warnings), 3)
        task = unique("task")
        callback = FishLightningCallback(self.client, task, base=self.base, on_warning=self.warnings.append, leak_check_every_saves=None)
        net = make_net()
        trainer = types.SimpleNamespace(global_step=0, is_global_zero=True, callback_metrics=logs)
        callback.on_fit_start(trainer, net)
        trainer.global_step = 1
        callback.on_train_batch_end(trainer, net)
        callback.on_fit_end(trainer, net)
        self.assertEqual(self.client.get(task)["metrics"], {"loss": 0.5, "epoch": 1, "grad_norm": 2})
        self.assertEqual(len(self.warnings), 6)


if __name__ == "__main__":
    unittest.main()
