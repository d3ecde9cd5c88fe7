"""The newcomer's page, docs/guides/pytorch.md: its code blocks are run as they stand, in a new environment, by a user who has no .NET."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
import zipfile

from support import ROOT, needs_torch, torch

BUILD = os.path.join(ROOT, "src", "python", "build_wheel.py")
SECTION = "## From nothing to a resumed run"


def page():
    """The section's text."""
    with open(os.path.join(ROOT, "docs", "guides", "pytorch.md"), encoding="utf-8") as file:
        return file.read().split(SECTION + "\n")[1].split("\n## ")[0]


def blocks():
    """The section's code blocks: (language, text)."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", page(), re.MULTILINE | re.DOTALL)


@needs_torch
@unittest.skipUnless(sys.platform == "linux" and os.uname().machine == "x86_64", "the wheel is for Linux on x86-64")
@unittest.skipIf(shutil.which("dotnet") is None and "FISH_PUBLISHED" not in os.environ,
                 "no .NET SDK builds the wheel; FISH_PUBLISHED may name a program that was published as build_wheel.py does it")
class NewcomerTests(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="fish-newcomer-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        # Without dotnet: a folder of links to all other programs.
        programs = os.path.join(self.folder, "programs")
        os.mkdir(programs)
        for folder in reversed(os.environ["PATH"].split(os.pathsep)):
            for name in os.listdir(folder) if os.path.isdir(folder) else []:
                link = os.path.join(programs, name)
                if name not in ("dotnet", "fish", "fishckpt") and not name.startswith("python"):
                    if os.path.lexists(link):
                        os.unlink(link)
                    os.symlink(os.path.join(folder, name), link)
        os.symlink(sys.executable, os.path.join(programs, "python3"))
        keep = {key: value for key, value in os.environ.items() if not key.startswith(("FISH_", "PYTHON", "DOTNET", "PIP_"))}
        self.environment = {**keep, "PATH": programs, "HOME": self.folder, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def run_blocks(self, *texts):
        done = subprocess.run(
            ["bash", "-e", "-c", "\n".join(texts)], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=900)
        self.assertEqual(0, done.returncode, done.stdout)
        return done.stdout

    def build(self, folder):
        published = os.environ.get("FISH_PUBLISHED")
        subprocess.run(
            [sys.executable, BUILD, folder, *(["--program", published] if published else [])], check=True, cwd=self.folder,
            stdout=subprocess.DEVNULL)

    def test_page_from_nothing_to_a_resumed_run(self):
        (build, install, train, run, look) = blocks()
        self.assertEqual(("sh", "python3 src/python/build_wheel.py dist\n"), build)
        self.build(os.path.join(self.folder, "dist"))
        with open(os.path.join(self.folder, "train.py"), "w", encoding="utf-8") as file:
            file.write(train[1])
        output = self.run_blocks(install[1], run[1])
        self.assertIn("starts after step 0\n", output)
        self.assertIn("starts after step 106\n", output)
        self.assertIn("done: loss", output)
        shown = self.run_blocks(install[1].splitlines()[1], look[1])
        for step in (106, 200):  # of the others, those that came while one was being sent are skipped
            self.assertRegex(shown, rf"(?m)^ *{step} ")
        self.assertTrue(os.path.getsize(os.path.join(self.folder, "model.safetensors")) > 30_000)

        # A run that was never interrupted ends with the same weights.
        shutil.move(os.path.join(self.folder, "model.safetensors"), os.path.join(self.folder, "resumed.safetensors"))
        shutil.move(os.path.join(self.folder, "runs"), os.path.join(self.folder, "earlier"))
        self.run_blocks(install[1].splitlines()[1], "python train.py", look[1])
        with open(os.path.join(self.folder, "model.safetensors"), "rb") as whole, open(os.path.join(self.folder, "resumed.safetensors"), "rb") as resumed:
            self.assertEqual(whole.read(), resumed.read())
        self.check_wheel()

    def check_wheel(self):
        (wheel,) = os.listdir(os.path.join(self.folder, "dist"))
        found = re.search(r"^fishcheckpoint-[\d.]+-py3-none-manylinux_(2)_(\d+)_x86_64\.whl$", wheel)
        self.assertIn(f"glibc {found[1]}.{found[2]} or newer", page())
        with zipfile.ZipFile(os.path.join(self.folder, "dist", wheel)) as archive:
            mode = archive.getinfo("fishcheckpoint/_program/fishckpt").external_attr >> 16
        self.assertTrue(mode & stat.S_IXUSR)


class TagTests(unittest.TestCase):
    def test_tag_names_the_newest_glibc_and_refuses_what_is_no_program(self):
        sys.path.insert(0, os.path.dirname(BUILD))
        self.addCleanup(sys.path.remove, os.path.dirname(BUILD))
        import build_wheel
        head = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00"
        with tempfile.TemporaryDirectory() as folder:
            def tag(data):
                path = os.path.join(folder, "program")
                with open(path, "wb") as file:
                    file.write(data)
                return build_wheel.tag_of(path)
            self.assertEqual("py3-none-manylinux_2_28_x86_64", tag(head + b"\0GLIBC_2.9\0GLIBC_2.28\0GLIBC_2.2.5\0"))
            border = len(head) + build_wheel._CHUNK - 5  # a name that lies in two chunks
            self.assertEqual("py3-none-manylinux_2_17_x86_64", tag((head + b"\0GLIBC_2.4\0").ljust(border, b"\0") + b"GLIBC_2.17\0"))
            for data in (b"#!/bin/sh\n" + bytes(30), head[:-2] + b"\xb7\x00GLIBC_2.17\0", head + bytes(40)):
                with self.assertRaises(ValueError):
                    tag(data)


if __name__ == "__main__":
    unittest.main()
