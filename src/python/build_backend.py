"""Builds the wheel with the standard library only (PEP 517, PEP 660), so that ``pip install`` needs no network and leaves nothing in the
tree.

The version is in Directory.Build.props at the top of the tree.
"""

import base64
import contextlib
import hashlib
import io
import json
import os
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

HERE = Path(__file__).resolve().parent
_PACKAGE = "fishcheckpoint"
_SOURCES = ("*.py", "py.typed")
_TIME = (1980, 1, 1, 0, 0, 0)  # the same tree gives the same bytes
_PURE = "py3-none-any"


def build_wheel(wheel_directory: str, config_settings: Optional[Mapping[str, Any]] = None, metadata_directory: Optional[str] = None) -> str:
    """Writes the wheel and returns its name."""
    return write_wheel(Path(wheel_directory), {})


def build_editable(wheel_directory: str, config_settings: Optional[Mapping[str, Any]] = None,
                   metadata_directory: Optional[str] = None) -> str:
    """Writes a wheel that links to this folder, and returns its name."""
    return _write(Path(wheel_directory), {f"{_PACKAGE}.pth": f"{HERE}\n".encode()}, _PURE)


def build_sdist(sdist_directory: str, config_settings: Optional[Mapping[str, Any]] = None) -> str:
    """Writes the source distribution and returns its name."""
    folder = f"{_PACKAGE}-{version()}"
    files = {"PKG-INFO": _metadata().encode(), **_sources()}
    files.update((name, (HERE / name).read_bytes()) for name in ("pyproject.toml", "README.md", Path(__file__).name))
    files["LICENSE"] = _license()
    with tarfile.open(Path(sdist_directory) / f"{folder}.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, data in sorted(files.items()):
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return f"{folder}.tar.gz"


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Optional[Mapping[str, Any]] = None) -> str:
    """Writes only the metadata, and returns the name of their folder."""
    folder = f"{_PACKAGE}-{version()}.dist-info"
    for name, data in _information(_PURE):
        path = Path(metadata_directory) / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def write_wheel(folder: Path, more: Mapping[str, Path], tag: str = _PURE) -> str:
    """Writes a wheel of the package and additional files (paths in the wheel, and their sources), and returns its name."""
    return _write(folder, {**_sources(), **{name: path.read_bytes() for name, path in more.items()}}, tag, set(more))


def version() -> str:
    """The version in the tree; in an unpacked source distribution, the packed version."""
    packed = HERE / "PKG-INFO"
    if packed.is_file():
        return re.search(r"^Version: (\S+)$", packed.read_text("utf-8"), re.MULTILINE)[1]  # type: ignore[index]
    properties = HERE.parents[1] / "Directory.Build.props"
    return re.search(r"<VersionPrefix>([^<]+)</VersionPrefix>", properties.read_text("utf-8"))[1]  # type: ignore[index]


def _license() -> bytes:
    """A text at the top of the tree; in an unpacked source distribution, the one beside this file."""
    packed = HERE / "LICENSE"
    return (packed if packed.is_file() else HERE.parents[1] / "LICENSE").read_bytes()


def _sources() -> Dict[str, bytes]:
    return {path.relative_to(HERE).as_posix(): path.read_bytes() for pattern in _SOURCES
            for path in sorted((HERE / _PACKAGE).rglob(pattern))}


def _project() -> Dict[str, Any]:
    # Python has a TOML reader only since 3.11; these values are also valid JSON.
    table = (HERE / "pyproject.toml").read_text("utf-8").split("[project]\n")[1].split("\n[")[0]
    return {key: json.loads(value) for key, value in re.findall(r"^([\w-]+) = (.+)$", table, re.MULTILINE)}


def _metadata() -> str:
    project = _project()
    lines = ["Metadata-Version: 2.4", f"Name: {project['name']}", f"Version: {version()}", f"Summary: {project['description']}"]
    lines += [f"License-Expression: {project['license']}", "License-File: LICENSE", f"Requires-Python: {project['requires-python']}",
              *(f"Requires-Dist: {requirement}" for requirement in project["dependencies"])]
    return "\n".join([*lines, "Description-Content-Type: text/markdown", "", (HERE / "README.md").read_text("utf-8")])


def _information(tag: str) -> Iterator[Tuple[str, bytes]]:
    pure = str(tag == _PURE).lower()
    yield "METADATA", _metadata().encode()
    yield "licenses/LICENSE", _license()
    yield "WHEEL", f"Wheel-Version: 1.0\nGenerator: {_PACKAGE} {version()}\nRoot-Is-Purelib: {pure}\nTag: {tag}\n".encode()


def _write(folder: Path, files: Mapping[str, bytes], tag: str, programs: Any = ()) -> str:
    name, information = f"{_PACKAGE}-{version()}-{tag}.whl", f"{_PACKAGE}-{version()}.dist-info"
    whole = {**files, **{f"{information}/{part}": data for part, data in _information(tag)}}
    record: List[str] = []
    temporary = folder / f".{name}.{os.getpid()}"
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in whole.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(data)}")
            _add(archive, path, data, 0o755 if path in programs else 0o644)
        _add(archive, f"{information}/RECORD", "\n".join([*record, f"{information}/RECORD,,", ""]).encode(), 0o644)
    os.replace(temporary, folder / name)
    return name


def _add(archive: zipfile.ZipFile, path: str, data: bytes, mode: int) -> None:
    entry = zipfile.ZipInfo(path, _TIME)
    entry.external_attr, entry.compress_type = (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


# Importing this file may have left bytecode in the tree.
if "__cached__" in globals() and __cached__ is not None:
    Path(__cached__).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        Path(__cached__).parent.rmdir()
