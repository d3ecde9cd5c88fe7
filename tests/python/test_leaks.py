"""Values that change outside of the mask: the case of the paper's own CIFAR code, weight decay on all weights after the gradients were masked."""

import unittest

from hooktest import HookTest
from support import torch, unique

if torch is not None:
    from fishcheckpoint import masks
    from trainee import make_net


class LeakTests(HookTest):
    def leaking(self, task=None, decay=0.01, **options):
        mask = masks.random(make_net(), 0.1, seed=1)

        def optimizer(net):
            for name, parameter in net.named_parameters():
                inside = torch.zeros(parameter.numel())
                inside[mask.get(name, torch.empty(0, dtype=torch.int64))] = 1
                parameter.register_hook(lambda gradient, inside=inside.view(parameter.shape): gradient * inside)
            return torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=decay)
        return self.run_of(task, mask=mask, optimizer=optimizer, **options)

    def test_warn_counts_and_locates_the_leak(self):
        run = self.leaking().train(5)
        run.hook.complete()
        expected = 0
        for (name, now), before in zip(run.net.named_parameters(), make_net().parameters()):
            changed = (now != before).view(-1)
            changed[run.mask.get(name, torch.empty(0, dtype=torch.int64))] = False
            expected += int(changed.sum())
        self.assertGreater(expected, 0.8 * sum(parameter.numel() for parameter in run.net.parameters()))
        self.assertIn(f"Step 5: {expected} values of 5 tensors changed outside of the mask (0.weight: ", self.warnings[0])
        self.assertEqual(len(self.warnings), 1)
        with self.assertRaises(AssertionError):
            self.assert_same(self.client.load(self.task), run.weights())

    def test_widen_saves_what_leaked_from_the_first_save_on(self):
        held = {}
        run = self.leaking(on_leak="widen")
        run.train(15, lambda run: held.update({run.step: run.weights()}))
        run.hook.save()
        run.hook.complete()
        self.assertIn("include them", self.warnings[0])
        for step in self.steps():
            self.assert_same(self.client.load(self.task, step), held[step])
        self.assertIn(5, self.steps())

    def test_widen_leaves_out_what_was_copied_before(self):
        run = self.leaking(on_leak="widen", save_every_steps=1, save_at_end=True, queue_capacity=8)
        held = {}
        run.train(6, lambda run: held.update({run.step: run.weights()}))
        run.hook.complete()
        self.assertEqual((self.steps()[0], self.steps()[-1]), (1, 6))
        # A last step whose first copy was left out is copied again: skipped once, and saved.
        self.assertEqual((len(self.steps()), run.hook.summary.failed), (run.hook.summary.saved, 0))
        self.assertIn(run.hook.summary.skipped, (6 - len(self.steps()), 7 - len(self.steps())))
        for step in self.steps():
            self.assert_same(self.client.load(self.task, step), held[step])

    def test_fail_ends_the_run(self):
        run = self.leaking(on_leak="fail")
        run.train(5)
        run.hook._last_save.done.wait()
        self.assert_refused("MASK_LEAK", run.train, 6)
        self.assert_refused("MASK_LEAK", run.hook.complete)
        self.assertEqual(self.steps(), [])

    def test_sound_runs_do_not_warn(self):
        self.run_of(leak_check_every_saves=1).train(15).hook.complete()
        self.leaking(unique("task"), decay=0.0, leak_check_every_saves=1).train(15).hook.complete()
        self.assertEqual(self.warnings, [])

    def test_later_checks_find_what_begins_later(self):
        for every, expected in ((0, 0), (2, 1), (None, 0)):
            self.warnings.clear()
            run = self.run_of(unique("task"), leak_check_every_saves=every).train(8)
            with torch.no_grad():
                outside = sorted(set(range(96)) - set(run.mask["0.weight"].tolist()))
                run.net[0].weight.view(-1)[outside[:7]] += 1
            run.train(15)
            run.hook.complete()
            self.assertEqual(len(self.warnings), expected, self.warnings)
            if expected:
                self.assertIn(f"7 values of 1 tensors changed outside of the mask (0.weight: 7, at {', '.join(map(str, outside[:5]))}...)", self.warnings[0])

    def test_checks_go_against_the_anchor(self):
        run = self.run_of(leak_check_every_saves=1).train(7)
        run.hook.set_mask(masks.random(run.net, 0.4, seed=5))
        run.train(15)
        run.hook.complete()
        self.assertEqual(self.warnings, [])


if __name__ == "__main__":
    unittest.main()
