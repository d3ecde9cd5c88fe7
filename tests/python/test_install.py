"""Installing the package with pip: into a virtual environment that has the system's PyTorch, without network, leaving nothing in the
tree."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import venv
import zipfile

from support import ROOT, needs_torch

try:
    import pip  # noqa: F401
    has_pip = True
except ImportError:
    has_pip = False

SHOWS = "import fishcheckpoint as f, importlib.metadata as m; print(f.__file__, f.__version__, m.requires('fishcheckpoint'))"


@needs_torch
@unittest.skipIf(not has_pip, f"{sys.executable} has no pip")
class InstallTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        # A tree of its own, since what is left in it is looked for.
        self.tree = os.path.join(self.folder, "tree")
        self.source = os.path.join(self.tree, "src", "python")
        shutil.copytree(os.path.join(ROOT, "src", "python"), self.source,
                        ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
        for name in ("Directory.Build.props", "LICENSE"):
            shutil.copy(os.path.join(ROOT, name), self.tree)
        with open(os.path.join(ROOT, "Directory.Build.props"), encoding="utf-8") as file:
            self.version = re.search("<VersionPrefix>(.*?)</VersionPrefix>", file.read())[1]

    def environment(self, name):
        path = os.path.join(self.folder, name)
        venv.create(path, system_site_packages=True, symlinks=True, with_pip=False)
        return os.path.join(path, "bin", "python")

    def run_in(self, *command):
        # No index can be reached from here; the environment's own settings do not count.
        settings = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON"))}
        settings.update(PIP_INDEX_URL="http://127.0.0.1:9/", PIP_RETRIES="0", PIP_DISABLE_PIP_VERSION_CHECK="1")
        done = subprocess.run(command, cwd=self.folder, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def files(self):
        return sorted(os.path.relpath(os.path.join(folder, name), self.tree) for folder, folders, files in os.walk(self.tree)
                      for name in (*folders, *files))

    def test_pip_install_of_the_folder_leaves_nothing_in_it(self):
        before = self.files()
        python = self.environment("plain")
        self.run_in(python, "-m", "pip", "install", self.source)
        shown = self.run_in(python, "-c", SHOWS)
        self.assertIn(os.path.join(self.folder, "plain"), shown)
        self.assertIn(self.version, shown)
        self.assertIn("torch>=1.13.0a0", shown)  # Debian's version is 1.13.0a0
        installed = os.path.dirname(shown.split()[0])
        self.assertTrue(os.path.isfile(os.path.join(installed, "py.typed")))
        self.assertEqual(self.files(), before)
        here = sum(name.endswith(".py") for _, _, files in os.walk(os.path.join(self.source, "fishcheckpoint")) for name in files)
        self.assertEqual(sum(name.endswith(".py") for _, _, files in os.walk(installed) for name in files), here)
        self.run_in(python, "-m", "pip", "install", "--no-index", "--no-build-isolation", "--force-reinstall", "--no-deps", self.source)
        self.run_in(python, "-m", "pip", "uninstall", "-y", "fishcheckpoint")
        self.assertFalse(os.path.exists(installed))
        self.assertEqual(self.files(), before)

    def test_editable_install_leads_to_the_folder(self):
        before = self.files()
        python = self.environment("editable")
        self.run_in(python, "-m", "pip", "install", "-e", self.source)
        self.assertIn(self.source, self.run_in(python, "-B", "-c", SHOWS))
        self.assertEqual(self.files(), before)

    def test_wheels_are_the_same_bytes_from_the_tree_and_from_a_source_distribution(self):
        sys.path.insert(0, self.source)
        self.addCleanup(sys.path.remove, self.source)
        import build_backend
        self.addCleanup(sys.modules.pop, "build_backend")
        out = os.path.join(self.folder, "out")
        os.mkdir(out)
        packed = build_backend.build_sdist(out)
        with tarfile.open(os.path.join(out, packed)) as archive:
            archive.extractall(self.folder)
        wheels = []
        for number, source in enumerate((self.source, os.path.join(self.folder, packed[:-len(".tar.gz")]))):
            folder = os.path.join(out, str(number))
            self.run_in(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, source)
            self.assertEqual(os.listdir(folder), [f"fishcheckpoint-{self.version}-py3-none-any.whl"])
            with open(os.path.join(folder, os.listdir(folder)[0]), "rb") as file:
                wheels.append(file.read())
        self.assertEqual(wheels[0], wheels[1])
        with zipfile.ZipFile(os.path.join(folder, os.listdir(folder)[0])) as wheel:
            self.assertIsNone(wheel.testzip())
            names = wheel.namelist()
            information = f"fishcheckpoint-{self.version}.dist-info"
            metadata = wheel.read(f"{information}/METADATA").decode()
            packed_license = wheel.read(f"{information}/licenses/LICENSE")
        self.assertIn("\nLicense-Expression: Apache-2.0\nLicense-File: LICENSE\n", metadata)
        with open(os.path.join(ROOT, "LICENSE"), "rb") as file:
            self.assertEqual(packed_license, file.read())
        self.assertIn("fishcheckpoint/py.typed", names)
        self.assertFalse([name for name in names if not name.startswith(("fishcheckpoint/", f"fishcheckpoint-{self.version}.dist-info/"))])


if __name__ == "__main__":
    unittest.main()
