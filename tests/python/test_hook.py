"""The hook's options, against a real server."""

import json
import os
import random
import tempfile
import time
import unittest

from hooktest import HookTest
from support import torch, unique

if torch is not None:
    from fishcheckpoint import FishHook, HookOptions, MaskedAdamW, MaskedSGD, StepOutcome, masks
    from fishcheckpoint.safetensors import save_file
    from trainee import make_net


class HookTests(HookTest):
    def test_save_every_steps_is_what_was_trained_bit_for_bit(self):
        held = {}
        run = self.run_of()
        run.train(12, lambda run: held.update({run.step: run.weights()}))
        summary = run.hook.complete()
        self.assertEqual((self.steps(), summary.saved, summary.skipped), ([5, 10], 2, 0))
        for step in (5, 10):
            self.assert_same(self.client.load(self.task, step), held[step])
        self.assertEqual([found["parent"] for found in self.client.list(self.task)], ["base", "base"])
        self.assertEqual([report.step for report in run.hook.reports], [5, 10])

    def test_second_save_brings_no_positions(self):
        run = self.run_of().train(10)
        run.hook.complete()
        first, second = self.client.list(self.task)
        self.assertEqual((first["mask"], first["changed"]), (second["mask"], second["changed"]))
        self.assertEqual(second["storedBytes"], second["valueBytes"] + second["stateBytes"])

    def test_on_step_tells_what_it_did(self):
        run = self.run_of(save_every_steps=2)
        run.step = 1
        self.assertEqual(run.hook.on_step(1), StepOutcome.NOT_DUE)
        self.assertEqual(run.hook.on_step(2, {"loss": 0.5}), StepOutcome.QUEUED)
        run.hook.complete()
        self.assertEqual(self.client.get(self.task)["metrics"], {"loss": 0.5})
        self.assert_refused("REQUEST_INVALID", run.hook.on_step, 3)

    def test_save_every_seconds(self):
        now = [0.0]
        run = self.run_of(save_every_steps=0, save_every=10.0, clock=lambda: now[0])

        def tick(run):
            now[0] += 3
        run.train(9, tick)
        run.hook.complete()
        self.assertEqual(self.steps(), [4, 8])

    def test_save_at_end(self):
        run = self.run_of(save_at_end=True).train(7)
        run.hook.complete()
        self.assertEqual(self.steps(), [5, 7])
        self.assert_same(self.client.load(self.task), run.weights())
        self.assertIn("loss", self.client.get(self.task)["metrics"])
        again = self.run_of(save_at_end=True)
        self.assertEqual(again.resume(), 7)
        self.assertEqual((again.hook.save(), again.hook.complete().saved), (None, 0))

    def test_save_on_demand(self):
        run = self.run_of(save_every_steps=0)
        self.assertIsNone(run.hook.save())
        run.train(3)
        self.assertEqual(run.hook.save({"loss": 1}).step, 3)
        self.assertEqual(run.hook.save().step, 3)
        self.assertEqual(len(run.hook.reports), 1)
        run.hook.complete()
        self.assert_same(self.client.load(self.task, 3), run.weights())

    def test_busy_skip_and_wait(self):
        def slow(report):
            time.sleep(0.05)
        run = self.run_of(save_every_steps=1, busy="skip", queue_capacity=1, on_report=slow).train(10)
        summary = run.hook.complete()
        self.assertGreater(summary.skipped, 0)
        self.assertEqual(summary.saved + summary.skipped, 10)
        other = unique("task")
        run = self.run_of(other, save_every_steps=1, busy="wait", queue_capacity=1, on_report=slow).train(10)
        self.assertEqual((run.hook.complete().saved, len(self.steps(other))), (10, 10))

    def test_retention_keeps_last_every_best_latest_and_tagged(self):
        scores = iter([5.0, 1.0, 3.0, 4.0, float("nan"), 6.0, 7.0, 8.0, 9.0])
        run = self.run_of(save_every_steps=0, keep_last=2, keep_every=4, keep_best=1, monitor="score", mode="min")
        for step in range(1, 10):
            run.hook.on_step(step)
            run.hook.save({"score": next(scores)})
            if step == 3:
                self.client.tag(self.task, "paper", 3)
        run.hook.complete()
        self.assertEqual(self.steps(), [2, 3, 4, 8, 9])
        self.assertEqual(self.client.get_task(self.task)["retention"], {"keepLast": 2, "keepEvery": 4, "keepBest": 1, "monitor": "score", "mode": "min", "keepWithin": None})
        self.assertEqual(self.client.get(self.task, "best")["step"], 2)

    def test_retention_maximum(self):
        run = self.run_of(save_every_steps=0, keep_best=2, monitor="score", mode="max")
        for step, score in enumerate([1, 9, 3, 8, 2], 1):
            run.hook.on_step(step)
            run.hook.save({"score": score})
        run.hook.complete()
        self.assertEqual(self.steps(), [2, 4, 5])

    def test_log_file_reports_and_summary(self):
        with tempfile.TemporaryDirectory() as folder:
            path, reports = os.path.join(folder, "log.jsonl"), []
            run = self.run_of(log_file=path, on_report=reports.append).train(10)
            run.hook.complete()
            with open(path) as file:
                lines = [json.loads(line) for line in file]
        self.assertEqual([line["step"] for line in lines], [5, 10])
        self.assertEqual(set(lines[0]), {"step", "stall", "background", "changed", "stored_bytes", "error"})
        self.assertEqual(reports, run.hook.reports)
        self.assertEqual(run.hook.summary.stored_bytes, sum(line["stored_bytes"] for line in lines))

    def test_failed_save_never_throws_into_training(self):
        values = iter([1])
        bad = type("Bad", (), {"state_dict": lambda self: {"x": next(values, object())}, "load_state_dict": lambda self, state: None})()
        run = self.run_of(state={"bad": bad})
        run.train(10)
        error = self.assert_refused("STATE_UNSUPPORTED", run.hook.complete)
        self.assertIn("2 saves failed", error.cause)
        other = self.run_of(throw_on_complete=False, on_report=lambda report: 1 / 0).train(5)
        self.assertEqual(other.hook.complete().saved, 1)
        self.assertIn("division", self.warnings[-1])

    def test_step_that_is_taken_is_reported(self):
        run = self.run_of(throw_on_complete=False)
        other = make_net()
        with torch.no_grad():
            other[0].weight += 1
        self.client.save(self.task, 5, other)
        run.train(5)
        self.assertEqual(run.hook.complete().failed, 1)
        self.assertEqual(run.hook.reports[0].error.code, "STEP_TAKEN")
        self.assertIn("STEP_TAKEN", self.warnings[-1])

    def test_without_a_mask_the_model_is_saved_whole(self):
        run = self.run_of(mask=False, optimizer=lambda net: torch.optim.Adam(net.parameters(), lr=0.01))
        self.assertIsNone(run.hook.mask)
        run.train(10)
        run.hook.complete()
        self.assert_same(self.client.load(self.task, 10), run.weights())
        again = self.run_of(mask=False, optimizer=lambda net: torch.optim.Adam(net.parameters(), lr=0.01), seed=99)
        self.assertEqual(again.resume(), 10)
        self.assert_same(again.train(20).weights(), run.net.state_dict() and self.straight(20))

    def straight(self, last):
        run = self.run_of(unique("task"), mask=False, optimizer=lambda net: torch.optim.Adam(net.parameters(), lr=0.01)).train(last)
        run.hook.complete()
        return run.weights()

    def test_own_tensors_make_a_task_with_another_head(self):
        def net(classes):
            torch.manual_seed(0)
            return torch.nn.ModuleDict({"body": torch.nn.Linear(4, 4), "head": torch.nn.Linear(4, classes)})
        base = unique("base")
        self.client.add_base(base, net(2))
        model = net(5)
        mask = masks.random(model, 0.7, always_trained=["head.*"])
        hook = FishHook(self.client, self.task, model, mask=mask, base=base, own_tensors=["head.*"], save_every_steps=1, on_warning=self.warnings.append)
        hook.on_step(1)
        hook.complete()
        self.assert_same(self.client.load(self.task), dict(model.state_dict()))
        self.assertEqual(self.warnings, [])

    def test_tied_weights_are_saved_once_and_restored_to_all_names(self):
        class Tied(torch.nn.Module):
            def __init__(self):
                super().__init__()
                torch.manual_seed(0)
                self.head, self.embedding = torch.nn.Linear(4, 9, bias=False), torch.nn.Embedding(9, 4)
                self.head.weight = self.embedding.weight
        for stored in (["embedding.weight"], ["head.weight"], ["embedding.weight", "head.weight"]):
            with self.subTest(stored=stored), tempfile.TemporaryDirectory() as folder:
                base, task, model = unique("base"), unique("task"), Tied()
                path = os.path.join(folder, "m.safetensors")
                save_file({name: model.embedding.weight.detach().clone() for name in stored}, path)
                self.client.add_base(base, path)
                mask = masks.random(model, 0.5)
                optimizer = MaskedSGD(model, mask, lr=0.1, momentum=0.9)
                hook = FishHook(self.client, task, model, optimizer=optimizer, base=base, save_every_steps=1, on_warning=self.warnings.append)
                for step in (1, 2):
                    optimizer.zero_grad()
                    model.head(model.embedding(torch.tensor([1, 2, 3]))).square().sum().backward()
                    optimizer.step()
                    hook.on_step(step)
                    hook.save()
                hook.complete()
                loaded = self.client.load(task)
                self.assertEqual(sorted(loaded), sorted(stored))
                for value in loaded.values():
                    self.assertTrue(torch.equal(value, model.head.weight))
                again = Tied()
                with FishHook(self.client, task, again, mask=mask, include_optimizer=False) as hook:
                    self.assertEqual(hook.resume(), 2)
                self.assertTrue(torch.equal(again.embedding.weight, model.head.weight) and again.head.weight is again.embedding.weight)
                self.assertEqual(self.warnings, [])

    def test_buffers_are_saved_whole_or_not(self):
        run = self.run_of(buffers=(), leak_check_every_saves=None).train(5)
        run.hook.complete()
        loaded = self.client.load(self.task)
        self.assertEqual(int(loaded["1.num_batches_tracked"]), 0)
        self.assertEqual(int(run.net[1].num_batches_tracked), 5)
        other = unique("task")
        self.run_of(other).train(5).hook.complete()
        self.assertEqual(int(self.client.load(other)["1.num_batches_tracked"]), 5)

    def test_task_without_a_base_or_with_another(self):
        self.assert_refused("TASK_NOT_FOUND", FishHook, self.client, self.task, torch.nn.Linear(1, 1), save_on_stop=False)
        self.assert_refused("BASE_NOT_FOUND", FishHook, self.client, self.task, torch.nn.Linear(1, 1), base="none", save_on_stop=False)
        self.client.put_task(self.task, self.base, description="kept")
        other = unique("base")
        self.client.add_base(other, torch.nn.Linear(1, 1))
        self.assert_refused("BASE_MISMATCH", FishHook, self.client, self.task, torch.nn.Linear(1, 1), base=other, save_on_stop=False)
        self.run_of(keep_last=3).hook.complete()
        task = self.client.get_task(self.task)
        self.assertEqual((task["description"], task["retention"]["keepLast"]), ("kept", 3))

    def test_mask_of_another_model_is_refused(self):
        for code, mask in (("TENSOR_UNKNOWN", {"none": torch.tensor([0])}), ("INDEX_OUT_OF_RANGE", {"0.bias": torch.tensor([16])})):
            self.assert_refused(code, self.run_of, mask=mask, optimizer=lambda net: torch.optim.SGD(net.parameters(), lr=1))

    def test_as_a_context(self):
        with self.run_of().train(5).hook:
            pass
        self.assertEqual(self.steps(), [5])
        with self.assertRaises(ZeroDivisionError):
            with self.run_of(unique("task")).hook:
                raise ZeroDivisionError

    def test_options_are_checked(self):
        for options in ({"busy": "x"}, {"mode": "x"}, {"on_leak": "x"}, {"queue_capacity": 0}, {"save_every_steps": -1}, {"keep_best": 1},
                        {"recompute_mask_every_saves": 1}, {"state": {"a/b": None}}, {"state": {"optimizer": None}}, {"keep_last": 0}):
            with self.subTest(**options):
                self.assert_refused("REQUEST_INVALID", HookOptions, **options)

    def test_training_waits_for_a_copy_of_the_mask_not_of_the_model(self):
        # Half of one percent of a 20 MB model.
        model = torch.nn.Linear(2500, 2000)
        base = unique("base")
        self.client.add_base(base, model)
        mask = masks.random(model, 0.005)
        hook = FishHook(self.client, self.task, model, mask=mask, base=base, save_every_steps=1, busy="wait", leak_check_every_saves=None)
        copied = []
        enqueue = hook._saver.enqueue

        def recorded(save):
            copied.append((sum(values.numel() for values in save.values.values()), save.snapshot))
            enqueue(save)

        hook._saver.enqueue = recorded
        for step in range(1, 8):
            hook.on_step(step)
            hook.save()
        hook.complete()
        self.assertEqual(copied, [(mask.count, None)] * 7)


class ResumeTests(HookTest):
    def test_resume_goes_on_bit_for_bit(self):
        straight = self.run_of(unique("task")).train(23)
        straight.hook.complete()
        self.run_of().train(12).hook.complete()
        random.seed(0)
        again = self.run_of(seed=99)
        self.assertEqual(again.resume(), 10)
        again.train(23)
        again.hook.complete()
        self.assert_same(again.weights(), straight.weights())
        self.assertEqual(self.warnings, [])
        self.assertEqual([found["parent"] for found in self.client.list(self.task)], ["base"] * 4)

    def test_resume_of_dense_optimizers_on_a_mask(self):
        for name, make in (("Adam", lambda net: torch.optim.Adam(net.parameters(), lr=0.02)),
                           ("SGD", lambda net: torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)),
                           ("RMSprop", lambda net: torch.optim.RMSprop(net.parameters(), lr=0.01, momentum=0.5))):
            with self.subTest(optimizer=name):
                mask = masks.random(self.run_net(), 0.4, seed=1)

                def masked(net):
                    for name, parameter in net.named_parameters():
                        inside = torch.zeros(parameter.numel())
                        inside[mask.get(name, torch.empty(0, dtype=torch.int64))] = 1
                        parameter.register_hook(lambda gradient, inside=inside.view(parameter.shape): gradient * inside)
                    return make(net)
                straight = self.run_of(unique("task"), optimizer=masked).train(14)
                straight.hook.complete()
                task = unique("task")
                self.run_of(task, optimizer=masked).train(7).hook.complete()
                again = self.run_of(task, optimizer=masked, seed=5)
                self.assertEqual(again.resume(), 5)
                again.train(14)
                again.hook.complete()
                self.assert_same(again.weights(), straight.weights())
        self.assertEqual(self.warnings, [])

    def run_net(self):
        from trainee import make_net
        return make_net()

    def test_resume_of_nothing(self):
        run = self.run_of()
        self.assertIsNone(run.hook.resume())
        run.hook.complete()

    def test_resume_at_a_step_or_tag(self):
        held = {}
        self.run_of().train(20, lambda run: held.update({run.step: run.weights()})).hook.complete()
        self.client.tag(self.task, "good", 5)
        for at, step in ((10, 10), ("good", 5), ("latest", 20)):
            run = self.run_of()
            self.assertEqual(run.hook.resume(at=at), step)
            self.assert_same(run.weights(), held[step])
        self.assert_refused("CHECKPOINT_NOT_FOUND", self.run_of().hook.resume, at=7)

    def test_resume_with_another_mask_takes_the_one_that_was_trained(self):
        first = self.run_of().train(10)
        first.hook.complete()
        again = self.run_of(mask=masks.random(first.net, 0.2, seed=77))
        self.assertEqual(again.resume(), 10)
        self.assertTrue(again.hook.mask.equals(first.mask) and again.optimizer.mask.equals(first.mask))
        self.assertIn("mask", self.warnings[0])
        again.train(15)
        again.hook.complete()
        self.assert_same(self.client.load(self.task), again.weights())

    def test_resume_without_optimizer_or_rng_or_state(self):
        self.run_of(include_optimizer=False, include_rng=False).train(5).hook.complete()
        names = self.sections()
        self.assertFalse(names & {"optimizer", "rng"})
        self.assertTrue({"sampler", "mask", "hook"} <= names)
        run = self.run_of(include_optimizer=False, include_rng=False)
        self.assertEqual(run.hook.resume(), 5)
        run.hook.complete()
        self.assert_refused("STATE_MISMATCH", self.run_of().hook.resume)
        other = unique("task")
        self.client.put_task(other, self.base)
        self.client.save(other, 4, run.net)
        run = self.run_of(other)
        self.assertEqual(run.hook.resume(), 4)
        self.assertIn("no trainer state", self.warnings[-1])

    def sections(self):
        from fishcheckpoint.training.trainer_state import TrainerState
        state = TrainerState.parse(self.client.state(self.task), "test")
        return {name.split("/")[0] for name in [*state.arrays, *state.texts]}

    def test_trainer_state_is_the_shared_format(self):
        import io
        from fishcheckpoint.safetensors import read_stream
        run = self.run_of().train(5)
        run.hook.complete()
        header, tensors = read_stream(io.BytesIO(self.client.state(self.task)), "state")
        found = dict(tensors)
        self.assertEqual((header.metadata["format"], header.metadata["version"]), ("fish-trainer-state", "1"))
        self.assertEqual(header.metadata["optimizer/step/0.weight"], "5")
        self.assertEqual(list(found["optimizer/exp_avg/0.weight"].shape), [run.mask["0.weight"].numel()])
        self.assertEqual(found["rng/torch"].dtype, torch.uint8)
        self.assertTrue(all(tensor.dim() == 1 for tensor in found.values()))

    def test_resume_with_another_optimizer_is_refused(self):
        self.run_of().train(5).hook.complete()
        mask = self.run_of().mask
        run = self.run_of(optimizer=lambda net: MaskedAdamW(
            [{"params": [item]} for item in net.named_parameters()], mask))
        self.assert_refused("STATE_MISMATCH", run.hook.resume)


if __name__ == "__main__":
    unittest.main()
