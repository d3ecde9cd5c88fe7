"""The HTTP client."""

from .client import FishClient

__all__ = ["FishClient"]
