"""Side files of the client's saves, the hook's and the callbacks': read once, sent only where the server does not have them."""

import os
import tempfile
import types
import unittest

from hooktest import HookTest
from support import torch, unique

if torch is not None:
    from fishcheckpoint import FishClient, FishTrainerCallback, MaskedAdamW, masks
    from fishcheckpoint.client import checkpoints
    from trainee import make_net


class SideFileTests(HookTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.write("config.json", '{"a": 1}')
        self.write("tokenizer/vocab.txt", "words " * 1000)
        # What names the files that were sent, save by save: those that stay out went by their digests.
        self.sent, real = [], checkpoints.MultipartBody

        def noting(parts, files=None):
            self.sent.append(sorted(files or ()))
            return real(parts, files)
        checkpoints.MultipartBody = noting
        self.addCleanup(setattr, checkpoints, "MultipartBody", real)

    def write(self, name, text):
        path = os.path.join(self.folder, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def side_files(self, step, task=None):
        """The checkpoint's files but for the model, by name."""
        with tempfile.TemporaryDirectory() as folder:
            self.client.load(task or self.task, step, folder)
            found = {}
            for place, _, names in os.walk(folder):
                for name in names:
                    path = os.path.join(place, name)
                    if not name.startswith(".") and not name.endswith(".safetensors"):
                        with open(path, encoding="utf-8") as file:
                            found[os.path.relpath(path, folder)] = file.read()
        return found

    def test_file_written_again_at_the_same_moment_is_read_again(self):
        from fishcheckpoint.client.side_files import SideFileReader
        reader = SideFileReader(self.folder)
        for text in ('{"b": 1}', '{"c": 1}'):
            path, later = self.write("config.json", text), 4102444800 * 10 ** 9
            os.utime(path, ns=(later, later))
            self.assertEqual(text.encode(), b"".join(reader.read()["config.json"].body.chunks()))

    @property
    def all(self):
        return {"config.json": '{"a": 1}', "tokenizer/vocab.txt": "words " * 1000}

    def test_folder_list_and_names_are_taken(self):
        self.write("model.safetensors", "x")
        self.write("pytorch_model.bin", "x")
        self.write("optimizer.pt", "x")
        self.write(".hidden", "x")
        config = os.path.join(self.folder, "config.json")
        self.client.put_task(self.task, self.base)
        for step, given, expected in (
            (1, self.folder, self.all), (2, [config], {"config.json": '{"a": 1}'}),
            (3, {"sub/a.json": config, "b.txt": b"bytes"}, {"sub/a.json": '{"a": 1}', "b.txt": "bytes"}),
        ):
            self.client.save(self.task, step, make_net(), side_files=given)
            self.assertEqual(expected, self.side_files(step))

    def test_what_names_no_files_is_refused(self):
        config = os.path.join(self.folder, "config.json")
        self.client.put_task(self.task, self.base)
        for code, given in (
            ("FILE_NOT_FOUND", os.path.join(self.folder, "none")), ("FILE_NOT_FOUND", [os.path.join(self.folder, "none.json")]),
            ("FILE_NOT_FOUND", [self.folder]),
            ("FILE_NOT_FOUND", config), ("NAME_INVALID", [config, self.write("other/config.json", "{}")]), ("NAME_INVALID", {"../a": b"x"}),
            ("REQUEST_INVALID", 5), ("REQUEST_INVALID", b"config.json"),
        ):
            with self.subTest(given):
                self.assert_refused(code, self.client.save, self.task, 1, make_net(), side_files=given)
                self.assert_refused(code, self.run_of, side_files=given)
        self.assertEqual([], self.steps())

    def test_hook_sends_them_once_and_each_checkpoint_has_them(self):
        run = self.run_of(side_files=self.folder)
        run.train(20)
        run.hook.complete()
        self.assertEqual([["config.json", "tokenizer/vocab.txt"], [], [], []], self.sent)
        for step in (5, 10, 15, 20):
            self.assertEqual(self.all, self.side_files(step))
        self.assertEqual(0, self.client.get(self.task, 20)["sideBytes"])

        # Another process that goes on does not send what the task has.
        self.sent.clear()
        again = self.run_of(side_files=self.folder)
        again.resume()
        again.hook._session.client._known_files = type(again.hook._session.client._known_files)()
        again.train(25)
        again.hook.complete()
        self.assertEqual([[]], self.sent)
        self.assertEqual(self.all, self.side_files(25))

    def test_what_changes_is_sent_and_what_vanishes_is_kept(self):
        run = self.run_of(side_files=self.folder)
        run.train(5)
        run.hook.save()
        self.write("config.json", '{"a": 2, "b": 3}')
        self.write("added.txt", "new")
        run.train(10)
        run.hook.save()
        self.assertEqual({**self.all, "config.json": '{"a": 2, "b": 3}', "added.txt": "new"}, self.side_files(10))
        self.assertEqual(["added.txt", "config.json"], self.sent[-1])
        run.train(12)
        run.hook.save()
        self.assertEqual([], self.sent[-1])
        self.assertEqual([], self.warnings)

        os.unlink(os.path.join(self.folder, "added.txt"))
        run.train(15)
        run.hook.save()
        self.assertEqual({**self.all, "config.json": '{"a": 2, "b": 3}'}, self.side_files(15))
        os.rename(self.folder, self.folder + "-moved")
        run.train(25)
        run.hook.complete()
        os.rename(self.folder + "-moved", self.folder)
        self.assertEqual({**self.all, "config.json": '{"a": 2, "b": 3}'}, self.side_files(25))
        self.assertEqual(1, len(self.warnings), self.warnings)
        self.assertIn("FILE_NOT_FOUND", self.warnings[0])

    def test_files_that_the_server_lost_are_sent_again(self):
        run = self.run_of(side_files=self.folder)
        run.train(5)
        run.hook.save()
        self.client.delete(self.task, 5)
        self.client.collect()
        known = run.hook._session.client._known_files
        known.add(self.task, {"0" * 64})
        config = self.write("config.json", "{}")
        known.add(self.task, {__import__("hashlib").sha256(b"{}").hexdigest()})  # which the server has never had
        run.train(10)
        run.hook.complete()
        self.assertEqual({"config.json": "{}", "tokenizer/vocab.txt": "words " * 1000}, self.side_files(10))
        self.assertEqual("config.json", os.path.basename(config))

    def test_runs_without_a_mask_and_saves_by_hand_have_them_too(self):
        run = self.run_of(mask={}, optimizer=lambda net: torch.optim.SGD(net.parameters(), lr=0.1), side_files={"config.json": b"{}"},
            leak_check_every_saves=None)
        run.train(3)
        run.hook.save()
        self.assertEqual({"config.json": "{}"}, self.side_files(3))

    def test_callback_passes_them_on(self):
        net = make_net()
        mask = masks.random(net, 0.4, seed=1)
        optimizer = MaskedAdamW(net, mask, lr=0.02)
        callback = FishTrainerCallback(self.client.url, self.task, base=self.base, save_every_steps=1,
            side_files=[os.path.join(self.folder, "config.json")])
        state = types.SimpleNamespace(global_step=1, is_world_process_zero=True)
        callback.on_train_begin(None, state, None, model=net, optimizer=optimizer)
        callback.on_step_end(None, state, None)
        callback.on_train_end(None, state, None)
        self.assertEqual({"config.json": '{"a": 1}'}, self.side_files(1))

    def test_other_tasks_do_not_reach_them_by_digest(self):
        other = unique("task")
        for task in (self.task, other):
            self.client.put_task(task, self.base)
        self.client.save(self.task, 1, make_net(), side_files=self.folder)
        client = FishClient(self.client.url)
        client._known_files.add(other, client._known_files.of(self.task, lambda: iter(())) | {
            file["sha256"] for file in client._json("GET", f"/v1/tasks/{self.task}/checkpoints/1/files") if file.get("sha256")})
        self.sent.clear()
        client.save(other, 1, make_net(), side_files=self.folder)
        self.assertEqual([[], ["config.json", "tokenizer/vocab.txt"]], self.sent)
        self.assertEqual(self.all, self.side_files(1, other))


if __name__ == "__main__":
    unittest.main()
