"""A folder as the place of a client: its own server on a Unix socket, found or started, shared, and gone with the last client."""

import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path
from unittest import mock

from support import ROOT, Server, needs_server, server_dll, torch

if torch is not None:
    from fishcheckpoint import FishClient, FishError, FishHook
    from fishcheckpoint.wire import local
    from fishcheckpoint.wire.place import place_of

SOURCE = os.path.join(ROOT, "src", "python")


def wait_until(true, what, longest=600.0):
    """Waits for a condition; the time is no verdict, only an end."""
    end = time.monotonic() + longest
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {longest:.0f} s")
        time.sleep(0.05)


def servers_of(folder):
    """Process ids of the local servers of a folder."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if b"--local" in words and os.fsencode(folder) in words:
            found.append(int(path.split("/")[2]))
    return found


@needs_server
@unittest.skipUnless(hasattr(socket, "AF_UNIX") and sys.platform == "linux", "Unix sockets and /proc are Linux's here")
class LocalTest(unittest.TestCase):
    def setUp(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="fish-test-"))
        self.folder = os.path.join(self.top, "runs", "ckpts")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        environment = mock.patch.dict(os.environ, {"FISH_PROGRAM": server_dll()})
        environment.start()
        self.addCleanup(environment.stop)
        os.environ.pop("FISH_KEY", None)
        self.model = torch.nn.Linear(8, 4)

    def tearDown(self):
        for process in servers_of(self.folder):
            os.kill(process, signal.SIGKILL)

    def script(self, text, *arguments):
        """Starts a Python program that imports the package; the caller waits for it."""
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(text), self.folder, *arguments], env={**os.environ, "PYTHONPATH": SOURCE}, cwd=self.top,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run_script(self, text, *arguments):
        process = self.script(text, *arguments)
        output, error = process.communicate(timeout=600)
        self.assertEqual(0, process.returncode, error)
        return output

    def test_folder_makes_a_store_saves_and_ends_with_its_client(self):
        client = FishClient(self.folder)
        self.assertEqual("file://" + self.folder, client.url)
        client.add_base("base", self.model)
        client.put_task("task", "base")
        self.assertEqual(1, client.save("task", 1, self.model)["step"])
        self.assertEqual(1, len(servers_of(self.folder)))
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.top)
        second = FishClient(Path("runs") / "ckpts")
        self.assertEqual([1], [item["step"] for item in second.list("task")])
        self.assertEqual(1, len(servers_of(self.folder)))
        with open(os.path.join(self.folder, "local.lock")) as file:
            path = file.read().strip()
        self.assertLess(len(path), 104)
        self.assertEqual(0o700, os.stat(os.path.dirname(path)).st_mode & 0o777)
        for one in (client, second):
            one.close()
        del client, second, one
        wait_until(lambda: not servers_of(self.folder), "the server ends with its last client")
        self.assertFalse(os.path.exists(os.path.dirname(path)))
        self.assertEqual(0, os.path.getsize(os.path.join(self.folder, "local.lock")))

    def test_reading_a_folder_without_a_store_creates_nothing(self):
        with self.assertRaises(FishError) as caught:
            list(FishClient(self.folder).list("task"))
        self.assertEqual("STORE_NOT_FOUND", caught.exception.code)
        self.assertFalse(os.path.exists(os.path.join(self.top, "runs")))

    def test_killed_server_is_started_again_and_has_what_it_acknowledged(self):
        client = FishClient(self.folder)
        client.add_base("base", self.model)
        client.put_task("task", "base")
        for step in (1, 2, 3):
            with torch.no_grad():
                self.model.weight += 1
            client.save("task", step, self.model)
            (process,) = servers_of(self.folder)
            os.kill(process, signal.SIGKILL)
        self.assertEqual([1, 2, 3], sorted(item["step"] for item in client.list("task")))
        self.assertTrue(torch.equal(self.model.weight, dict(client.tensors("task", 3))["weight"]))
        self.assertEqual(1, len(servers_of(self.folder)))

    def test_next_start_removes_what_a_killed_server_of_another_folder_left(self):
        os.environ["XDG_RUNTIME_DIR"] = self.top
        living, killed = FishClient(os.path.join(self.top, "living")), FishClient(self.folder)
        for client in (living, killed):
            client.add_base("base", self.model)
        self.addCleanup(lambda: [os.kill(process, signal.SIGKILL) for name in ("living", "next")
            for process in servers_of(os.path.join(self.top, name))])
        self.assertEqual(2, len(glob.glob(os.path.join(self.top, "fish-local-*"))))
        (process,) = servers_of(self.folder)
        os.kill(process, signal.SIGKILL)
        wait_until(lambda: not servers_of(self.folder), "the killed server is gone")
        following = FishClient(os.path.join(self.top, "next"))
        following.add_base("base", self.model)
        with open(os.path.join(self.folder, "local.lock")) as file:
            self.assertFalse(os.path.exists(os.path.dirname(file.read().strip())))
        self.assertEqual(2, len(glob.glob(os.path.join(self.top, "fish-local-*"))))
        self.assertEqual(living.list_bases()[0]["id"], following.list_bases()[0]["id"])

    def test_server_stays_while_an_idle_client_is_there(self):
        client = FishClient(self.folder)
        client.add_base("base", self.model)
        before = servers_of(self.folder)
        time.sleep(6)  # beyond the patience of a server that nobody is connected to
        self.assertEqual(before, servers_of(self.folder))
        self.assertEqual(["base"], [base["name"] for base in client.list_bases()])
        self.assertEqual(before, servers_of(self.folder))

    def test_hook_in_a_folder_saves_and_resumes(self):
        FishClient(self.folder).add_base("base", self.model)
        with FishHook(self.folder, "task", self.model, base="base", save_every_steps=1) as hook:
            with torch.no_grad():
                self.model.weight += 1
            hook.on_step(1)
        other = torch.nn.Linear(8, 4)
        hook = FishHook(Path(self.folder), "task", other, base="base")
        self.assertEqual(1, hook.resume())
        hook.complete()
        self.assertTrue(torch.equal(self.model.weight, other.weight))

    def test_many_starters_have_one_server(self):
        FishClient(self.folder).add_base("base", self.model)
        for process in servers_of(self.folder):
            os.kill(process, signal.SIGKILL)
        rank = """
            import sys, time
            from fishcheckpoint import FishClient
            client = FishClient(sys.argv[1])
            print(client.report()["store"], flush=True)
            sys.stdin.read()
            """
        ranks = [subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(rank), self.folder], env={**os.environ, "PYTHONPATH": SOURCE}, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True) for _ in range(8)]
        try:
            self.assertEqual(1, len({process.stdout.readline() for process in ranks}))
            self.assertEqual(1, len(servers_of(self.folder)))
        finally:
            for process in ranks:
                process.kill()
                process.communicate()
        wait_until(lambda: not servers_of(self.folder), "the server ends after its clients were killed")

    def test_forked_children_do_not_use_or_keep_their_parents_connection(self):
        output = self.run_script("""
            import os, sys, time
            import torch
            from fishcheckpoint import FishClient
            client = FishClient(sys.argv[1])
            client.add_base("base", torch.nn.Linear(2, 2))
            read, write = os.pipe()
            children = []
            for child in range(2):
                process = os.fork()
                if process == 0:
                    if child == 0:
                        print(client.report()["taskCount"], flush=True)
                        os._exit(0)
                    os.close(write)
                    os.read(read, 1)  # lives on until the pipe's other end is gone
                    os._exit(0)
                children.append(process)
            os.waitpid(children[0], 0)
            print(client.report()["taskCount"], children[1], flush=True)
            os.dup2(write, 9)  # kept by a program that outlives this one
            os.spawnlp(os.P_NOWAIT, "true", "true")
            os._exit(0)
            """)
        self.assertEqual(["0", "0"], [line.split()[0] for line in output.splitlines()])
        wait_until(lambda: not servers_of(self.folder), "the server ends although a forked child lived on")

    def test_spawned_and_killed_trainers_leave_nothing(self):
        process = self.script("""
            import sys, time
            import torch
            from fishcheckpoint import FishClient
            client = FishClient(sys.argv[1])
            client.add_base("base", torch.nn.Linear(2, 2))
            print("there", flush=True)
            time.sleep(600)
            """)
        self.assertEqual("there\n", process.stdout.readline())
        process.kill()
        process.communicate()
        wait_until(lambda: not servers_of(self.folder), "the server ends after its client was killed")
        self.assertEqual([], os.listdir(os.path.join(self.folder, "tmp")))

    def test_ctrl_c_in_a_terminal_does_not_reach_the_server(self):
        FishClient(self.folder).add_base("base", self.model)
        (process,) = servers_of(self.folder)
        self.assertNotEqual(os.getsid(0), os.getsid(process))

    def test_folder_that_a_server_serves_over_tcp_is_shared(self):
        server = Server()
        self.addCleanup(server.remove)
        folder = os.path.join(server.folder, "data")
        FishClient(server.url).add_base("base", self.model)
        client = FishClient(folder)
        client.put_task("task", "base")
        self.assertEqual("base", FishClient(server.url).get_task("task")["base"])
        for process in servers_of(os.path.realpath(folder)):
            os.kill(process, signal.SIGKILL)

    def test_keys_are_not_asked_for(self):
        client = FishClient(self.folder)
        client.add_base("base", self.model)
        add = ["dotnet", server_dll(), "key", "add", "root", "--scope", "admin", "--data", self.folder]
        subprocess.run(add, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertEqual("task", client.put_task("task", "base")["name"])
        with mock.patch.dict(os.environ, {"FISH_KEY": "no-key-of-this-store"}):
            self.assertEqual("task", FishClient(self.folder).get_task("task")["name"])

    def test_log_is_bounded(self):
        client = FishClient(self.folder)
        client.add_base("base", self.model)
        log = os.path.join(self.folder, "local.log")
        with open(log, "ab") as file:
            file.write(b"x" * (5 << 20))
        wait_until(lambda: os.path.getsize(log) < 5 << 20, "the log begins again")
        self.assertEqual(1, len(client.list_bases()))

    def test_another_users_folder_is_refused(self):
        os.makedirs(self.folder)
        with mock.patch("os.geteuid", return_value=os.getuid() + 1234):
            with self.assertRaises(FishError) as caught:
                FishClient(self.folder).add_base("base", self.model)
        self.assertEqual("FOLDER_TAKEN", caught.exception.code)

    def test_what_the_program_refuses_is_what_the_client_raises(self):
        os.makedirs(os.path.join(self.folder, "bases", "0" * 64))
        with self.assertRaises(FishError) as caught:
            FishClient(self.folder).add_base("base", self.model)
        self.assertEqual("CORRUPT_STORE", caught.exception.code)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "fish.db")))

    def test_missing_program_says_how_to_get_it(self):
        with mock.patch.dict(os.environ, {"FISH_PROGRAM": os.path.join(self.top, "none")}):
            self.assert_no_program()
        with mock.patch.dict(os.environ, {"PATH": self.top}):
            del os.environ["FISH_PROGRAM"]
            self.assert_no_program()
            self.install(os.path.join(self.top, "fish"), "#!/bin/sh\necho 'fish, version 3.6.0'\n")
            self.assert_no_program()  # the shell of that name is not started
            earlier = os.path.join(self.top, "earlier")
            os.mkdir(earlier)
            self.install(os.path.join(earlier, "fish"), "#!/bin/sh\necho 1.2.3\n")
            with mock.patch.dict(os.environ, {"PATH": earlier}):
                self.assertEqual([os.path.join(earlier, "fish")], local.program())
            self.install(os.path.join(self.top, "fishckpt"), "#!/bin/sh\n")
            self.assertEqual([os.path.join(self.top, "fishckpt")], local.program())

    @staticmethod
    def install(path, text):
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def assert_no_program(self):
        with self.assertRaises(FishError) as caught:
            local.program()
        self.assertEqual("FILE_NOT_FOUND", caught.exception.code)
        return caught.exception

    def test_place_from_environment(self):
        def named(**variables):
            with mock.patch.dict(os.environ, variables):
                return place_of(None)
        self.assertEqual("file:///tmp/a%20b", named(FISH_DATA="/tmp/a b"))
        self.assertEqual("http://h:1", named(FISH_SERVER="http://h:1", FISH_DATA=""))
        for variables in ({"FISH_SERVER": "http://h:1", "FISH_DATA": "/tmp"}, {}):
            with self.assertRaises(FishError) as caught:
                named(**variables)
            self.assertEqual("REQUEST_INVALID", caught.exception.code)
        for place in ("localhost:5080", "127.0.0.1:5080", "models.example:80/x", ""):
            with self.assertRaises(FishError) as caught:
                place_of(place)
            self.assertEqual("REQUEST_INVALID", caught.exception.code)


if __name__ == "__main__":
    unittest.main()
