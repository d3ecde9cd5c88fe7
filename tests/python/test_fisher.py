"""Fisher information of many examples at once against the plain definition, one example after another; losses, modes, and what is
refused."""

import io
import math
import types
import unittest
import unittest.mock

from support import needs_torch, torch

if torch is not None:
    from fishcheckpoint import FishError, masks
    from fishcheckpoint.masks import batched

    functional = torch.nn.functional

    class Language(torch.nn.Module):
        """A small language model, its head tied to its embedding."""

        def __init__(self, words=11, width=6):
            super().__init__()
            self.embedding, self.mix, self.norm = torch.nn.Embedding(words, width), torch.nn.Linear(width, width), torch.nn.LayerNorm(width)
            self.head = torch.nn.Linear(width, words, bias=False)
            self.head.weight = self.embedding.weight

        def forward(self, tokens):
            hidden = self.embedding(tokens)
            return self.head(self.norm(torch.tanh(self.mix(hidden)).cumsum(1) + hidden))

    class Hugging(torch.nn.Module):
        """Takes labels and gives a loss, as Hugging Face's models do: it shifts the labels itself, and takes the mean."""

        def __init__(self):
            super().__init__()
            self.inner = Language()

        def forward(self, input_ids, attention_mask=None, labels=None):
            logits = self.inner(input_ids)
            loss = None if labels is None else functional.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]),
                labels[:, 1:].reshape(-1))
            return types.SimpleNamespace(loss=loss, logits=logits)


def image_net():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(),
                               torch.nn.Conv2d(4, 4, 3, groups=2),
                               torch.nn.GroupNorm(2, 4), torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(16, 5))


def plain(net):
    return torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3))


@needs_torch
class FisherTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)

    def oracle(self, model, examples, loss, power=torch.square):
        """The definition: the gradient of each example for itself."""
        scores = {name: torch.zeros_like(parameter, dtype=torch.float32) for name, parameter in model.named_parameters()
                  if parameter.requires_grad}
        for inputs, label in examples:
            model.zero_grad(set_to_none=True)
            loss(model, inputs, label).backward()
            for name, parameter in model.named_parameters():
                if parameter.grad is not None and name in scores:
                    scores[name] += power((parameter.grad.to_dense() if parameter.grad.is_sparse else parameter.grad).float())
        model.zero_grad(set_to_none=True)
        return scores

    def assert_scores(self, fisher, expected, rtol=1e-4):
        self.assertEqual(set(fisher.scores), set(expected))
        for name, score in fisher.scores.items():
            torch.testing.assert_close(score, expected[name], rtol=rtol, atol=1e-6 * float(expected[name].abs().max()) + 1e-12,
                                       msg=lambda text: f"{name}: {text}")

    def assert_batched(self, expected=True):
        """Whether examples were computed at once, where this PyTorch can."""
        if batched._functions() is not None:
            self.assertEqual([scorer.at_once > 1 for scorer in self.scorers], [expected] * len(self.scorers))

    def watched(self):
        self.scorers = []
        original = batched.PerExample.__init__

        def init(scorer, *arguments, **options):
            original(scorer, *arguments, **options)
            self.scorers.append(scorer)
        patch = unittest.mock.patch.object(batched.PerExample, "__init__", init)
        patch.start()
        self.addCleanup(patch.stop)


class BatchedTests(FisherTest):
    def test_many_models_equal_the_definition(self):
        self.watched()
        images, labels = torch.randn(9, 3, 6, 6), torch.randint(0, 5, (9,))
        tokens = torch.randint(0, 11, (7, 5))
        frozen = plain(None)
        frozen[0].weight.requires_grad_(False)
        shared = torch.nn.Linear(4, 4)
        for name, model, inputs, targets in (
                ("images", image_net().eval(), images, labels), ("frozen", frozen, torch.randn(8, 4), torch.randint(0, 3, (8,))),
                ("shared", torch.nn.Sequential(shared, torch.nn.Tanh(), shared, torch.nn.Linear(4, 3)), torch.randn(8, 4),
                 torch.randint(0, 3, (8,))),
                ("double", plain(None).double(), torch.randn(8, 4).double(), torch.randint(0, 3, (8,))),
                ("probabilities", plain(None), torch.randn(8, 4), torch.softmax(torch.randn(8, 3), -1)),
                ("words", Language(), tokens, tokens.roll(1, 1))):
            for power in ("square", "absolute"):
                with self.subTest(model=name, power=power):
                    def loss(model, inputs, label):
                        logits = model(inputs).float()
                        if logits.dim() == 3:
                            return functional.cross_entropy(logits[0], label[0], reduction="sum")
                        return functional.cross_entropy(logits, label.float() if label.is_floating_point() else label)
                    examples = [(inputs[i:i + 1], targets[i:i + 1]) for i in range(len(inputs))]
                    expected = self.oracle(model, examples, loss, torch.square if power == "square" else torch.abs)
                    self.assert_scores(masks.empirical_fisher(model, [(inputs[:4], targets[:4]), (inputs[4:], targets[4:])], power=power),
                                       expected)
        self.assert_batched()

    def test_as_many_examples_at_once_as_asked(self):
        model, inputs, labels = plain(None), torch.randn(11, 4), torch.randint(0, 3, (11,))
        expected = masks.empirical_fisher(model, [(inputs, labels)], at_once=1).scores
        for at_once in (2, 3, 11, 50, None):
            self.assert_scores(masks.empirical_fisher(model, [(inputs, labels)], at_once=at_once), expected)
        self.assert_scores(masks.empirical_fisher(model, [(inputs[:4], labels[:4]), (inputs[4:], labels[4:])], n_samples=6),
                           masks.empirical_fisher(model, [(inputs[:6], labels[:6])]).scores)
        with unittest.mock.patch.object(batched, "GRADIENT_BYTES", 9 * 4 * 51):  # nine gradients of 51 values
            self.watched()
            self.assert_scores(masks.empirical_fisher(model, [(inputs, labels)]), expected)
            self.assertEqual(self.scorers[0].at_once, 9 if batched._functions() else 1)
        with unittest.mock.patch.object(batched, "GRADIENT_BYTES", 3 * 4 * 51), unittest.mock.patch.object(batched, "_MAX_BYTES",
            7 * 4 * 51):
            self.watched()
            self.assert_scores(masks.empirical_fisher(model, [(inputs, labels)]), expected)
            self.assertEqual(self.scorers[0].at_once, 1)

    def test_models_that_cannot_be_vectorized_are_scored_one_by_one(self):
        class Branching(torch.nn.Linear):
            def forward(self, inputs):
                return super().forward(inputs if float(inputs.sum()) > 0 else -inputs)

        class Counting(torch.nn.Linear):
            """Treats the first example that it sees at once in another way."""

            def forward(self, inputs):
                return super().forward(inputs) * (2.0 if batched_now() else 1.0)

        def batched_now():
            import traceback
            return any("vmap" in frame.name for frame in traceback.extract_stack())
        inputs, labels = torch.randn(6, 4), torch.randint(0, 3, (6,))
        for model in (Branching(4, 3), Counting(4, 3),
                      torch.nn.Sequential(torch.nn.Embedding(9, 3, sparse=True), torch.nn.Flatten(), torch.nn.Linear(6, 3))):
            with self.subTest(model=type(model).__name__):
                self.watched()
                given = torch.randint(0, 9, (6, 2)) if isinstance(model, torch.nn.Sequential) else inputs
                expected = self.oracle(model, [(given[i:i + 1], labels[i:i + 1]) for i in range(6)], lambda model, inputs,
                                       label: functional.cross_entropy(model(inputs), label))
                self.assert_scores(masks.empirical_fisher(model, [(given, labels)]), expected)
                self.assert_batched(isinstance(model, torch.nn.Sequential) and self.scorers[0].at_once > 1)

    def test_expected_and_sampled_are_those_of_single_examples(self):
        self.watched()
        model, inputs = image_net(), torch.randn(5, 3, 6, 6)
        for function, options in ((masks.expected_fisher, lambda: {}),
                                  (masks.sampled_fisher, lambda: {"generator": torch.Generator().manual_seed(3)})):
            expected = function(model, [inputs], at_once=1, **options()).scores
            self.assert_scores(function(model, [inputs[:2], inputs[2:]], **options()), expected)
        self.assertEqual([scorer.at_once > 1 for scorer in self.scorers], [False, bool(batched._functions())] * 2)


class LossTests(FisherTest):
    def test_tokens_with_labels_at_their_place_or_the_next(self):
        model, tokens = Language(), torch.randint(0, 11, (4, 6))
        labels = tokens.clone()
        labels[:, :2] = -100
        for shift in (False, True):
            def loss(model, inputs, label):
                logits = model(inputs)
                logits, label = (logits[:, :-1], label[:, 1:]) if shift else (logits, label)
                return sum(functional.cross_entropy(logits[0, t], label[0, t]) for t in range(label.shape[1]) if label[0, t] != -100)
            expected = self.oracle(model, [(tokens[i:i + 1], labels[i:i + 1]) for i in range(4)], loss)
            self.assert_scores(masks.empirical_fisher(model, [(tokens, labels)], shift_labels=shift), expected)

    def test_pixels_have_labels(self):
        model, images, labels = torch.nn.Conv2d(3, 5, 3, padding=1), torch.randn(3, 3, 4, 6), torch.randint(0, 5, (3, 4, 6))
        expected = self.oracle(model, [(images[i:i + 1], labels[i:i + 1]) for i in range(3)],
                               lambda model, inputs, label: functional.cross_entropy(model(inputs), label, reduction="sum"))
        self.assert_scores(masks.empirical_fisher(model, [(images, labels)]), expected)

    def test_the_loss_of_hugging_face_models_is_theirs(self):
        self.watched()
        model, tokens = Hugging(), torch.randint(0, 11, (4, 6))
        expected = self.oracle(model, [(tokens[i:i + 1], tokens[i:i + 1]) for i in range(4)], lambda model, inputs,
                               label: model(inputs, labels=label).loss)
        batch = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens), "labels": tokens}
        self.assert_scores(masks.empirical_fisher(model, [batch]), expected)
        import collections
        self.assert_scores(masks.empirical_fisher(model, [collections.UserDict(batch)]), expected)
        self.assert_batched()

        class Adapter(torch.nn.Module):
            config = None

            def __init__(self, inner):
                super().__init__()
                self.base = inner

            def forward(self, *arguments, **options):
                return self.base(*arguments, **options)
        for wrapped, prefix in ((Adapter(model), "base."), (torch.nn.DataParallel(model), "module.")):
            found = masks.empirical_fisher(wrapped, [batch])
            self.assert_scores(found, {f"{prefix}{name}": score for name, score in expected.items()})

    def test_what_has_no_cross_entropy_names_the_option(self):
        linear = torch.nn.Linear(4, 1)
        for model, inputs, labels in ((linear, torch.randn(2, 4), torch.randn(2)), (linear, torch.randn(2, 4), None),
                                      (Language(), torch.ones(2, 5).long(), torch.ones(2, 4).long()),
                                      (torch.nn.LSTM(4, 2), torch.randn(2, 3, 4), torch.ones(2).long()),
                                      (torch.nn.Flatten(0), torch.randn(2, 4, requires_grad=True), torch.ones(2).long())):
            with self.subTest(model=type(model).__name__), self.assertRaises(FishError) as raised:
                masks.empirical_fisher(model, [(inputs, labels)] if labels is not None else [inputs])
            self.assertEqual((raised.exception.code, raised.exception.key), ("REQUEST_INVALID", "loss"))
            self.assertIn("loss=", raised.exception.hint)
        fisher = masks.empirical_fisher(linear, [(torch.randn(2, 4), torch.randn(2, 1))], loss=lambda model, inputs,
                                        label: functional.mse_loss(model(inputs), label))
        self.assertGreater(float(fisher.scores["weight"].sum()), 0)
        with self.assertRaises(FishError) as raised:
            masks.expected_fisher(Language(), [torch.ones(2, 5).long()])
        self.assertIn("logits=", raised.exception.hint)


class ModeTests(FisherTest):
    def test_training_mode_takes_the_statistics_of_the_example(self):
        self.watched()
        model, images, labels = image_net(), torch.randn(8, 3, 6, 6), torch.randint(0, 5, (8,))
        model[1].running_mean.normal_()
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        model.train()
        expected = self.oracle(model, [(images[i:i + 1], labels[i:i + 1]) for i in range(8)], lambda model, inputs,
                               label: functional.cross_entropy(model(inputs), label))
        model.load_state_dict(before)
        model.eval()
        training = masks.empirical_fisher(model, [(images, labels)], mode="train")
        self.assert_scores(training, expected, rtol=1e-3)
        self.assert_batched()
        self.assertFalse(any(module.training for module in model.modules()))
        self.assertTrue(model[1].track_running_stats and "forward" not in vars(model[1]))
        for name, tensor in model.state_dict().items():
            self.assertTrue(torch.equal(tensor, before[name]), name)
        evaluating = masks.empirical_fisher(model, [(images, labels)])
        self.assertFalse(torch.allclose(evaluating.scores["0.weight"], training.scores["0.weight"], rtol=0.05))

    def test_each_module_can_keep_its_mode(self):
        model, images, labels = image_net().train(), torch.randn(4, 3, 6, 6), torch.randint(0, 5, (4,))
        model[1].eval()
        expected = masks.empirical_fisher(model, [(images, labels)]).scores  # nothing else depends on the mode
        self.assert_scores(masks.empirical_fisher(model, [(images, labels)], mode="keep"), expected)
        self.assertEqual([module.training for module in model], [True, False, True, True, True, True, True, True])

    def test_dropout_counts_in_training_mode_and_is_drawn_for_each_example(self):
        model = torch.nn.Sequential(torch.nn.Linear(4, 50), torch.nn.Dropout(0.5), torch.nn.Linear(50, 3))
        inputs, labels = torch.randn(6, 4), torch.randint(0, 3, (6,))
        scores = []
        for at_once in (1, None):
            torch.manual_seed(7)
            scores.append(masks.empirical_fisher(model, [(inputs, labels)], mode="train", at_once=at_once).scores)
        for name in scores[0]:
            torch.testing.assert_close(scores[0][name], scores[1][name])
        self.assertFalse(torch.allclose(scores[0]["0.weight"], masks.empirical_fisher(model, [(inputs, labels)]).scores["0.weight"]))

    def test_batch_normalization_of_a_single_value_is_refused(self):
        model = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.BatchNorm1d(6), torch.nn.Linear(6, 3))
        for at_once in (1, None):
            with self.assertRaises(FishError) as raised:
                masks.empirical_fisher(model, [(torch.randn(5, 4), torch.zeros(5).long())], mode="train", at_once=at_once)
            self.assertEqual(raised.exception.key, "mode")
            self.assertIn("mode='keep'", raised.exception.hint)
            self.assertTrue(model.training and model[1].track_running_stats)

    def test_modes_and_counts_are_checked(self):
        for options in ({"mode": "x"}, {"n_samples": 0}, {"at_once": 0}, {"power": "x"}):
            with self.assertRaises(FishError) as raised:
                masks.empirical_fisher(plain(None), [(torch.randn(2, 4), torch.zeros(2).long())], **options)
            self.assertEqual((raised.exception.code, raised.exception.key), ("REQUEST_INVALID", next(iter(options))))

    def test_the_mode_is_put_back_when_a_loss_fails(self):
        model = plain(None).train()
        try:
            masks.empirical_fisher(model, [(torch.randn(2, 4), torch.zeros(2).long())], loss=lambda *_: 1 / 0)
        except ZeroDivisionError:
            self.assertTrue(model.training and model[0].training)


class ProgressTests(FisherTest):
    def test_progress_is_reported_after_each_batch(self):
        model, inputs, labels = plain(None), torch.randn(5, 4), torch.zeros(5).long()
        for n_samples in (4, None):
            reports = []
            masks.empirical_fisher(model, [(inputs[:2], labels[:2]), (inputs[2:], labels[2:])], n_samples=n_samples,
                                   progress=lambda *done: reports.append(done))
            self.assertEqual(reports, [(2, n_samples), (4 if n_samples else 5, n_samples)])
        with unittest.mock.patch("sys.stderr", io.StringIO()) as output:
            masks.expected_fisher(model, [inputs], n_samples=5, progress=True)
        self.assertIn("5 of 5 (100%) examples", output.getvalue())


class BudgetTests(FisherTest):
    def test_a_head_that_outgrows_the_budget_says_what_to_set(self):
        for total, head, ratio in ((90, 10, 0.05), (1_000_000, 123_457, 0.1), (10, 990, 0.5), (7, 3, 0.001),
                                   (85_000_000, 768 * 1000, 0.005)):
            with self.subTest(total=total, head=head):
                sizes = {"body": torch.empty(total, device="meta"), "head.weight": torch.empty(head, device="meta")}
                with self.assertRaises(FishError) as raised:
                    masks.MaskBudget.compute(sizes, ratio, ["head.*"])
                error, allowed = raised.exception, math.floor(ratio * (total + head))
                self.assertIn(f"{head - allowed:,} too few", error.cause)
                least, more = [text.split("=")[1].rstrip(",") for text in error.hint.split() if text.startswith("ratio=")]
                self.assertGreaterEqual(masks.MaskBudget.compute(sizes, least, ["head.*"]).free, 0)
                self.assertGreaterEqual(masks.MaskBudget.compute(sizes, more, ["head.*"]).free, min(allowed, total))
                self.assertLessEqual(float(least), head / (total + head) * 1.1 + 2 / (total + head))


if __name__ == "__main__":
    unittest.main()
