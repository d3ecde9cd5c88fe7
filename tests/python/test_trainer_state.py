"""Trainer states: plain values and tensors, exactly, and nothing that could run."""

import collections
import random
import unittest

from support import needs_torch, torch

if torch is not None:
    from fishcheckpoint import FishError
    from fishcheckpoint.training import rng
    from fishcheckpoint.training.trainer_state import TrainerState


def through_a_file(state):
    return TrainerState.parse(b"".join(bytes(chunk) for chunk in state.to_file().chunks()), "test")


@needs_torch
class TrainerStateTests(unittest.TestCase):
    def test_plain_values_come_back_exactly(self):
        value = {
            "none": None, "flags": [True, False], "int": 1 << 70, "float": 0.1 + 0.2, "inf": float("-inf"), "text": "\u00e4\n$", "bytes": b"\0\xff",
            "tuple": (1, (2.0, "x")), "keys": {1: "a", (2, 3): "b"}, "$": "dollar", "set": {1, 2}, "counter": collections.Counter({5: 2})}
        state = TrainerState()
        state.put("part/state", value)
        back = through_a_file(state).take("part/state")
        self.assertEqual(back, value)
        self.assertEqual([type(back[name]) for name in ("tuple", "counter", "set", "flags")], [tuple, collections.Counter, set, list])

    def test_tensors_in_values_keep_dtype_and_shape(self):
        value = {"a": torch.randn(2, 3).bfloat16(), "b": [torch.tensor(5), torch.empty(0, 2)]}
        state = TrainerState()
        state.put("part/state", value)
        back = through_a_file(state).take("part/state")
        self.assertTrue(torch.equal(back["a"], value["a"]) and back["a"].dtype == torch.bfloat16)
        self.assertEqual((int(back["b"][0]), back["b"][0].dim(), back["b"][1].shape), (5, 0, (0, 2)))

    def test_functions_are_left_out_and_other_objects_refused(self):
        state = TrainerState()
        state.put("part/state", {"a": 1, "f": lambda: 2})
        self.assertEqual(state.take("part/state"), {"a": 1})
        with self.assertRaises(FishError) as raised:
            state.put("part/state", {"a": random.Random()})
        self.assertEqual(raised.exception.code, "STATE_UNSUPPORTED")

    def test_other_files_are_refused(self):
        from fishcheckpoint.safetensors import SafetensorsFile
        for metadata in ({}, {"format": "fish-trainer-state", "version": "2"}):
            with self.assertRaises(FishError) as raised:
                TrainerState.parse(b"".join(SafetensorsFile({}, metadata).chunks()), "test")
            self.assertEqual(raised.exception.code, "STATE_MISMATCH")
        with self.assertRaises(FishError) as raised:
            TrainerState.parse(b"pickle!!", "test")
        self.assertTrue(raised.exception.code.startswith("HEADER_"))

    def test_random_generators_go_on_where_they_were(self):
        try:
            import numpy
        except ImportError:
            numpy = None

        def draw():
            drawn = [random.random(), random.gauss(0, 1), torch.rand(3).tolist()]
            return drawn + ([numpy.random.rand(2).tolist(), numpy.random.normal()] if numpy else [])
        random.gauss(0, 1)
        state = TrainerState()
        rng.capture(state)
        expected = draw()
        draw()
        rng.restore(through_a_file(state))
        self.assertEqual(draw(), expected)

    def test_schedulers_come_back(self):
        parameter = torch.nn.Parameter(torch.zeros(1))
        for make in (lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [2, 4, 4]), lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda step: 1 / (step + 1)),
                     lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 1.0, total_steps=20), lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, patience=1),
                     lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, 3)):
            rates = []
            for stop in (False, True):
                optimizer = torch.optim.SGD([parameter], lr=0.5)
                scheduler, found = make(optimizer), []
                for step in range(8):
                    if stop and step == 3:
                        state = TrainerState()
                        state.put("s/state", [scheduler.state_dict(), optimizer.state_dict()])
                        optimizer = torch.optim.SGD([parameter], lr=0.5)
                        scheduler = make(optimizer)
                        schedule, options = through_a_file(state).take("s/state")
                        scheduler.load_state_dict(schedule)
                        optimizer.load_state_dict(options)
                    optimizer.step()
                    scheduler.step(*([1.0] if "Plateau" in type(scheduler).__name__ else []))
                    found.append(optimizer.param_groups[0]["lr"])
                rates.append(found)
            self.assertEqual(rates[0], rates[1], type(scheduler).__name__)


if __name__ == "__main__":
    unittest.main()
