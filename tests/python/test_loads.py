"""Loads through something that changes what comes, and loads into folders."""

import os
import pathlib
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

from proxy import AlteringProxy
from support import needs_server, shared_server, torch, unique

if torch is not None:
    from fishcheckpoint import FishClient, FishError
    from fishcheckpoint.client.folder import MANIFEST, load_folder
    from fishcheckpoint.safetensors import load_file, save_file
    from fishcheckpoint.training.messages import Messages
    from fishcheckpoint.training.resume import resume_model
    from fishcheckpoint.training.tracked import TrackedModel


@needs_server
class AlteredLoadTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fish-loads-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.proxy = AlteringProxy(shared_server().port)
        self.addCleanup(self.proxy.close)
        self.direct, self.client = FishClient(shared_server().url), FishClient(self.proxy.url, retries=0)
        self.base, self.task = unique("base"), unique("task")
        torch.manual_seed(3)
        self.start = {"a": torch.randn(700_000), "b": torch.randn(33).to(torch.bfloat16)}
        self.direct.add_base(self.base, self.start)
        self.direct.put_task(self.task, self.base)
        self.saved = {name: tensor + 1 for name, tensor in self.start.items()}
        self.direct.save(self.task, 5, self.saved, state=bytes(range(256)) * 9000)

    def assertSame(self, found, expected):
        self.assertEqual(set(found), set(expected))
        for name, tensor in expected.items():
            self.assertTrue(torch.equal(found[name], tensor), name)

    def test_byte_flipped_once_is_asked_for_again(self):
        for place in (1, 900_000, 1_048_576 + 40, 2_800_000):
            self.proxy.flip(place, times=1)
            self.assertSame(self.client.load(self.task, 5), self.saved)
            self.assertEqual(self.proxy.flipped, 1, place)

    def test_byte_flipped_always_leaves_no_file(self):
        self.proxy.flip(2_000_000, times=1000)
        path = os.path.join(self.folder, "m.safetensors")
        with self.assertRaises(FishError) as caught:
            self.client.load(self.task, 5, into=path)
        self.assertEqual(caught.exception.code, "DIGEST_MISMATCH")
        self.assertEqual(os.listdir(self.folder), [])

    def test_byte_flipped_always_says_that_the_module_is_undefined(self):
        target = {name: tensor.clone() for name, tensor in self.start.items()}
        first = next(name for name, _ in self.direct.tensors(self.task, 5))
        self.direct.save(self.task, 6, {"a": self.saved["a"] * 2, "b": self.saved["b"]})
        self.proxy.flip(2_800_060, times=1000)  # in the second tensor of the file
        with self.assertRaises(FishError) as caught:
            self.client.load(self.task, 6, into=target)
        self.assertEqual(caught.exception.code, "DIGEST_MISMATCH")
        self.assertEqual("undefined" in str(caught.exception), not torch.equal(target[first], self.start[first]))

    def test_state_flipped_is_read_again_or_refused(self):
        expected = bytes(range(256)) * 9000
        self.proxy.flip(1_500_000, times=1)
        self.assertEqual(self.client.state(self.task, 5), expected)
        self.proxy.flip(77, times=1000)
        with self.assertRaises(FishError) as caught:
            self.client.state(self.task, 5)
        self.assertEqual(caught.exception.code, "DIGEST_MISMATCH")

    def test_cut_answer_goes_on_or_is_refused(self):
        self.proxy.cut(1_200_000, times=1)
        self.assertSame(self.client.load(self.task, 5), self.saved)
        self.proxy.cut(10, times=1000)
        path = os.path.join(self.folder, "m.safetensors")
        with self.assertRaises(FishError) as caught:
            self.client.load(self.task, 5, into=path)
        self.assertEqual(caught.exception.code, "SERVER_UNAVAILABLE")
        self.assertEqual(os.listdir(self.folder), [])

    def test_pipe_is_read_and_written(self):
        if not hasattr(os, "mkfifo"):
            self.skipTest("this system has no named pipes")
        pipe = os.path.join(self.folder, "pipe")
        os.mkfifo(pipe)
        writing = threading.Thread(target=save_file, args=(self.saved, pipe))
        writing.start()
        self.direct.save(self.task, 8, pipe)
        writing.join()
        self.assertSame(self.direct.load(self.task, 8), self.saved)
        found = []
        reading = threading.Thread(target=lambda: found.append(load_bytes(pipe)))
        reading.start()
        self.direct.load(self.task, 8, into=pipe)
        reading.join()
        self.assertTrue(stat.S_ISFIFO(os.lstat(pipe).st_mode) and len(found[0]) > 2_800_000)

    def test_step_saved_again_between_two_files_is_read_from_its_beginning(self):
        base, task = self.sharded(1), unique("sharded")
        self.direct.put_task(task, base)
        self.direct.save(task, 7, self.shards(2))
        again = self.shards(3)

        def swap(path):
            if path.partition("?")[0].endswith("model-00002-of-00002.safetensors"):
                self.proxy.before = None
                self.direct.delete(task, 7)
                self.direct.save(task, 7, again)

        self.proxy.before = swap
        out = os.path.join(self.folder, "out")
        self.client.load(task, 7, into=out)
        for name in ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"):
            self.assertSame(load_file(os.path.join(out, name)), load_file(os.path.join(again, name)))

    def test_resume_is_of_one_save(self):
        model, other, resumed = (torch.nn.Linear(40, 3) for _ in range(3))
        base, task, warnings = unique("base"), unique("resumed"), []
        self.direct.add_base(base, model)
        self.direct.put_task(task, base)
        self.direct.save(task, 1, model)

        def swap(path):
            if "/files/" in path:
                self.proxy.before = None
                self.direct.delete(task, 1)
                self.direct.save(task, 1, other)

        self.proxy.before = swap
        found = resume_model(self.client, task, TrackedModel(resumed, ()), "latest", Messages(warnings.append), lambda state: None)
        self.assertEqual(found.step, 1)
        self.assertSame(resumed.state_dict(), other.state_dict())
        self.assertTrue(any("CHECKPOINT_CHANGED" in warning for warning in warnings) or len(warnings) == 1, warnings)

    def sharded(self, seed):
        name = unique("shards")
        self.direct.add_base(name, self.shards(seed))
        return name

    def shards(self, seed):
        folder = tempfile.mkdtemp(dir=self.folder, prefix="in-")
        torch.manual_seed(seed)
        for part in (1, 2):
            save_file({f"t{part}": torch.randn(50)}, os.path.join(folder, f"model-0000{part}-of-00002.safetensors"))
        return folder


def load_bytes(path):
    with open(path, "rb") as file:
        return file.read()


@unittest.skipIf(torch is None, f"PyTorch is not installed for {sys.executable}")
class FolderTests(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.join(tempfile.mkdtemp(prefix="fish-folder-"), "out")
        self.addCleanup(shutil.rmtree, os.path.dirname(self.folder), True)

    def load(self, replace=False, **files):
        names = [name.replace("__", ".") for name in files]
        load_folder(self.folder, names, lambda name: iter([files[name.replace(".", "__")]]), replace)

    def listed(self):
        return sorted(name for name in os.listdir(self.folder) if name != MANIFEST)

    def write(self, name, content=b"x"):
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(content)

    def refused(self, **files):
        before = {name: pathlib.Path(self.folder, name).read_bytes() for name in os.listdir(self.folder)}
        with self.assertRaises(FishError) as caught:
            self.load(**files)
        self.assertEqual(caught.exception.code, "FOLDER_TAKEN")
        self.assertEqual({name: pathlib.Path(self.folder, name).read_bytes() for name in os.listdir(self.folder)}, before)

    def test_a_later_load_removes_what_an_earlier_one_wrote(self):
        self.load(a__safetensors=b"1", b__safetensors=b"2", model__safetensors__index__json=b"{}", config__json=b"c")
        self.write("notes.txt")
        self.load(model__safetensors=b"3", config__json=b"c")
        self.assertEqual(self.listed(), ["config.json", "model.safetensors", "notes.txt"])

    def test_foreign_weights_are_refused(self):
        for name in ("pytorch_model.bin", "other.safetensors", "adapter_config.json", "consolidated.00.pth",
            "pytorch_model-00001-of-00002.bin", "X.GGUF"):
            self.write(name)
            self.refused(model__safetensors=b"1")
            os.unlink(os.path.join(self.folder, name))
        self.load(model__safetensors=b"1")

    def test_changed_and_foreign_files_are_replaced_only_when_asked(self):
        self.write("config.json", b"mine")
        self.refused(config__json=b"theirs")
        self.load(replace=True, config__json=b"theirs")
        self.write("config.json", b"edited")
        self.refused(config__json=b"third")
        self.load(model__safetensors=b"1")
        self.assertEqual(self.listed(), ["config.json", "model.safetensors"])

    def test_a_failed_fetch_changes_nothing(self):
        self.load(a__safetensors=b"1", config__json=b"c")

        def fetch(name):
            yield b"half"
            raise FishError("DIGEST_MISMATCH", name, "It is not what was sent.")

        with self.assertRaises(FishError):
            load_folder(self.folder, ["b.safetensors"], fetch, False)
        self.assertEqual(self.listed(), ["a.safetensors", "config.json"])
        with self.assertRaises(FishError):
            load_folder(self.folder + "-new", ["b.safetensors"], fetch, False)
        self.assertFalse(os.path.exists(self.folder + "-new"))

    def test_a_second_load_at_once_is_refused(self):
        reached, go = threading.Event(), threading.Event()

        def fetch(name):
            reached.set()
            go.wait(60)
            yield b"1"

        first = threading.Thread(target=load_folder, args=(self.folder, ["a.safetensors"], fetch, False))
        first.start()
        reached.wait(60)
        with self.assertRaises(FishError) as caught:
            load_folder(self.folder, ["b.safetensors"], lambda _: iter([b"2"]), False)
        go.set()
        first.join()
        self.assertEqual((caught.exception.code, self.listed()), ("FOLDER_TAKEN", ["a.safetensors"]))

    def test_what_a_killed_load_left_is_finished(self):
        self.load(a__safetensors=b"1", b__safetensors=b"2")
        killed = (
            "import os, sys\nfrom fishcheckpoint.client import folder\n"
            "replace = os.replace\n"
            "def dying(source, target):\n"
            "    replace(source, target)\n"
            "    if target.endswith('c.safetensors'): os.kill(os.getpid(), 9)\n"
            "os.replace = dying\n"
            "names = ['b.safetensors', 'c.safetensors', 'd.safetensors']\n"
            "folder.load_folder(sys.argv[1], names, lambda name: iter([name.encode()]), False)\n")
        done = subprocess.run([sys.executable, "-c", killed, self.folder], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
        self.assertEqual(done.returncode, -9)
        self.load(e__safetensors=b"5")
        self.assertEqual(self.listed(), ["e.safetensors"])

    def test_pipes_links_and_sockets(self):
        os.makedirs(self.folder)
        pipe, real, link = (os.path.join(self.folder, name) for name in ("pipe", "real.safetensors", "link.safetensors"))
        os.mkfifo(pipe)
        read = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        save_file({"a": torch.ones(2)}, pipe)
        self.assertTrue(stat.S_ISFIFO(os.lstat(pipe).st_mode) and len(os.read(read, 1000)) > 8)
        os.close(read)
        os.symlink(real, link)
        save_file({"a": torch.ones(2)}, link)
        self.assertTrue(os.path.islink(link) and not os.path.islink(real) and os.path.isfile(real))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.join(self.folder, "sock"))
            with self.assertRaises(FishError):
                save_file({"a": torch.ones(2)}, os.path.join(self.folder, "sock"))
        save_file({"a": torch.ones(2)}, os.devnull)
        self.assertTrue(stat.S_ISCHR(os.stat(os.devnull).st_mode))


if __name__ == "__main__":
    unittest.main()
