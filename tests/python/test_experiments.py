"""The pure parts of the experiments: how tasks are derived, how workers' values are merged, how the page is filled."""

import json
import os
import sys
import tempfile
import unittest
import xml.dom.minidom

from support import ROOT, needs_torch, torch

sys.path.insert(0, ROOT)
if torch is not None:
    from fishcheckpoint import MaskedAdam, masks
    from fishcheckpoint.safetensors import load_file
    from experiments import corpus_dense, corpus_fish, data, language, merging, net, report, svg, text, training


def has_data():
    return torch is not None and data.is_installed()


@needs_torch
class TaskTests(unittest.TestCase):
    def setUp(self):
        self.images = torch.rand(20, 1, 14, 14, generator=torch.Generator().manual_seed(1))
        self.labels = torch.arange(20) % 10

    def test_every_task_keeps_the_shape_and_has_its_classes(self):
        for task in data.TASKS:
            with self.subTest(task):
                images, labels = data.derive(task, self.images, self.labels)
                self.assertEqual(images.shape, self.images.shape)
                self.assertEqual(len(set(labels.tolist())), data.classes_of(task))

    def test_what_is_changed(self):
        rotated, _ = data.derive("rotated", self.images, self.labels)
        self.assertTrue(torch.equal(torch.rot90(rotated, 3, (2, 3)), self.images))
        inverted, _ = data.derive("inverted", self.images, self.labels)
        self.assertTrue(torch.equal(inverted, 1 - self.images))
        mirrored, labels = data.derive("mirrored", self.images, self.labels)
        self.assertTrue(torch.equal(mirrored.flip(3), self.images))
        self.assertFalse((labels == self.labels).any())
        permuted, _ = data.derive("permuted", self.images, self.labels)
        again, _ = data.derive("permuted", self.images, self.labels)
        self.assertTrue(torch.equal(permuted, again))
        self.assertTrue(torch.equal(permuted.flatten().sort()[0], self.images.flatten().sort()[0]))
        self.assertRaises(ValueError, data.derive, "unknown", self.images, self.labels)

    def test_shards_are_disjoint_and_leave_nothing_out(self):
        shards = data.shards(11, 4, torch.Generator().manual_seed(0))
        self.assertEqual(sorted(torch.cat(shards).tolist()), list(range(11)))

    @unittest.skipUnless(has_data(), "Fashion-MNIST is not installed: dataset-fashion-mnist")
    def test_the_data_set(self):
        images, labels = data.load(False)
        self.assertEqual((images.shape, labels.bincount().tolist()), ((10000, 1, 14, 14), [1000] * 10))
        self.assertTrue(0 <= images.min() < images.max() <= 1)


@needs_torch
class MergeTests(unittest.TestCase):
    def test_dealt_masks_are_disjoint_and_even(self):
        mask = {"a": torch.arange(0, 14, 2), "b": torch.tensor([3]), "c": torch.arange(5)}
        parts = merging.deal(mask, 3)
        for name, positions in mask.items():
            self.assertEqual(sorted(torch.cat([part[name] for part in parts if name in part]).tolist()), positions.tolist())
        sizes = [sum(map(len, part.values())) for part in parts]
        self.assertLessEqual(max(sizes) - min(sizes), 1)

    def test_disjoint_values_are_taken_bit_for_bit(self):
        one = {"a": (torch.tensor([4, 9]), torch.tensor([0.1, 0.2]))}
        other = {"a": (torch.tensor([5]), torch.tensor([0.3])), "b": (torch.tensor([0]), torch.tensor([7.0]))}
        merged = merging.add_disjoint([one, other])
        self.assertEqual(merged["a"][0].tolist(), [4, 5, 9])
        self.assertTrue(torch.equal(merged["a"][1], torch.tensor([0.1, 0.3, 0.2])))
        self.assertEqual(merged["b"][1].tolist(), [7])
        self.assertRaises(ValueError, merging.add_disjoint, [one, one])

    def test_the_mean_of_shared_values_and_the_greatest_counter(self):
        place = torch.tensor([1, 3])
        patches = [{"a": (place, torch.tensor([1.0, 5.0])), "n": (place, torch.tensor([4, 2]))},
                   {"a": (place, torch.tensor([3.0, 5.0])), "n": (place, torch.tensor([1, 3]))}]
        merged = merging.average(patches)
        self.assertEqual((merged["a"][1].tolist(), merged["n"][1].tolist()), ([2, 5], [4, 3]))
        self.assertRaises(ValueError, merging.average, [patches[0], {**patches[1], "a": (torch.tensor([1, 4]), torch.zeros(2))}])

    def test_a_patch_is_taken_and_written_in_place(self):
        state = {"a": torch.zeros(2, 3)}
        merging.apply(state, {"a": (torch.tensor([1, 5], dtype=torch.int32), torch.tensor([1.0, 2.0]))})
        self.assertEqual(state["a"].tolist(), [[0, 1, 0], [0, 0, 2]])
        self.assertEqual(merging.values_at(state, {"a": torch.tensor([5])})["a"][1].tolist(), [2])


@needs_torch
class ReportTests(unittest.TestCase):
    def test_bits_are_compared_and_not_values(self):
        self.assertTrue(training.same_bits({"a": torch.tensor(float("nan"))}, {"a": torch.tensor(float("nan"))}))
        self.assertFalse(training.same_bits({"a": torch.tensor(0.0)}, {"a": torch.tensor(-0.0)}))
        self.assertFalse(training.same_bits({"a": torch.tensor(0.0)}, {"a": torch.tensor(0)}))

    def test_the_smallest_ratio_has_room_for_more_than_the_head(self):
        model = net.Net()
        self.assertGreater(int(net.parameters_of(model) * 0.005), sum(parameter.numel() for parameter in model.classifier.parameters()))

    def test_text_between_markers_is_replaced(self):
        page = "x\n<!-- a -->\nold\n<!-- /a -->\ny"
        self.assertEqual(report.filled(page, "a", "new"), "x\n<!-- a -->\nnew\n<!-- /a -->\ny")
        self.assertEqual(report.filled(page, "b", "new"), page)

    def test_a_plot_is_well_formed(self):
        spread = training.spread([1, 2, 6])
        self.assertEqual(spread, {"mean": 3, "min": 1, "max": 6, "n": 3})
        for log in (False, True):
            xml.dom.minidom.parseString(svg.plot("a < b", "x", "y", ["p", "q"], {"m & n": [spread, None]}, lines=True, log=log))

    def test_the_page_has_the_markers_of_the_tables(self):
        with open(os.path.join(ROOT, "docs", "evidence", "experiments.md"), encoding="utf-8") as file:
            page = file.read()
        for name in ("setup", "a-accuracy", "a-cost", "b", "c"):
            self.assertIn(f"<!-- {name} -->", page)
            self.assertIn(f"<!-- /{name} -->", page)

    def test_the_results_came_back_bit_for_bit(self):
        with open(os.path.join(ROOT, "docs", "evidence", "experiments", "results.json"), encoding="utf-8") as file:
            records = json.load(file)["records"]
        self.assertTrue(all(record["same"] for record in records if record["kind"] != "base"))


@needs_torch
class CorpusTests(unittest.TestCase):
    def test_a_byte_does_not_see_what_comes_after_it(self):
        torch.manual_seed(0)
        model = language.Language(16, 2, 2, 12)
        one = torch.arange(10)[None]
        other = one.clone()
        other[0, 7:] += 1
        self.assertTrue(torch.allclose(model(one)[:, :7], model(other)[:, :7], atol=1e-6))
        self.assertFalse(torch.allclose(model(one)[:, 7:], model(other)[:, 7:], atol=1e-6))

    def test_batches_are_the_same_for_a_seed_and_end_one_byte_later(self):
        source = torch.arange(200, dtype=torch.uint8)
        inputs, targets = next(language.batches(source, 3, 8, seed=1))
        again, _ = next(language.batches(source, 3, 8, seed=1))
        self.assertTrue(torch.equal(inputs, again))
        self.assertTrue(torch.equal(inputs + 1, targets))

    def test_texts_are_there_and_differ(self):
        code, prose = text.code(1 << 16), text.docstrings()
        self.assertEqual(code.numel(), 1 << 16)
        self.assertGreater(prose.numel(), 1 << 16)
        self.assertFalse(torch.equal(code, prose[:1 << 16]))

    def test_what_changed_is_counted_by_bits(self):
        before = {"a": torch.tensor([0.0, 1.0]), "b": torch.tensor([float("nan"), 2.0])}
        self.assertEqual(corpus_dense.changed(before, before), 0)
        self.assertEqual(corpus_dense.changed(before, {**before, "a": torch.tensor([-0.0, 1.0])}), 0.25)

    def test_the_page_has_the_markers_of_the_tables(self):
        with open(os.path.join(ROOT, "docs", "evidence", "results.md"), encoding="utf-8") as file:
            page = file.read()
        for name in ("sizes", "codec-speed", "compressors", "builds", "micro"):
            self.assertLess(page.index(f"<!-- {name} -->"), page.index(f"<!-- /{name} -->"))

    def test_a_training_on_a_mask_writes_a_patch_every_few_steps_and_learns(self):
        torch.manual_seed(0)
        model = language.Language(16, 1, 2, corpus_fish.CONTEXT)
        mask = masks.random(model, 0.2, seed=1)
        optimizer = MaskedAdam(model, mask, lr=1e-2)
        steps = corpus_fish.steps_of(True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
        with tempfile.TemporaryDirectory() as folder:
            record = corpus_fish.train(folder, model, mask, optimizer, 2, schedule, True)
            patches = [f"step-{step:04}.safetensors" for step in range(corpus_fish.EVERY, steps + 1, corpus_fish.EVERY)]
            self.assertEqual(sorted(os.listdir(folder)), ["state.safetensors", *patches])
            moments = load_file(os.path.join(folder, "state.safetensors"))
            self.assertEqual(sum(part.numel() for part in moments.values()), 2 * mask.count)
        self.assertEqual(record["positions"], mask.count)
        self.assertLess(record["tested_loss"][1], record["tested_loss"][0])
        self.assertAlmostEqual(optimizer.param_groups[0]["lr"], 0)


if __name__ == "__main__":
    unittest.main()
