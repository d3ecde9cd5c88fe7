"""What the tests of the hook share."""

import unittest

from support import needs_server, shared_server, torch, unique

if torch is not None:
    from fishcheckpoint import FishClient, FishError
    from fishcheckpoint.tensors.raw import bytes_of
    from trainee import Run, make_net


@needs_server
class HookTest(unittest.TestCase):
    """A client, a base of the trainee's net, and a task's name."""

    def setUp(self):
        self.client = FishClient(shared_server().url)
        self.base, self.task = unique("base"), unique("task")
        self.client.add_base(self.base, make_net())
        self.warnings = []

    def tearDown(self):
        self.client.close()

    def run_of(self, task=None, **options):
        run = Run(self.client, task or self.task, self.base, **{"on_warning": self.warnings.append, **options})
        self.addCleanup(run.hook._end)
        return run

    def steps(self, task=None):
        return [found["step"] for found in self.client.list(task or self.task)]

    def assert_same(self, one, other):
        self.assertEqual(set(one), set(other))
        for name, value in one.items():
            self.assertEqual(bytes_of(value), bytes_of(other[name]), name)

    def assert_refused(self, code, call, *arguments, **options):
        with self.assertRaises(FishError) as raised:
            call(*arguments, **options)
        self.assertEqual(raised.exception.code, code)
        return raised.exception
