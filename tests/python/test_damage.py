"""Damaged stores: resuming takes the newest sound checkpoint."""

import sqlite3
import unittest

from hooktest import HookTest
from support import Server, needs_server, torch, unique

if torch is not None:
    from fishcheckpoint import FishClient
    from trainee import make_net


@needs_server
class DamageTests(HookTest):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.remove()

    def setUp(self):
        super().setUp()
        self.client.close()
        self.client = FishClient(self.server.url)
        self.client.add_base(self.base, make_net())

    def flip(self, column, *steps):
        """Flips a byte in the middle of a frame of each step: its values ('frame'), its trainer state ('trainer_frame')."""
        with sqlite3.connect(self.server.database) as database:
            for step in steps:
                piece, data = database.execute(
                    f"SELECT pieces.rowid, data FROM pieces JOIN checkpoints c ON pieces.frame = c.{column} JOIN tasks t ON t.id = c.task "
                    "WHERE t.name = ? AND c.step = ? AND c.deleted = 0", (self.task, step)).fetchone()
                data = bytearray(data)
                data[len(data) // 2] ^= 4
                database.execute("UPDATE pieces SET data = ? WHERE rowid = ?", (bytes(data), piece))
        database.close()

    def test_resume_falls_back_past_damaged_values_and_states(self):
        held = {}
        run = self.run_of()
        run.train(20, lambda run: held.update({run.step: run.weights()}))
        run.hook.complete()
        self.flip("frame", 20)
        self.flip("trainer_frame", 15)
        again = self.run_of(seed=9)
        self.assertEqual(again.resume(), 10)
        self.assert_same(again.weights(), held[10])
        self.assertEqual([warning.split(" ")[1] for warning in self.warnings], ["20", "15"])
        # Training goes on, and puts sound checkpoints in the place of the damaged ones.
        again.train(20)
        again.hook.complete()
        for step in (15, 20):
            self.assertTrue(self.client.verify(self.task, step)["sound"])
            self.assert_same(self.client.load(self.task, step), held[step])

    def test_resume_at_a_damaged_step(self):
        self.run_of().train(15).hook.complete()
        self.flip("frame", 10)
        self.assertEqual(self.run_of().hook.resume(at=10), 5)
        self.assertEqual(self.run_of().hook.resume(), 15)

    def test_all_damaged_raises(self):
        self.run_of().train(10).hook.complete()
        self.flip("frame", 5, 10)
        error = self.assert_refused(self.damage_of(10), self.run_of().hook.resume)
        self.assertTrue(error.is_damage)

    def damage_of(self, step):
        try:
            self.client.load(self.task, step)
        except Exception as error:
            return error.code
        self.fail("the checkpoint is not damaged")

    def test_damage_in_the_middle_of_an_answer_is_named(self):
        # A model of many blocks, damaged at the end: the answer has begun when it is found.
        model, base, task = torch.nn.Linear(1000, 3000), unique("base"), unique("task")
        self.client.add_base(base, model)
        self.client.put_task(task, base)
        positions = torch.arange(0, 3_000_000, 10)
        self.client.save_patch(task, 1, {"weight": (positions, torch.randn(len(positions)))})
        self.task = task
        self.flip("frame", 1)
        error = self.assert_refused("CORRUPT_CHECKPOINT", self.client.load, task, 1, into=torch.nn.Linear(1000, 3000))
        self.assertNotEqual(error.cause, "None")


if __name__ == "__main__":
    unittest.main()
