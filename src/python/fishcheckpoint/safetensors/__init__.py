"""Reads and writes the safetensors format with only the standard library and PyTorch."""

from .reader import SafetensorsReader, load_file, read_stream
from .writer import SafetensorsFile, save_file

__all__ = ["SafetensorsFile", "SafetensorsReader", "load_file", "read_stream", "save_file"]
