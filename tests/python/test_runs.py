"""Two runs never mix in a task: a run that has not resumed, that went back, or that is not alone gets an error before it saves."""

import unittest

from hooktest import HookTest
from proxy import Faults
from support import shared_server, torch, unique

if torch is not None:
    from fishcheckpoint import FishClient, HookOptions


class RunTests(HookTest):
    def trained(self, last, **options):
        run = self.run_of(**options)
        run.held = {}
        run.train(last, lambda run: run.held.update({run.step: run.weights()}))
        run.hook.complete()
        return run

    def runs(self):
        return {found["step"]: found["metadata"].get("run") for found in self.client.list(self.task)}

    def other(self, **options):
        return self.run_of(**{"seed": 77, **options})

    def test_each_checkpoint_names_its_run_and_resuming_keeps_it(self):
        self.trained(10)
        first = self.runs()
        self.assertEqual(len(set(first.values())), 1)
        self.assertRegex(first[5], "^[0-9a-f]{32}$")
        again = self.run_of()
        again.resume()
        again.train(20).hook.complete()
        self.assertEqual(self.runs(), {step: first[5] for step in (5, 10, 15, 20)})
        task, self.task = self.task, unique("task")
        self.trained(5)
        self.assertNotEqual(self.runs()[5], first[5], task)

    def test_task_with_steps_is_refused_at_the_first_step(self):
        self.trained(10)
        for options in ({}, {"mask": False, "optimizer": lambda net: torch.optim.SGD(net.parameters(), lr=0.1)}, {"save_every_steps": 0}):
            run = self.other(**options)
            error = self.assert_refused("RUN_TAKEN", run.train, 1)
            for offer in ("resume()", "another task", "new_run=True", "overwrite=True"):
                self.assertIn(offer, error.hint)
            with self.assertRaises(Exception):
                run.train(2)
            run.hook.complete()
        self.assertEqual(self.steps(), [5, 10])

    def test_steps_of_others_count_too(self):
        self.client.put_task(self.task, self.base)
        self.client.save(self.task, 3, self.other(task=unique("task")).net)
        self.assert_refused("RUN_TAKEN", self.other().train, 1)

    def test_refusal_inside_with_saves_nothing(self):
        self.trained(5)
        run = self.other()
        with self.assertRaisesRegex(Exception, "RUN_TAKEN"):
            with run.hook:
                run.train(8)
        self.assertEqual(self.steps(), [5])

    def test_server_that_was_down_at_the_start_refuses_before_anything_is_saved(self):
        self.trained(10)
        faults = Faults(shared_server().port)
        self.addCleanup(faults.close)
        faults.mode, direct = "refuse", self.client
        self.client = FishClient(faults.url, retries=0)
        run = self.other(save_every_steps=1)
        run.train(4)
        faults.mode, self.client = None, direct
        while run.hook._sender.refusal is None:
            pass
        self.assert_refused("RUN_TAKEN", run.train, 5)
        self.assert_refused("RUN_TAKEN", run.hook.complete)
        self.assertEqual(self.steps(), [5, 10])

    def test_two_runs_that_begin_at_once(self):
        one, two = self.run_of(save_every_steps=3, throw_on_complete=False), self.other(save_every_steps=2, throw_on_complete=False)
        one.train(3).hook.save()
        two.train(2)
        two.hook._last_save.done.wait()
        error = self.assert_refused("RUN_TAKEN", two.train, 3)
        self.assertIn("Another run", error.cause)
        two.hook.complete()
        one.train(6).hook.complete()
        self.assertEqual(self.steps(), [3, 6])

    def test_the_same_content_is_one_checkpoint(self):
        self.trained(10)
        before = self.runs()
        run = self.run_of(overwrite=True)  # the same seeds: the same bits
        run.train(10).hook.complete()
        self.assertEqual((self.steps(), run.hook.summary.failed), ([5, 10], 0))
        self.assertEqual(set(before), set(self.runs()))

    def test_new_run_counts_on_above(self):
        first = self.trained(10)
        run = self.other(new_run=True)
        self.assert_refused("RUN_TAKEN", run.train, 1)
        run = self.other(new_run=True)
        run.step = 10
        run.train(20).hook.complete()
        self.assertEqual(self.steps(), [5, 10, 15, 20])
        found = self.runs()
        self.assertEqual((found[5], found[15] == found[20], found[15] == found[5]), (found[10], True, False))
        self.assert_same(self.client.load(self.task, 10), first.held[10])
        again = self.run_of()
        self.assertEqual(again.resume(), 20)
        again.train(25).hook.complete()
        self.assertEqual(self.runs()[25], found[20])

    def test_overwrite_replaces_steps_as_they_come_and_is_resumed(self):
        self.trained(20)
        before = self.runs()
        run = self.other(overwrite=True)
        run.held = {}
        run.train(12, lambda run: run.held.update({run.step: run.weights()})).hook.complete()
        found = self.runs()
        self.assertEqual(set(found), {5, 10, 15, 20})
        self.assertTrue(found[5] == found[10] != before[5] == found[15] == found[20])
        for step in (5, 10):
            self.assert_same(self.client.load(self.task, step), run.held[step])
        # The run that saved last is the one that goes on, below steps of the one before it.
        again = self.run_of()
        self.assertEqual(again.resume(), 10)
        self.assertIn("step 20 belongs to another run", self.warnings[-1])
        self.assert_same(again.weights(), run.held[10])
        error = self.assert_refused("RUN_TAKEN", again.train, 11)
        self.assertIn("15, 20", error.cause)
        again = self.run_of(overwrite=True)
        self.assertEqual(again.resume(), 10)
        again.train(20).hook.complete()
        self.assert_same(self.client.load(self.task, 20), again.weights())

    def test_retention_of_a_run_that_overwrites_leaves_the_other_runs_steps(self):
        self.trained(20)
        run = self.other(overwrite=True, keep_last=1)
        run.train(10).hook.complete()
        self.assertEqual(self.steps(), [10, 15, 20])
        self.assert_same(self.client.load(self.task, 10), run.weights())

    def test_going_back_is_refused_or_overwrites(self):
        first = self.trained(20)
        self.client.tag(self.task, "good", 5)
        for at in (10, "good"):
            run = self.other()
            resumed = run.resume(at=at)
            error = self.assert_refused("RUN_TAKEN", run.train, resumed + 1)
            self.assertIn(f"from_='{self.task}:{resumed}'", error.hint)
        run = self.other(overwrite=True)
        run.resume(at=10)
        run.optimizer.param_groups[0]["weight_decay"] = 0.9
        run.train(15).hook.complete()
        found = self.runs()
        self.assertTrue(found[15] != found[10] == found[20])
        self.assert_same(self.client.load(self.task, 15), run.weights())
        self.assert_same(self.client.load(self.task, 20), first.held[20])
        self.assertEqual(self.run_of().resume(), 15)

    def test_step_that_is_not_after_the_resumed_one(self):
        self.trained(10)
        for first in (1, 10):
            run = self.run_of()
            run.resume()
            run.step = first - 1
            self.assert_refused("STEP_TAKEN", run.train, first)

    def test_step_that_is_taken_ends_the_run_at_once(self):
        run = self.run_of(throw_on_complete=False)
        self.client.save(self.task, 5, self.other(task=unique("task")).train(2).net)
        run.train(5)
        run.hook._last_save.done.wait()
        error = self.assert_refused("STEP_TAKEN", run.train, 6)
        self.assertIn("overwrite=True", error.hint)
        run.hook.complete()
        self.assertEqual(self.steps(), [5])

    def test_options(self):
        options = HookOptions()
        self.assertEqual((options.new_run, options.overwrite, options.save_on_error), (False, False, True))


if __name__ == "__main__":
    unittest.main()
