"""Runs that start from another task's checkpoint: they hold that one's values first, and what they save is all that they hold."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from hooktest import HookTest
from support import torch, unique

if torch is not None:
    from fishcheckpoint import masks
    from fishcheckpoint.safetensors import load_file
    from trainee import Run, make_net

LAST = 10


class BranchTests(HookTest):
    def setUp(self):
        super().setUp()
        self.trunk = unique("trunk")
        run = self.run_of(self.trunk)
        run.train(LAST)
        self.origin = run.weights()
        run.train(15).hook.complete()

    @property
    def start(self):
        return f"{self.trunk}:{LAST}"

    def branch(self, task=None, mask_seed=8, **options):
        net = make_net()
        run = Run(self.client, task or self.task, options.pop("base", None), net=net, mask=options.pop("mask", masks.random(net, 0.2, seed=mask_seed)),
                  **{"on_warning": self.warnings.append, "from_": self.start, **options})
        self.addCleanup(run.hook._end)
        return run

    def trained(self, run, last, held=None):
        held = {} if held is None else held
        run.train(last, lambda run: held.update({run.step: run.weights()}))
        run.hook.complete()
        return held

    def assert_held(self, held):
        self.assertNotEqual(self.steps(), [])
        for step in self.steps():
            self.assert_same(self.client.load(self.task, step), held[step])
            self.assertTrue(self.client.verify(self.task, step)["sound"])

    def test_fresh_run_starts_from_the_origin_and_saves_what_it_holds(self):
        for mask_seed in (1, 8):  # the trunk's mask, and another one
            self.task = unique("task")
            run = self.branch(mask=masks.random(make_net(), 0.4 if mask_seed == 1 else 0.2, seed=mask_seed))
            self.assertIsNone(run.hook.resume())
            self.assert_same(run.weights(), self.origin)
            self.assert_held(self.trained(run, 15))
            self.assertEqual([(found["step"], found["parent"]) for found in self.client.list(self.task)], [(step, self.start) for step in (5, 10, 15)])
            self.assertEqual(self.client.get_task(self.task)["from"], {"task": self.trunk, "step": LAST})
        self.assertEqual(self.warnings, [])

    def test_run_without_a_mask_and_a_dense_optimizer(self):
        run = self.branch(mask={}, optimizer=lambda net: torch.optim.SGD(net.parameters(), lr=0.01))
        self.assertIsNone(run.hook.resume())
        self.assert_same(run.weights(), self.origin)
        self.assert_held(self.trained(run, 10))

    def test_task_made_before_needs_no_option(self):
        self.client.put_task(self.task, from_=self.start)
        run = self.branch(from_=None, base=self.base)
        self.assertIsNone(run.hook.resume())
        self.assert_same(run.weights(), self.origin)
        self.assert_held(self.trained(run, 10))

    def test_origin_that_is_deleted(self):
        for gone in ("checkpoint", "task", "name"):
            self.trunk, self.task = unique("trunk"), unique("task")
            run = self.run_of(self.trunk)
            self.trained(run, LAST)
            origin = run.weights()
            self.client.put_task(self.task, from_=self.start)
            if gone == "checkpoint":
                self.client.delete(self.trunk, LAST)
            else:
                self.client.delete_task(self.trunk)
            if gone == "name":
                self.trained(self.run_of(self.trunk, seed=5), LAST)
                self.assertFalse(torch.equal(self.client.load(self.trunk, LAST)["0.weight"], origin["0.weight"]))
            run = self.branch()
            self.assertIsNone(run.hook.resume())
            self.assert_same(run.weights(), origin)
            self.assert_same(self.client.load_start(self.task), origin)
            self.assert_held(self.trained(run, 10))
        self.assertEqual(self.warnings, [])

    def test_resumed_run_goes_on_bit_for_bit_and_outlives_its_origin(self):
        straight, held = self.branch(unique("task")), {}
        straight.hook.resume()
        self.trained(straight, 22, held)
        for last, resumed in ((7, None), (13, 5), (22, 10)):
            run = self.branch(seed=4 if resumed else 11, on_leak="fail", leak_check_every_saves=1)
            self.assertEqual(run.resume(), resumed or 0)
            self.trained(run, last)
            if resumed is None:
                self.client.delete_task(self.trunk)
        self.assert_held(held)
        self.assert_same(run.weights(), straight.weights())

    def test_masks_that_change(self):
        held = {}
        for last in (12, 24):
            run = self.branch(recompute_mask_every_saves=2, mask_source=lambda: masks.random(run.net, 0.3, seed=int(torch.randint(1000, ()))),
                              on_leak="fail", leak_check_every_saves=1)
            run.resume()
            self.trained(run, last, held)
        self.assert_held(held)

    def test_retention_lets_go_an_own_step_with_the_origins_number(self):
        run = self.branch(keep_last=1)
        run.hook.resume()
        held = self.trained(run, 15)
        self.assertEqual(self.steps(), [15])
        self.assert_held(held)
        self.assertIn(LAST, self.steps(self.trunk))
        self.assertEqual(self.client.get_task(self.task)["from"]["step"], LAST)

    def test_task_that_starts_from_something_else_is_refused(self):
        self.client.put_task(self.task, self.base)
        error = self.assert_refused("TASK_TAKEN", self.branch)
        self.assertIn(self.start, error.cause)
        other = unique("task")
        self.client.put_task(other, from_=f"{self.trunk}:5")
        self.assert_refused("TASK_TAKEN", self.branch, other)

    def test_origin_that_is_not_there_makes_no_task(self):
        self.assert_refused("CHECKPOINT_NOT_FOUND", self.branch, from_=f"{self.trunk}:99")
        self.assert_refused("TASK_NOT_FOUND", self.branch, from_=f"{unique('none')}:1")
        for text in ("trunk", ":5", "trunk:", "trunk:last", "trunk:-1"):
            self.assert_refused("REQUEST_INVALID", self.branch, from_=text)
        self.assert_refused("TASK_NOT_FOUND", self.client.get_task, self.task)

    def test_first_step_without_resume_is_found_by_the_leak_check(self):
        run = self.branch(on_leak="widen")
        held = self.trained(run, 10)
        self.assertIn("changed outside of the mask", self.warnings[0])
        self.assert_held(held)

    def test_killed_before_and_after_its_first_save_ends_as_uninterrupted(self):
        options = json.dumps({"from_": self.start, "save_every_steps": 3})

        def child(task, file):
            here = os.path.dirname(os.path.abspath(__file__))
            return subprocess.Popen([sys.executable, os.path.join(here, "trainee.py"), self.client.url, task, self.base, "39", file, options],
                                    stdout=subprocess.PIPE, text=True)
        with tempfile.TemporaryDirectory() as folder:
            straight, resumed = os.path.join(folder, "straight"), os.path.join(folder, "resumed")
            reference = child(unique("task"), straight)
            for until in (0, 1, 5, 20):  # lines that the child has reported when it is killed: 0 is right after its task is made
                killed = child(self.task, resumed)
                for _ in range(until + 1):
                    killed.stdout.readline()
                killed.kill()
                killed.communicate()
            last = child(self.task, resumed)
            output = last.communicate()[0]
            reference.communicate()
            self.assertEqual((last.returncode, reference.returncode), (0, 0))
            self.assertNotIn("resumed 0", output)
            self.assert_same(load_file(resumed), load_file(straight))
            self.assert_same(self.client.load(self.task), load_file(straight))


if __name__ == "__main__":
    unittest.main()
