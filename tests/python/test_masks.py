"""Fisher information and masks, each against the plain definition."""

import os
import tempfile
import unittest

from support import needs_torch, torch

if torch is not None:
    from fishcheckpoint import FishError, Mask, masks
    from fishcheckpoint.masks import MaskBudget


def small_net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(6, 3))


@needs_torch
class FisherTests(unittest.TestCase):
    def setUp(self):
        self.net = small_net()
        self.inputs, self.labels = torch.randn(5, 4), torch.tensor([0, 2, 1, 1, 0])

    def gradients(self, index, label):
        self.net.eval()
        self.net.zero_grad()
        torch.log_softmax(self.net(self.inputs[index:index + 1]), -1)[0, label].backward()
        return {name: parameter.grad.clone() for name, parameter in self.net.named_parameters()}

    def assert_scores(self, fisher, expected):
        for name, score in fisher.scores.items():
            torch.testing.assert_close(score, expected[name], rtol=1e-4, atol=1e-7)

    def expected(self, weights, power):
        sums = {name: torch.zeros_like(parameter) for name, parameter in self.net.named_parameters()}
        for index, label, weight in weights:
            for name, gradient in self.gradients(index, label).items():
                sums[name] += weight * power(gradient)
        return sums

    def test_empirical_is_the_sum_of_squares_of_single_examples(self):
        fisher = masks.empirical_fisher(self.net.train(), [(self.inputs[:2], self.labels[:2]), (self.inputs[2:], self.labels[2:])], n_samples=4)
        self.assertTrue(self.net.training and self.net[2].training)
        self.assert_scores(fisher, self.expected([(i, int(self.labels[i]), 1.0) for i in range(4)], torch.square))

    def test_absolute_sums_absolutes(self):
        fisher = masks.empirical_fisher(self.net, [(self.inputs, self.labels)], power="absolute")
        self.assert_scores(fisher, self.expected([(i, int(self.labels[i]), 1.0) for i in range(5)], torch.abs))

    def test_expected_weighs_every_label_with_its_probability(self):
        fisher = masks.expected_fisher(self.net, [self.inputs[:3]])
        with torch.no_grad():
            likelihoods = torch.softmax(self.net.eval()(self.inputs), -1)
        self.assert_scores(fisher, self.expected([(i, y, float(likelihoods[i, y])) for i in range(3) for y in range(3)], torch.square))

    def test_sampled_takes_one_label_by_the_generator(self):
        fisher = masks.sampled_fisher(self.net, [self.inputs], generator=torch.Generator().manual_seed(7))
        generator = torch.Generator().manual_seed(7)
        with torch.no_grad():
            likelihoods = torch.softmax(self.net.eval()(self.inputs), -1)
        drawn = [(i, int(torch.multinomial(likelihoods[i], 1, generator=generator)), 1.0) for i in range(5)]
        self.assert_scores(fisher, self.expected(drawn, torch.square))

    def test_dict_batches_and_own_loss(self):
        class Named(torch.nn.Module):
            def __init__(self, net):
                super().__init__()
                self.net = net

            def forward(self, features):
                return type("Output", (), {"logits": self.net(features)})
        named = Named(self.net)
        batches = [{"features": self.inputs, "labels": self.labels}]
        first = masks.empirical_fisher(named, batches)
        second = masks.empirical_fisher(named, batches, loss=lambda model, inputs, label: torch.nn.functional.nll_loss(
            torch.log_softmax(model(**inputs).logits, -1), label))
        for name in first.scores:
            torch.testing.assert_close(first.scores[name], second.scores[name])

    def test_accumulation_is_in_place(self):
        fisher = masks.FisherInformation(self.net)
        addresses = {name: score.data_ptr() for name, score in fisher.scores.items()}
        fisher.add(self.net(self.inputs[:1]).sum())
        self.assertEqual(addresses, {name: score.data_ptr() for name, score in fisher.scores.items()})


@needs_torch
class SelectionTests(unittest.TestCase):
    def test_top_is_what_sorting_gives(self):
        for seed in range(20):
            generator = torch.Generator().manual_seed(seed)
            scores = {name: torch.randint(0, 6, size, generator=generator).float() / 3 for name, size in (("a", (7, 9)), ("b", (50,)), ("c", (1,)))}
            scores["b"][3] = float("inf")
            flat = [(-float(value), order, position) for order, name in enumerate(scores) for position, value in enumerate(scores[name].view(-1))]
            count = MaskBudget.compute(scores, "0.31").total
            expected = {name: sorted(p for _, o, p in sorted(flat)[:count] if o == order) for order, name in enumerate(scores)}
            found = masks.top(scores, "0.31")
            self.assertEqual({name: positions.tolist() for name, positions in found.items()}, {name: p for name, p in expected.items() if p})

    def test_top_pieces_of_a_large_tensor(self):
        from fishcheckpoint.masks import threshold
        scores = torch.rand(threshold.PIECE + 1000, generator=torch.Generator().manual_seed(1))
        found = masks.top({"a": scores}, 0.001)["a"]
        self.assertEqual(found.tolist(), scores.topk(found.numel()).indices.sort().values.tolist())

    def test_budget_counts_the_head_and_takes_the_ratio_as_a_decimal(self):
        scores = {"body": torch.rand(90), "head.weight": torch.zeros(8), "head.bias": torch.zeros(2)}
        self.assertEqual(MaskBudget.compute(scores, 0.29, ["head.*"]), (100, 29, 10))
        mask = masks.top(scores, 0.29, ["head.*"])
        self.assertEqual({name: positions.numel() for name, positions in mask.items()}, {"body": 19, "head.weight": 8, "head.bias": 2})
        with self.assertRaises(FishError) as raised:
            masks.top(scores, 0.05, ["head.*"])
        self.assertEqual(raised.exception.code, "REQUEST_INVALID")
        with self.assertRaises(FishError):
            masks.top(scores, 1.5)

    def test_bad_scores_are_refused(self):
        for bad in (float("nan"), -1.0):
            with self.assertRaises(FishError) as raised:
                masks.top({"good": torch.ones(4), "bad": torch.tensor([1.0, bad])}, 0.5)
            self.assertEqual(raised.exception.key, "bad")

    def test_other_selections(self):
        net = small_net()
        total = sum(parameter.numel() for parameter in net.parameters())
        per_tensor = masks.top_per_tensor({name: parameter.abs() for name, parameter in net.named_parameters()}, 0.5)
        self.assertEqual({name: positions.numel() for name, positions in per_tensor.items()},
                         {name: parameter.numel() // 2 for name, parameter in net.named_parameters()})
        largest = masks.magnitude(net, 0.1)
        flat = torch.cat([parameter.detach().abs().view(-1) for parameter in net.parameters()])
        chosen = torch.cat([parameter.detach().abs().view(-1)[largest[name]] for name, parameter in net.named_parameters() if name in largest])
        self.assertEqual(chosen.sort().values.tolist(), flat.topk(total // 10).values.sort().values.tolist())
        one, same, other = masks.random(net, 0.3, seed=1), masks.random(net, 0.3, seed=1), masks.random(net, 0.3, seed=2)
        self.assertTrue(one.equals(same))
        self.assertFalse(one.equals(other))
        self.assertEqual(one.count, int(total * 0.3))
        self.assertEqual({name: positions.numel() for name, positions in masks.bitfit(net, ["3.weight"]).items()}, {"0.bias": 6, "3.weight": 18, "3.bias": 3})

    def test_random_is_uniform(self):
        counts = torch.zeros(20)
        for seed in range(400):
            counts[masks.random({"a": torch.zeros(20)}, 0.25, seed=seed)["a"]] += 1
        self.assertTrue(bool(((counts > 60) & (counts < 140)).all()), counts)

    def test_mask_file_union_and_report(self):
        net = small_net()
        mask = masks.random(net, 0.4, seed=3)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "mask.safetensors")
            mask.save(path)
            self.assertTrue(Mask.load(path).equals(mask))
        both = mask.union(masks.bitfit(net))
        self.assertEqual(both["0.bias"].tolist(), list(range(6)))
        self.assertEqual(sorted(set(mask["3.weight"].tolist())), both["3.weight"].tolist())
        report = mask.report(net)
        self.assertAlmostEqual(sum(share.share for share in report), 1)
        self.assertEqual(report[0].density, report[0].count / dict(net.named_parameters())[report[0].name].numel())
        self.assertEqual(Mask.full(net).count, sum(parameter.numel() for parameter in net.parameters()))

    def test_mask_bad_positions_are_refused(self):
        for code, positions in (("INDEX_UNSORTED", [2, 1]), ("INDEX_REPEATED", [1, 1]), ("INDEX_OUT_OF_RANGE", [-1, 1])):
            with self.assertRaises(FishError) as raised:
                Mask({"a": torch.tensor(positions)})
            self.assertEqual(raised.exception.code, code)


if __name__ == "__main__":
    unittest.main()
