"""The hook beside other processes: ranks of a distributed run, workers of a DataLoader, forked and spawned children."""

import copy
import multiprocessing
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from support import ROOT, needs_server, server_dll, torch
from test_local import servers_of, wait_until

if torch is not None:
    from fishcheckpoint import FishClient, FishError, FishHook
    from fishcheckpoint.safetensors import load_file
    from trainee import make_net

HERE = os.path.dirname(os.path.abspath(__file__))


def client_steps(folder):
    """What a spawned process does: it has a client of its own."""
    print([found["step"] for found in FishClient(folder).list("task")], flush=True)


class Holding:
    """A dataset that holds the hook."""

    def __init__(self, hook=None):
        self.hook = hook

    def __len__(self):
        return 8

    def __getitem__(self, index):
        if self.hook is not None:
            try:
                self.hook.on_step(1000 + index)
                return -1
            except FishError:
                pass
        return index


@needs_server
@unittest.skipUnless(sys.platform == "linux", "fork, gloo and /proc are Linux's here")
class ProcessTests(unittest.TestCase):
    def setUp(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="fish-test-"))
        self.addCleanup(lambda: __import__("shutil").rmtree(self.top, ignore_errors=True))
        self.folder = os.path.join(self.top, "ckpts")
        environment = mock.patch.dict(os.environ, {
            "FISH_PROGRAM": server_dll(), "PYTHONPATH": os.pathsep.join((os.path.join(ROOT, "src", "python"), HERE))})
        environment.start()
        self.addCleanup(environment.stop)
        self.client = FishClient(self.folder)
        self.client.add_base("base", make_net())

    def tearDown(self):
        self.client.close()
        for process in servers_of(self.folder):
            os.kill(process, signal.SIGKILL)

    def hook(self, **options):
        hook = FishHook(self.folder, "task", make_net(), base="base", save_every_steps=1, busy="wait", on_warning=lambda _: None, **options)
        self.addCleanup(hook._end)
        return hook

    def train(self, hook, step):
        with torch.no_grad():
            for parameter in hook._model.module.parameters():
                parameter += step
        hook.on_step(step)

    def steps(self):
        return [found["step"] for found in self.client.list("task")]

    def run_ranks(self, task, last, file, *more):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--nproc_per_node=2", "--master_addr=127.0.0.1",
             f"--master_port={port}",
             "--redirects=1", "--tee=1", f"--log_dir={self.top}/logs",  # PyTorch 1.13 does not know its own default on Python 3.11
             os.path.join(HERE, "ranked.py"), self.folder, task, str(last), file, *more],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900, env={**os.environ, "OMP_NUM_THREADS": "1"})
        self.assertEqual(0, process.returncode, process.stdout)

    def test_rank_0_of_a_distributed_run_saves_and_resumes_for_all(self):
        straight, second = os.path.join(self.top, "straight"), os.path.join(self.top, "second")
        self.run_ranks("straight", 6, straight)
        self.run_ranks("task", 4, os.path.join(self.top, "first"))
        self.run_ranks("task", 6, second)
        self.assertEqual([2, 4, 6], self.steps())
        self.assertEqual(1, len({found["metadata"]["run"] for found in self.client.list("task")}))
        whole = load_file(f"{straight}.0")
        for name, value in whole.items():
            if "running" not in name and "batches" not in name:  # each rank has its own batches' statistics
                self.assertTrue(torch.equal(value, load_file(f"{straight}.1")[name]), name)
            self.assertTrue(torch.equal(value, load_file(f"{second}.0")[name]), name)
            self.assertTrue(torch.equal(value, self.client.load("task", 6)[name]), name)

    def test_hook_in_every_rank_is_refused_but_in_rank_0(self):
        file = os.path.join(self.top, "refused")
        self.run_ranks("task", 4, file, "everywhere")
        with open(f"{file}.1", encoding="utf-8") as said:
            text = said.read()
        self.assertIn("rank 1 of 2", text)
        self.assertIn("only in rank 0", text)
        self.assertIn("all_ranks=True", text)
        self.assertFalse(os.path.exists(f"{file}.0"))
        self.assertEqual([2, 4], self.steps())

    def test_rank_is_known_from_the_launcher_alone_and_each_may_have_its_task(self):
        with mock.patch.dict(os.environ, {"RANK": "1", "WORLD_SIZE": "2"}):
            with self.assertRaises(FishError) as raised:
                self.hook()
            self.assertEqual("REQUEST_INVALID", raised.exception.code)
            self.hook(all_ranks=True).complete()
        for rank, count in (("1", "1"), ("0", "2"), ("", "")):
            with mock.patch.dict(os.environ, {"RANK": rank, "WORLD_SIZE": count}):
                self.hook().complete()

    def test_workers_of_a_loader_send_end_and_break_nothing(self):
        hook = self.hook()
        self.train(hook, 1)
        hook.save()
        (server,) = servers_of(self.folder)
        for dataset in (Holding(), Holding(hook)):
            loader = torch.utils.data.DataLoader(dataset, batch_size=2, num_workers=2, multiprocessing_context="fork")
            found = torch.cat([batch for batch in loader])
            self.assertEqual(list(range(8)), sorted(found.tolist()))  # none of them could tell the hook a step
        self.train(hook, 2)
        hook.complete()
        self.assertEqual([server], servers_of(self.folder))
        self.assertEqual([1, 2], self.steps())

    def test_forked_child_that_ends_as_python_does_ends_nothing_of_its_parents(self):
        hook = self.hook()
        self.train(hook, 1)
        hook.save()
        (server,) = servers_of(self.folder)
        for leave in ("exit", "with", "complete", "term"):
            process = os.fork()
            if process == 0:
                code = 3
                try:
                    if leave == "with":
                        with hook:
                            pass
                    elif leave == "complete":
                        try:
                            hook.complete()
                        except FishError as error:
                            code = 0 if error.code == "REQUEST_INVALID" else 4
                    elif leave == "term":
                        os.kill(os.getpid(), signal.SIGTERM)
                    code = 0 if leave != "complete" else code
                    hook._at_exit()  # as the interpreter's end would; the test's own is not to run in the child
                finally:
                    os._exit(code)
            _, status = os.waitpid(process, 0)
            self.assertEqual(signal.SIGTERM if leave == "term" else 0, status, leave)
        self.train(hook, 2)
        hook.complete()
        self.assertEqual([server], servers_of(self.folder))
        self.assertEqual([1, 2], self.steps())

    def test_spawned_children_have_clients_of_their_own(self):
        hook = self.hook()
        self.train(hook, 1)
        hook.save()
        (server,) = servers_of(self.folder)
        context = multiprocessing.get_context("spawn")
        child = context.Process(target=client_steps, args=(self.folder,))
        child.start()
        child.join(120)
        self.assertEqual(0, child.exitcode)
        loader = torch.utils.data.DataLoader(Holding(), batch_size=4, num_workers=1, multiprocessing_context="spawn")
        self.assertEqual(8, sum(len(batch) for batch in loader))
        self.train(hook, 2)
        hook.complete()
        self.assertEqual([server], servers_of(self.folder))
        self.assertEqual([1, 2], self.steps())

    def test_hook_is_not_copied(self):
        hook = self.hook()
        for copied in (pickle.dumps, copy.copy, copy.deepcopy):
            with self.assertRaises(FishError) as raised:
                copied(hook)
            self.assertEqual("REQUEST_INVALID", raised.exception.code)
        with self.assertRaises(FishError):
            iter(torch.utils.data.DataLoader(Holding(hook), num_workers=1, multiprocessing_context="spawn"))
        self.train(hook, 1)
        hook.complete()
        wait_until(lambda: self.steps() == [1], "the step is stored")


if __name__ == "__main__":
    unittest.main()
