"""Servers that are down, hang, answer with faults, cut connections or come back late: training never waits for them, and ends in time."""

import os
import signal
import threading
import time
import types
import unittest
import warnings

from hooktest import HookTest
from proxy import Faults
from support import shared_server, torch

if torch is not None:
    from fishcheckpoint import FishClient, FishError, FishHook, FishLightningCallback, FishTrainerCallback, StepOutcome, masks
    from fishcheckpoint.training import HookOptions
    from fishcheckpoint.training.capture import PendingSave
    from fishcheckpoint.training.messages import Messages
    from fishcheckpoint.training.saver import BackgroundSaver
    from trainee import make_net

LATE = 600
"""Seconds that are too many: far more than any retry_for here, far less than for ever."""


class OutageTests(HookTest):
    def setUp(self):
        super().setUp()
        self.client.close()
        self.faults = Faults(shared_server().port)
        self.addCleanup(self.faults.close)
        self.direct = FishClient(shared_server().url)
        self.addCleanup(self.direct.close)
        self.client = FishClient(self.faults.url, retries=0)

    def begin(self):
        """Another task and proxy."""
        self.tearDown()
        self.setUp()

    def within(self, call, *arguments):
        """What a call gives or raises, in time."""
        found, done = [], threading.Event()

        def run():
            try:
                found.append(call(*arguments))
            except BaseException as error:  # noqa: B902 (handed on)
                found.append(error)
            done.set()
        threading.Thread(target=run, daemon=True).start()
        self.assertTrue(done.wait(LATE), "it did not come back")
        return found[0]

    def stored(self):
        return [found["step"] for found in self.direct.list(self.task)]

    def test_save_and_complete_give_up_in_time(self):
        for fault in ("refuse", "hang", "cut", 500, 502, 503):
            with self.subTest(fault=fault):
                self.faults.mode = None
                run = self.run_of(retry_for=0.5, save_every_steps=0)
                run.train(2)
                self.faults.mode = fault
                self.warnings.clear()
                report = self.within(run.hook.save)
                if report is None:
                    self.assertIn("not stored yet", self.warnings[-1])
                run.train(4)
                error = self.within(run.hook.complete)
                self.assertIsInstance(error, FishError)
                self.assertEqual(error.code, "SERVER_UNAVAILABLE")
                self.assertEqual(run.hook.summary.saved, 0)

    def test_save_whose_bytes_move_is_waited_for_and_one_that_stalls_is_not(self):
        for stalled, stored in ((0.0, True), (9.0, False)):
            with self.subTest(stalled=stalled):
                attempts = []

                def send(save):
                    attempts.append(save)
                    if len(attempts) == 1:
                        raise FishError("SERVER_UNAVAILABLE", "test", "It is down.", transient=True)
                    time.sleep(1.0)  # far longer than retry_for
                    return 3, 4
                sender = types.SimpleNamespace(open=lambda: None, send=send, refusal=None)
                saver = BackgroundSaver(sender, HookOptions(retry_for=0.3), Messages(self.warnings.append), lambda: stalled, lambda: None)
                save = PendingSave(1)
                self.assertTrue(saver.reserve(save, wait=False))
                saver.enqueue(save)
                while len(attempts) < 2:
                    time.sleep(0.01)
                self.assertEqual(saver.wait(save.done.is_set), stored)
                saver.end()
                self.assertEqual(saver.summary.saved, 1)

    def test_callbacks_give_up_in_time(self):
        for fault in ("refuse", "hang", 500):
            for make in (FishTrainerCallback, FishLightningCallback):
                with self.subTest(fault=fault, callback=make.__name__):
                    self.faults.mode = fault
                    callback = make(self.faults.url, self.task, resume=False, base=self.base, retry_for=0.5, save_every_steps=0,
                                    on_warning=self.warnings.append)
                    net = make_net()
                    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
                    state = types.SimpleNamespace(is_world_process_zero=True, global_step=0, optimizers=[optimizer])
                    self.shorten(callback)
                    if make is FishTrainerCallback:
                        self.within(lambda: callback.on_train_begin(None, state, None, model=net, optimizer=optimizer))
                        state.global_step = 7
                        self.assertIsNone(self.within(callback.on_step_end, None, state, None))
                        self.assertIsNone(self.within(callback.on_save, None, state, None))
                        ended = self.within(callback.on_train_end, None, state, None)
                    else:
                        self.within(callback.on_fit_start, state, net)
                        state.global_step = 7
                        self.assertIsNone(self.within(callback.on_train_batch_end, state, net))
                        ended = self.within(callback.on_fit_end, state, net)
                    self.assertEqual(getattr(ended, "code", None), "SERVER_UNAVAILABLE")

    def shorten(self, callback):
        # A hanging server is given ten seconds when the hook is made; less is enough here.
        callback._client = FishClient(self.faults.url, retries=0, timeout=0.5)

    def test_fault_that_passes_is_tried_again(self):
        for fault in (500, 502, "cut"):
            with self.subTest(fault=fault):
                self.begin()
                run = self.run_of(save_every_steps=1)
                self.faults.once(fault)
                run.train(2)
                self.assertEqual((run.hook.complete().failed, self.stored()), (0, [1, 2]))
                self.assertIn("retrying", self.warnings[0])

    def test_fault_that_stays_fails_its_save_and_a_later_one_goes_on(self):
        run = self.run_of(save_every_steps=1, retry_for=0.3, throw_on_complete=False)
        self.faults.mode = 500
        run.train(1)
        self.within(run.hook._last_save.done.wait)
        self.assertEqual(run.hook.reports[0].error.status, 500)
        self.faults.mode = None
        run.train(6)
        summary = self.within(run.hook.complete)
        self.assertEqual((summary.failed, self.stored()[-1]), (1, 6))

    def test_step_that_failed_is_saved_again_at_the_end(self):
        run = self.run_of(save_every_steps=3, save_at_end=True, retry_for=0)
        self.faults.mode = 500
        run.train(3)
        self.within(run.hook._last_save.done.wait)
        self.faults.mode = None
        summary = self.within(run.hook.complete)
        self.assertEqual((summary.failed, summary.saved, self.stored()), (1, 1, [3]))

    def test_masks_that_change_during_an_outage_hold_nothing_up(self):
        run = self.run_of(save_every_steps=1, busy="skip", on_leak="widen", recompute_mask_every_saves=1,
                          mask_source=lambda: masks.random(run.net, 0.4, seed=run.step))
        held = {}
        run.train(2, lambda run: held.update({run.step: run.weights()}))
        run.hook.save()
        self.faults.mode = "refuse"
        run.train(3, lambda run: held.update({run.step: run.weights()}))
        while not run.hook._saver.is_down:
            time.sleep(0.01)
        self.within(lambda: run.train(30, lambda run: held.update({run.step: run.weights()})))
        self.faults.mode = None
        self.within(run.hook.complete)
        self.assertEqual(self.stored()[-1], 30)
        for step in self.stored():
            self.assert_same(self.direct.load(self.task, step), held[step])

    def test_faults_of_the_server_never_end_training(self):
        run = self.run_of(save_every_steps=1, retry_for=0, throw_on_complete=False)
        self.faults.mode = 500
        for step in range(1, 8):
            run.train(step)
            self.within(run.hook._last_save.done.wait)
        self.assertEqual(run.hook.summary.failed, 7)

    def test_refusals_in_a_row_end_training_with_the_first_one(self):
        run = self.run_of(save_every_steps=1)
        self.faults.mode = 404
        for step in (1, 2, 3):
            run.train(step)
            self.within(run.hook._last_save.done.wait)
            while len(run.hook.reports) < step:
                pass
        error = self.assert_refused("SERVER_UNAVAILABLE", run.train, 4)
        self.assertIn("3 saves in a row failed", error.cause)
        self.assertEqual(error.status, 404)

    def test_copies_that_fail_in_a_row_end_training(self):
        run = self.run_of(save_every_steps=1, throw_on_complete=False)
        run.train(1)
        run.hook._copy_into = lambda *_: 1 / 0
        with self.assertRaises(ZeroDivisionError):
            for step in range(2, 50):
                run.train(step)
                run.hook._last_save.done.wait()
        run.hook.complete()

    def test_resume_waits_for_a_server_that_comes_back(self):
        self.run_of().train(5).hook.complete()
        for fault in ("refuse", 503, "cut"):
            with self.subTest(fault=fault):
                self.warnings.clear()
                self.faults.mode = fault
                run = self.run_of(seed=9)
                threading.Timer(0.7, lambda: setattr(self.faults, "mode", None)).start()
                self.assertEqual(self.within(run.resume), 5)
                self.assertIn("Resuming waits up to 60 seconds for the server", "\n".join(self.warnings))

    def test_resume_gives_up_in_time(self):
        self.run_of().train(5).hook.complete()
        self.client = FishClient(self.faults.url, timeout=0.5)
        for fault in ("refuse", "hang", 500):
            with self.subTest(fault=fault):
                self.faults.mode = None
                run = self.run_of(retry_for=0.5)
                self.faults.mode = fault
                self.assertEqual(self.within(run.resume).code, "SERVER_UNAVAILABLE")

    def test_wait_for_a_slot_ends(self):
        run = self.run_of(save_every_steps=1, busy="wait", queue_capacity=1, retry_for=0.3, throw_on_complete=False)
        self.faults.mode = "hang"
        self.within(run.train, 5)
        self.assertGreaterEqual(run.hook.summary.skipped, 3)
        self.within(run.hook.complete)

    def test_newest_step_is_what_waits(self):
        run = self.run_of(save_every_steps=1, busy="skip", queue_capacity=2)
        run.train(1)
        run.hook.save()
        self.faults.mode = "refuse"
        run.train(40)
        self.assertGreaterEqual(run.hook.summary.skipped, 36)
        self.assertEqual(len([warning for warning in self.warnings if "skipped" in warning]), 1)
        self.faults.mode = None
        self.within(run.hook.complete)
        self.assertEqual(self.stored()[-1], 40)
        self.assertLessEqual(len(self.stored()), 3)

    def test_warnings_that_are_errors_do_not_end_training(self):
        run = self.run_of(save_every_steps=1, busy="skip", queue_capacity=1, on_warning=None, throw_on_complete=False)
        self.faults.mode = "refuse"
        with warnings.catch_warnings(), self.assertLogs("fishcheckpoint", "WARNING") as logs:
            warnings.simplefilter("error")
            run.train(1)
            while not run.hook._saver.is_down:
                time.sleep(0.01)
            run.train(30)
            self.faults.mode = None
            self.within(run.hook.complete)
        self.assertIn("is skipped", "\n".join(logs.output))
        self.assertEqual(self.stored()[-1], 30)

    def test_task_that_is_deleted_meanwhile_ends_training(self):
        run = self.run_of(save_every_steps=1, throw_on_complete=False)
        run.train(1)
        run.hook.save()
        self.direct.delete_task(self.task)
        with self.assertRaises(FishError) as raised:
            for step in range(2, 100):
                run.train(step)
                run.hook._last_save.done.wait()
        self.assertEqual(raised.exception.code, "TASK_NOT_FOUND")
        self.assertIn("3 saves in a row failed", raised.exception.cause)

    def test_newest_step_takes_the_place_of_the_only_copy(self):
        run = self.run_of(save_every_steps=1, busy="skip", queue_capacity=1)
        self.faults.mode = "refuse"
        run.train(1)
        while not run.hook._saver.is_down:
            time.sleep(0.01)
        run.train(30)
        self.faults.mode = None
        self.within(run.hook.complete)
        self.assertEqual(self.stored()[-1], 30)
        self.assertLessEqual(len(self.stored()), 2)  # one may be on its way when the server comes back

    def test_first_leak_check_is_not_lost_with_its_copy(self):
        run = self.run_of(save_every_steps=1, busy="skip", queue_capacity=1)
        with torch.no_grad():
            outside = sorted(set(range(96)) - set(run.mask["0.weight"].tolist()))
            run.net[0].weight.view(-1)[outside[:7]] += 1
        self.faults.mode = "refuse"
        run.train(1)
        while not run.hook._saver.is_down:
            time.sleep(0.01)
        run.train(20)
        self.faults.mode = None
        self.within(run.hook.complete)
        self.assertIn("7 values of 1 tensors changed outside of the mask", "\n".join(self.warnings))

    def test_best_step_is_never_dropped(self):
        for mode, sign in (("min", 1), ("max", -1)):
            with self.subTest(mode=mode):
                self.begin()
                run = self.run_of(save_every_steps=1, busy="skip", queue_capacity=2, monitor="score", mode=mode)
                scores = {step: sign * (0.25 if step == 7 else 5.0 - step / 100) for step in range(1, 31)}
                self.faults.mode = "refuse"
                for step, score in scores.items():
                    run.hook.on_step(step, {"score": torch.tensor(score)})
                run.hook.on_step(31, {"score": float("nan")})
                self.faults.mode = None
                self.within(run.hook.complete)
                self.assertIn(7, self.stored())
                self.assertEqual(self.stored()[-1], 31)
                self.assertLessEqual(len(self.stored()), 4)

    def test_memory_is_bounded_whatever_is_asked_for(self):
        run = self.run_of(save_every_steps=1, busy="skip", queue_capacity=2, retry_for=0.0, monitor="loss", throw_on_complete=False)
        self.faults.mode = "refuse"
        most = 0
        for step in range(1, 40):
            run.train(step)
            run.hook.save()
            most = max(most, len(run.hook._saver._queue))
        self.assertLessEqual(most, 3)
        self.within(run.hook.complete)

    def test_exception_saves_what_is_unsaved_and_goes_through(self):
        for error in (ZeroDivisionError, KeyboardInterrupt, SystemExit):
            with self.subTest(error=error.__name__):
                self.begin()
                run = self.run_of(save_every_steps=5)
                with self.assertRaises(error):
                    with run.hook:
                        run.train(7)
                        raise error
                self.assertEqual(self.stored(), [5, 7])
                self.assert_same(self.direct.load(self.task), run.weights())
                self.begin()
                run = self.run_of(save_on_error=False)
                with self.assertRaises(error):
                    with run.hook:
                        run.train(7)
                        raise error
                self.assertEqual(self.stored(), [5])

    def test_exception_goes_through_whatever_the_server_does(self):
        for fault in ("refuse", "hang", 500, 404):
            with self.subTest(fault=fault):
                self.begin()
                run = self.run_of(save_every_steps=0, retry_for=0.3)

                def leave():
                    with run.hook:
                        run.train(3)
                        self.faults.mode = fault
                        raise ZeroDivisionError
                self.assertIsInstance(self.within(leave), ZeroDivisionError)

    def test_stop_signal_ends_in_time(self):
        for fault in ("refuse", "hang", 502):
            with self.subTest(fault=fault):
                self.begin()
                run = self.run_of(save_every_steps=0, retry_for=0.3)
                run.train(3)
                self.faults.mode = fault
                os.kill(os.getpid(), signal.SIGTERM)
                with self.assertRaises(SystemExit):
                    run.train(4)
                self.assertEqual(run.hook.summary.failed, 1)

    def test_lightning_exception_saves_what_is_unsaved(self):
        callback = FishLightningCallback(self.client, self.task, base=self.base, save_every_steps=10)
        net = make_net()
        trainer = types.SimpleNamespace(global_step=0, optimizers=[torch.optim.SGD(net.parameters(), lr=0.1)])
        callback.on_fit_start(trainer, net)
        trainer.global_step = 3
        callback.on_train_batch_end(trainer, net)
        callback.on_exception(trainer, net, KeyboardInterrupt())
        self.assertEqual(self.stored(), [3])

    def test_misfit_is_reported_when_the_server_comes_back(self):
        for call in ("on_step", "complete"):
            with self.subTest(call=call):
                self.begin()
                self.faults.mode = "refuse"
                net = torch.nn.Linear(2, 3)
                hook = FishHook(self.client, self.task, net, base=self.base, save_every_steps=1000, save_at_end=False,
                                on_warning=self.warnings.append)
                self.assertEqual(hook.on_step(1), StepOutcome.NOT_DUE)
                self.faults.mode = None
                while hook._sender.refusal is None:
                    time.sleep(0.01)
                self.assert_refused("LAYOUT_MISMATCH", (lambda: hook.on_step(2)) if call == "on_step" else hook.complete)
                hook._end()
                self.assert_refused("TASK_NOT_FOUND", self.direct.get_task, self.task)

    def test_scores_are_read_once(self):
        reads = []
        run = self.run_of(monitor="score")
        save = PendingSave(1)
        save.metrics = lambda: reads.append(1) or {"score": 3.0}
        self.assertEqual((run.hook._saver._score(save), run.hook._saver._score(save), len(reads)), (3.0, 3.0, 1))


if __name__ == "__main__":
    unittest.main()
