"""Gives the wheel the version of everything else, which stands in Directory.Build.props at the top of the tree."""

import re
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).resolve().parent


def version() -> str:
    """The version in the tree; in an unpacked source distribution, which lies in no tree, the one that it was packed with."""
    packed = HERE / "PKG-INFO"
    if packed.is_file():
        return re.search(r"^Version: (\S+)$", packed.read_text("utf-8"), re.MULTILINE)[1]
    properties = HERE.parents[1] / "Directory.Build.props"
    return re.search(r"<VersionPrefix>([^<]+)</VersionPrefix>", properties.read_text("utf-8"))[1]


setup(version=version())
