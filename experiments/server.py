"""A server with its own data folder, for one run of the experiments."""

import os
import shutil
import subprocess
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def built():
    """The newest build of the command line, or None."""
    found = []
    for folder, _, files in os.walk(os.path.join(ROOT, "src", "FishCheckpoint.Cli", "bin")):
        found += [os.path.join(folder, name) for name in files if name == "fishckpt.dll"]
    return max(found, key=os.path.getmtime, default=None)


class Server:
    """``with Server() as url``: starts on a free port; removed with its data."""

    def __enter__(self):
        dll = os.environ.get("FISH_PROGRAM") or built()
        if dll is None:
            raise SystemExit(
                "No server is built: run dotnet build -c Release src/FishCheckpoint.Cli, or set FISH_PROGRAM to a fishckpt.dll")
        self._folder = tempfile.mkdtemp(prefix="fish-experiments-")
        self._process = subprocess.Popen(
            ["dotnet", dll, "serve", "--data", os.path.join(self._folder, "data"), "--urls", "http://127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self._folder)
        lines = []
        for line in self._process.stdout:
            lines.append(line)
            if "Now listening on" in line:
                threading.Thread(target=self._process.stdout.read, daemon=True).start()  # keeps the pipe from filling
                return "http://127.0.0.1:" + line.strip().rsplit(":", 1)[1]
        raise SystemExit("The server did not start:\n" + "".join(lines))

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
