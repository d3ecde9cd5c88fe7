"""Runs that are killed ten times over end where the run that nobody killed does, bit for bit."""

import os
import random
import subprocess
import sys
import tempfile
import unittest

from hooktest import HookTest
from support import torch, unique

if torch is not None:
    from fishcheckpoint.safetensors import load_file

KILLS, LAST = 10, 120


class KillTests(HookTest):
    def child(self, task, file):
        here = os.path.dirname(os.path.abspath(__file__))
        return subprocess.Popen(
            [sys.executable, os.path.join(here, "trainee.py"), self.client.url, task, self.base, str(LAST), file, '{"save_every_steps": 3}'],
            stdout=subprocess.PIPE, text=True)

    def test_killed_ten_times_and_resumed_is_bit_equal_to_uninterrupted(self):
        chance = random.Random(20)
        with tempfile.TemporaryDirectory() as folder:
            straight, resumed = os.path.join(folder, "straight"), os.path.join(folder, "resumed")
            reference = self.child(unique("task"), straight)
            kills, begun = 0, 0
            while kills < KILLS:
                child = self.child(self.task, resumed)
                begun = int(child.stdout.readline().split()[1].replace("None", "0"))
                # The child is somewhere behind its last report: in a step, in a save, or between.
                until = min(LAST - 1, begun + chance.randint(1, 2 * LAST // KILLS))
                while int(child.stdout.readline()) < until:
                    pass
                child.kill()
                child.wait()
                child.stdout.close()
                kills += 1
            child = self.child(self.task, resumed)
            output = child.communicate()[0]
            reference.communicate()
            self.assertEqual((child.returncode, reference.returncode), (0, 0))
            self.assertGreater(int(output.split()[1]), 0)
            self.assert_same(load_file(resumed), load_file(straight))
            self.assert_same(self.client.load(self.task, LAST), load_file(straight))


if __name__ == "__main__":
    unittest.main()
