"""Text from Python's own standard library: its sources, and their docstrings."""

import ast
import functools
import os
import sysconfig

import torch

LEFT_OUT = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__"}


@functools.lru_cache(maxsize=None)
def _files():
    found = []
    for folder, inner, names in os.walk(sysconfig.get_paths()["stdlib"]):
        inner[:] = sorted(name for name in inner if name not in LEFT_OUT)
        found += [os.path.join(folder, name) for name in sorted(names) if name.endswith(".py")]
    return found


def _read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def code(limit=8 << 20):
    """Source code, file after file in a fixed order: uint8 [n]."""
    parts, length = [], 0
    for path in _files():
        parts.append(_read(path).encode("utf-8"))
        length += len(parts[-1])
        if length >= limit:
            break
    return _tensor(b"".join(parts)[:limit])


def docstrings():
    """The docstrings of the same sources: uint8 [n]. Related to the code but different, like fine-tuning data."""
    parts = []
    for path in _files():
        try:
            tree = ast.parse(_read(path))
        except (SyntaxError, ValueError):
            continue  # some test files are invalid on purpose
        nodes = (node for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)))
        parts += [text for text in map(ast.get_docstring, nodes) if text and len(text) > 80]
    return _tensor("\n\n".join(parts).encode("utf-8"))


def _tensor(content):
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)
