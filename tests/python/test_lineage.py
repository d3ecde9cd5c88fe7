"""The parents of saves when the mask changes, and when an anchor's own save fails."""

import unittest

from hooktest import HookTest
from support import needs_torch, torch, unique

if torch is not None:
    from fishcheckpoint import FishError, masks
    from fishcheckpoint.training.cover import Cover, from_gaps, gaps_of
    from fishcheckpoint.training.lineage import Lineage


@needs_torch
class LineageTests(unittest.TestCase):
    def cover(self, *positions):
        return Cover({"a": torch.tensor(positions)})

    def test_anchor_before_and_after_it_is_stored(self):
        lineage = Lineage(self.cover(1, 2))
        first = lineage.plan()
        lineage.anchor_at(10, self.cover(2, 7))
        second = lineage.plan()
        self.assertEqual((first.cover["a"].tolist(), second.cover["a"].tolist()), ([1, 2], [1, 2, 7]))
        self.assertEqual((lineage.resolve(second).anchor, lineage.anchors), (None, [10]))
        lineage.stored(10)
        self.assertEqual((lineage.resolve(second).anchor, lineage.resolve(second).cover["a"].tolist()), (10, [2, 7]))
        self.assertEqual(lineage.plan().cover["a"].tolist(), [2, 7])
        self.assertIsNone(lineage.resolve(first).anchor)

    def test_anchor_that_fails_is_skipped(self):
        lineage = Lineage(self.cover(1))
        lineage.anchor_at(10, self.cover(2))
        lineage.anchor_at(20, self.cover(3))
        plan = lineage.plan()
        self.assertEqual(plan.cover["a"].tolist(), [1, 2, 3])
        lineage.stored(20)
        self.assertEqual((lineage.resolve(plan).anchor, lineage.resolve(plan).cover["a"].tolist(), lineage.anchors), (20, [3], [20]))

    def test_anchor_that_was_stored_before(self):
        lineage = Lineage(self.cover(1))
        lineage.stored(10)
        lineage.anchor_at(10, self.cover(2))
        self.assertEqual((lineage.plan().cover["a"].tolist(), lineage.resolve(lineage.plan()).anchor), ([2], 10))

    def test_widen_makes_earlier_captures_incomplete(self):
        lineage = Lineage(self.cover(1))
        before = lineage.plan()
        widened = lineage.widen({"a": torch.tensor([5])}, before)
        self.assertEqual((widened.cover["a"].tolist(), lineage.plan().cover["a"].tolist()), ([1, 5], [1, 5]))
        self.assertEqual((lineage.is_whole(before), lineage.is_whole(widened), lineage.is_whole(lineage.plan())), (False, True, True))

    def test_gaps_are_the_mirror_of_positions(self):
        mask = {"a": torch.tensor([0, 3, 4, 3_000_000_000]), "b": torch.tensor([7])}
        gaps = gaps_of(mask)
        self.assertEqual((gaps["a"].dtype, gaps["b"].dtype), (torch.int64, torch.int32))
        self.assertTrue(from_gaps(gaps, mask).equals(mask))


class MaskChangeTests(HookTest):
    def recomputing(self, task=None, **options):
        # The masks hang on the random numbers, as those of a sampled Fisher information do.
        def source():
            return masks.random(run.net, 0.4, seed=int(torch.randint(1000, ())))
        run = self.run_of(task, recompute_mask_every_saves=2, mask_source=source, **options)
        return run

    def test_recomputed_masks_are_based_on_the_step_of_the_change(self):
        held = {}
        run = self.recomputing()
        run.train(30, lambda run: held.update({run.step: run.weights()}))
        run.hook.complete()
        self.assertEqual([(found["step"], found["parent"]) for found in self.client.list(self.task)],
                         [(5, "base"), (10, "base"), (15, "10"), (20, "10"), (25, "20"), (30, "20")])
        for step in self.steps():
            self.assert_same(self.client.load(self.task, step), held[step])
        self.assertEqual(self.warnings, [])

    def test_set_mask_between_saves_saves_the_last_step_first(self):
        held = {}
        run = self.run_of()
        run.train(7, lambda run: held.update({run.step: run.weights()}))
        run.hook.set_mask(masks.random(run.net, 0.4, seed=9))
        run.train(10, lambda run: held.update({run.step: run.weights()}))
        run.hook.complete()
        self.assertEqual([(found["step"], found["parent"]) for found in self.client.list(self.task)], [(5, "base"), (7, "base"), (10, "7")])
        for step in self.steps():
            self.assert_same(self.client.load(self.task, step), held[step])

    def test_anchor_whose_save_fails_leaves_its_positions_to_the_next(self):
        held = {}
        run = self.recomputing(throw_on_complete=False)
        send = run.hook._saver._send

        def failing(save):
            if save.step in (10, 15):
                raise FishError("TEST", str(save.step), "It fails.")
            return send(save)
        run.hook._saver._send = failing
        run.train(30, lambda run: held.update({run.step: run.weights()}))
        self.assertEqual(run.hook.complete().failed, 2)
        self.assertEqual([(found["step"], found["parent"]) for found in self.client.list(self.task)],
                         [(5, "base"), (20, "base"), (25, "20"), (30, "20")])
        for step in self.steps():
            self.assert_same(self.client.load(self.task, step), held[step])

    def test_resume_after_changes_goes_on_bit_for_bit(self):
        straight = self.recomputing(unique("task")).train(37)
        straight.hook.complete()
        for last, resumed in ((12, 10), (17, 15), (24, 20), (29, 25)):  # with a change of masks after the save that is resumed, and without
            self.task = unique("task")
            self.recomputing().train(last).hook.complete()
            again = self.recomputing(seed=4)
            self.assertEqual(again.resume(), resumed)
            again.train(37)
            again.hook.complete()
            self.assert_same(again.weights(), straight.weights())
            self.assertEqual([(found["step"], found["parent"]) for found in self.client.list(self.task)],
                             [(5, "base"), (10, "base"), (15, "10"), (20, "10"), (25, "20"), (30, "20"), (35, "30")])
            for step in self.steps():
                self.assertTrue(self.client.verify(self.task, step)["sound"])
            self.assert_same(self.client.load(self.task), self.client.load(straight.hook._session.task))

    def test_resume_when_the_anchor_is_gone(self):
        self.recomputing().train(15).hook.complete()
        self.client.delete(self.task, 10)
        again = self.recomputing(seed=4)
        self.assertEqual(again.resume(), 15)
        again.train(20).hook.complete()
        self.assertEqual(self.client.get(self.task, 20)["parent"], "15")
        self.assert_same(self.client.load(self.task, 20), again.weights())

    def test_resume_when_another_step_has_the_number_of_the_anchor(self):
        self.recomputing().train(15).hook.complete()
        self.client.delete(self.task, 10)
        self.run_of(seed=9, on_leak="widen", save_every_steps=10, overwrite=True).train(10).hook._end()
        other = self.client.load(self.task, 10)
        again = self.recomputing(seed=4)
        self.assertEqual(again.resume(at=15), 15)
        again.train(20).hook.complete()
        self.assertEqual(self.client.get(self.task, 20)["parent"], "15")
        self.assert_same(self.client.load(self.task, 20), again.weights())
        self.assert_same(self.client.load(self.task, 10), other)

    def test_retention_keeps_the_anchor(self):
        held = {}
        run = self.recomputing(keep_last=1)
        run.train(30, lambda run: held.update({run.step: run.weights()}))
        run.hook.complete()
        self.assert_same(self.client.load(self.task, 30), held[30])
        self.assertTrue(set(self.steps()) <= {20, 30})


if __name__ == "__main__":
    unittest.main()
