"""A server that is down for a while, or for good: training goes on, and the saver tries again."""

import time
import unittest

from hooktest import HookTest
from support import Server, needs_server, torch

if torch is not None:
    from fishcheckpoint import FishClient
    from trainee import make_net


@needs_server
class ServerDownTests(HookTest):
    def setUp(self):
        super().setUp()
        self.server = Server()
        self.client.close()
        self.client = FishClient(self.server.url, retries=0)
        self.client.add_base(self.base, make_net())

    def tearDown(self):
        super().tearDown()
        self.server.remove()

    def test_training_goes_on_and_the_save_arrives_when_the_server_is_back(self):
        held = {}
        run = self.run_of(save_every_steps=1, queue_capacity=2)
        run.train(2, lambda run: held.update({run.step: run.weights()}))
        run.hook.save()
        self.server.stop()
        run.train(3, lambda run: held.update({run.step: run.weights()}))
        while not run.hook._saver.is_down:
            time.sleep(0.01)
        run.train(40, lambda run: held.update({run.step: run.weights()}))  # waits for no slot, though busy="wait"
        self.assertGreaterEqual(run.hook.summary.skipped, 30)
        self.assertIn("retrying", self.warnings[0])
        self.server.start()
        run.train(41, lambda run: held.update({run.step: run.weights()}))
        run.hook.save()
        self.assertEqual(run.hook.complete().failed, 0)
        self.assertEqual(self.steps()[-1], 41)
        for step in self.steps():
            self.assert_same(self.client.load(self.task, step), held[step])

    def test_down_from_the_beginning(self):
        self.server.stop()
        run = self.run_of()
        self.assertIn("retrying", self.warnings[0])
        self.assert_refused("SERVER_UNAVAILABLE", run.hook.resume)
        run.train(5)
        self.server.start()
        run.hook.complete()
        self.assertEqual(self.steps(), [5])

    def test_down_for_good_ends_after_retry_for(self):
        run = self.run_of(retry_for=0.5)
        self.server.stop()
        run.train(10)
        self.assert_refused("SERVER_UNAVAILABLE", run.hook.complete)


if __name__ == "__main__":
    unittest.main()
