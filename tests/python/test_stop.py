"""SIGTERM and SIGINT: the step is stored before the run ends."""

import os
import signal
import subprocess
import sys
import threading
import unittest

from hooktest import HookTest
from support import unique



class StopTests(HookTest):
    def test_signal_saves_the_next_step_and_ends_the_run(self):
        for number, ends in ((signal.SIGTERM, SystemExit), (signal.SIGINT, KeyboardInterrupt)):
            with self.subTest(signal=number):
                task, before = unique("task"), signal.getsignal(number)
                run = self.run_of(task)

                def kill(run):
                    if run.step == 7:
                        os.kill(os.getpid(), number)
                with self.assertRaises(ends) as raised:
                    run.train(20, kill)
                if ends is SystemExit:
                    self.assertEqual(raised.exception.code, 143)
                self.assertEqual((self.steps(task), signal.getsignal(number)), ([5, 7], before))
                self.assert_same(self.client.load(task), run.weights())

    def test_off_and_complete_leave_the_handlers_alone(self):
        before = signal.getsignal(signal.SIGTERM)
        run = self.run_of(save_on_stop=False)
        self.assertIs(signal.getsignal(signal.SIGTERM), before)
        run.hook.complete()
        run = self.run_of()
        self.assertIsNot(signal.getsignal(signal.SIGTERM), before)
        run.hook.complete()
        self.assertIs(signal.getsignal(signal.SIGTERM), before)

    def test_other_threads_take_no_signals(self):
        before = signal.getsignal(signal.SIGTERM)
        thread = threading.Thread(target=lambda: self.run_of().train(5).hook.complete())
        thread.start()
        thread.join()
        self.assertEqual((self.steps(), signal.getsignal(signal.SIGTERM)), ([5], before))

    def test_second_signal_ends_at_once(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "trainee.py")
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys, time, support, trainee\n"
             "run = trainee.Run(*sys.argv[1:4])\n"
             "print('ready', flush=True)\n"
             "while run.hook._signals.received is None: time.sleep(0.01)\n"
             "print('asked', flush=True)\n"
             "time.sleep(600)\n", self.client.url, self.task, self.base],
            stdout=subprocess.PIPE, text=True, cwd=os.path.dirname(script))
        self.assertEqual(child.stdout.readline(), "ready\n")
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.stdout.readline(), "asked\n")
        self.assertIsNone(child.poll())
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(timeout=600), -signal.SIGTERM)
        child.stdout.close()


if __name__ == "__main__":
    unittest.main()
