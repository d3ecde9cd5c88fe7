"""What the tests share: where the package is, whether PyTorch is there, and a real server."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "src", "python"))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

try:
    import torch
    torch.set_num_threads(2)
except ImportError:
    torch = None

needs_torch = unittest.skipIf(torch is None, f"PyTorch is not installed for {sys.executable}")


def server_dll():
    """The built command line, or None: FISH_PROGRAM, else the newest build of src/FishCheckpoint.Cli."""
    if "FISH_PROGRAM" in os.environ:
        return os.environ["FISH_PROGRAM"]
    found = []
    for folder, _, files in os.walk(os.path.join(ROOT, "src", "FishCheckpoint.Cli", "bin")):
        found += [os.path.join(folder, name) for name in files if name == "fishckpt.dll"]
    return max(found, key=os.path.getmtime, default=None)


needs_server = unittest.skipIf(
    torch is None or server_dll() is None or shutil.which("dotnet") is None,
    f"PyTorch is not installed for {sys.executable}" if torch is None else "no server: build src/FishCheckpoint.Cli, or set FISH_PROGRAM to a fishckpt.dll")


class Server:
    """A server on a data folder of its own; it can be stopped and started again on the same port."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="fish-test-")
        self.port = 0
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self):
        return os.path.join(self.folder, "data", "fish.db")

    def start(self):
        self.process = subprocess.Popen(
            ["dotnet", server_dll(), "serve", "--data", os.path.join(self.folder, "data"), "--urls", self.url],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.folder)
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "Now listening on" in line:
                self.port = int(line.rsplit(":", 1)[1])
                threading.Thread(target=self._drain, args=(self.process.stdout,), daemon=True).start()
                return
        raise RuntimeError("the server does not start:\n" + "".join(lines))

    @staticmethod
    def _drain(output):
        try:
            output.read()
        except ValueError:
            pass  # closed with the server

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def remove(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


_shared = None


def shared_server():
    """One server for all tests that do no harm to it."""
    global _shared
    if _shared is None:
        _shared = Server()
        atexit.register(_shared.remove)
    return _shared


def unique(prefix):
    """A name that no other test has."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"
