"""The callbacks, driven as their trainers drive them; neither trainer is installed here."""

import types
import unittest

from hooktest import HookTest
from support import torch, unique

if torch is not None:
    from fishcheckpoint import FishLightningCallback, FishTrainerCallback, MaskedAdamW, masks
    from trainee import make_net


class CallbackTests(HookTest):
    def parts(self):
        net = make_net()
        mask = masks.random(net, 0.4, seed=1)
        optimizer = MaskedAdamW(net, mask, lr=0.02)
        torch.manual_seed(3)
        return net, optimizer, torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)

    @staticmethod
    def one_step(net, optimizer, scheduler):
        optimizer.zero_grad()
        net(torch.randn(8, 6)).square().mean().backward()
        optimizer.step()
        scheduler.step()

    def drive_trainer(self, task, last, **options):
        net, optimizer, scheduler = self.parts()
        callback = FishTrainerCallback(self.client.url, task, base=self.base, save_every_steps=4, on_warning=self.warnings.append, **options)
        state = types.SimpleNamespace(global_step=0, is_world_process_zero=True)
        callback.on_train_begin(None, state, None, model=net, optimizer=optimizer, lr_scheduler=scheduler)
        first = state.global_step
        while state.global_step < last:
            self.one_step(net, optimizer, scheduler)
            state.global_step += 1
            if state.global_step % 3 == 0:
                callback.on_log(None, state, None, logs={"loss": 0.5, "epoch": 1, "text": "x"})
            callback.on_step_end(None, state, None)
            if state.global_step == 5:
                callback.on_save(None, state, None)
        callback.on_train_end(None, state, None)
        return net, first

    def test_trainer_saves_and_resumes(self):
        straight, _ = self.drive_trainer(unique("task"), 10)
        self.drive_trainer(self.task, 6)
        self.assertEqual(self.steps(), [4, 5, 6])
        self.assertEqual(self.client.get(self.task, 4)["metrics"], {"loss": 0.5, "epoch": 1})
        net, first = self.drive_trainer(self.task, 10)
        self.assertEqual((first, self.steps()), (6, [4, 5, 6, 8, 10]))
        self.assert_same(net.state_dict(), straight.state_dict())

    def test_exception_in_a_trainer_saves_the_last_step_within_a_with(self):
        # The stand-in fails at step 6, as a trainer does: it tells its callbacks nothing.
        for error in (RuntimeError("out of memory"), KeyboardInterrupt(), SystemExit(3)):
            task = unique("task")
            with self.assertRaises(type(error)):
                with FishTrainerCallback(self.client.url, task, base=self.base, save_every_steps=4) as callback:
                    self.fail_at(6, callback, error)
            self.assertEqual([4, 6], self.steps(task))
            self.assertTrue(callback.hook.is_ended)
        task = unique("task")
        with self.assertRaises(RuntimeError):
            with FishTrainerCallback(self.client.url, task, base=self.base, save_every_steps=4, save_on_error=False) as callback:
                self.fail_at(6, callback, RuntimeError("out of memory"))
        self.assertEqual([4], self.steps(task))

    def test_with_around_a_trainer_that_ends_well_or_never_begins_changes_nothing(self):
        with FishTrainerCallback(self.client.url, self.task, base=self.base):
            pass
        self.assertEqual([], [task for task in self.client.list_tasks() if task["name"] == self.task])
        with self.assertRaises(ValueError):
            with FishTrainerCallback(self.client.url, self.task, base=self.base):
                raise ValueError("before training")
        net, _, _ = self.parts()
        with FishTrainerCallback(self.client.url, self.task, base=self.base, save_every_steps=2) as callback:
            self.fail_at(3, callback, None, net)
        self.assertEqual([2, 3], self.steps())
        self.assert_same(net.state_dict(), self.client.load(self.task, 3))

    def fail_at(self, last, callback, error, net=None):
        own, optimizer, scheduler = self.parts()
        if net is not None:
            own.load_state_dict(net.state_dict())
        state = types.SimpleNamespace(global_step=0, is_world_process_zero=True)
        callback.on_train_begin(None, state, None, model=own, optimizer=optimizer, lr_scheduler=scheduler)
        while state.global_step < last:
            self.one_step(own, optimizer, scheduler)
            state.global_step += 1
            callback.on_step_end(None, state, None)
        if error is not None:
            raise error
        callback.on_train_end(None, state, None)
        if net is not None:
            net.load_state_dict(own.state_dict())

    def drive_lightning(self, task, last, **options):
        net, optimizer, scheduler = self.parts()
        callback = FishLightningCallback(self.client, task, base=self.base, save_every_steps=4, on_warning=self.warnings.append, **options)
        trainer = types.SimpleNamespace(
            global_step=0, is_global_zero=True, optimizers=[optimizer], lr_scheduler_configs=[types.SimpleNamespace(scheduler=scheduler)],
            callback_metrics={"loss": torch.tensor(0.25), "many": torch.zeros(2)})
        callback.on_fit_start(trainer, net)
        for index in range(last - (callback.resumed_step or 0)):
            self.one_step(net, optimizer, scheduler)
            trainer.global_step += 1
            callback.on_train_batch_end(trainer, net, None, None, index)
            callback.on_train_batch_end(trainer, net, None, None, index)  # a batch that ends no step
        callback.on_fit_end(trainer, net)
        return net, callback

    def test_lightning_saves_and_resumes(self):
        straight, _ = self.drive_lightning(unique("task"), 10)
        self.drive_lightning(self.task, 6)
        net, callback = self.drive_lightning(self.task, 10)
        self.assertEqual((callback.resumed_step, self.steps()), (6, [4, 6, 8, 10]))
        self.assertEqual(self.client.get(self.task)["metrics"], {"loss": 0.25})
        self.assert_same(net.state_dict(), straight.state_dict())

    def test_other_processes_do_nothing(self):
        callback = FishTrainerCallback(self.client, self.task)
        state = types.SimpleNamespace(global_step=1, is_world_process_zero=False)
        callback.on_train_begin(None, state, None)
        callback.on_step_end(None, state, None)
        callback.on_train_end(None, state, None)
        self.assertIsNone(callback.hook)


if __name__ == "__main__":
    unittest.main()
