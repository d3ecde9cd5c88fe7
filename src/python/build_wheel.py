"""Builds the wheel with the program ``fishckpt`` for Linux on x86-64, so that a folder needs neither .NET nor a server::

    python3 src/python/build_wheel.py [FOLDER] [--program FILE]

FOLDER is the output folder (default: ``dist`` in the working folder). The .NET 10 SDK publishes the program as one self-contained file
below the system's temporary folder; ``--program`` gives a published one. The wheel's tag names the C library that the program needs.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Tuple

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import build_backend  # noqa: E402

_RUNTIME = "linux-x64"
_CHUNK = 1 << 24


def publish(folder: Path) -> Path:
    """Publishes the program to a folder and returns its path. Leaves nothing in the tree."""
    subprocess.run(
        ["dotnet", "publish", str(HERE.parent / "FishCheckpoint.Cli"), "--configuration", "Release", "--runtime", _RUNTIME,
        "--self-contained", "true",
         "-p:PublishSingleFile=true", "-p:DebugType=none", "--artifacts-path", str(folder / "build"), "--output", str(folder / "program"),
         "--verbosity", "quiet", "-nologo"],
        check=True)
    return folder / "program" / "fishckpt"


def tag_of(*programs: Path) -> str:
    """The tag of a wheel with this program and its libraries: the newest glibc version that one of them needs (PEP 600).

    :raises ValueError: a file is not for Linux on x86-64, or is not linked against glibc.
    """
    major, minor = max(_glibc_of(program) for program in programs)
    return f"py3-none-manylinux_{major}_{minor}_x86_64"


def build(folder: Path, program: Path) -> Path:
    """Writes the wheel to a folder, which is created if missing, and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [program, *program.parent.glob("lib*.so")]
    settings = [path for path in [program.parent / "appsettings.json"] if path.is_file()]
    more = {f"fishcheckpoint/_program/{path.name}": path for path in [*files, *settings]}
    return folder / build_backend.write_wheel(folder, more, tag_of(*files))


def _glibc_of(program: Path) -> Tuple[int, int]:
    versions, last = set(), b""
    with open(program, "rb") as file:
        head = file.read(20)
        if head[:5] != b"\x7fELF\x02" or head[18:20] != b"\x3e\x00":  # 64 bits; e_machine
            raise ValueError(f"{program} is not for Linux on x86-64.")
        while True:
            chunk = file.read(_CHUNK)
            if not chunk:
                break
            versions.update((int(major), int(minor)) for major, minor in re.findall(rb"GLIBC_(\d+)\.(\d+)\b", last + chunk))
            last = chunk[-32:]
    if not versions:
        raise ValueError(f"{program} has no glibc version.")
    return max(versions)


def main() -> None:
    parser = argparse.ArgumentParser(description="Builds the wheel with the program.")
    parser.add_argument("folder", nargs="?", default="dist", type=Path, help="the output folder; default: dist")
    parser.add_argument("--program", type=Path,
        help="a published program with its libraries beside it; default: publishes one with the .NET 10 SDK")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fish-wheel-") as scratch:
        wheel = build(options.folder, options.program or publish(Path(scratch)))
    print(f"{wheel} ({wheel.stat().st_size / 1e6:.0f} MB)")


if __name__ == "__main__":
    main()
