"""The positions that a save covers, by the hook's tensor names."""

import hashlib
from typing import Dict, Mapping, Optional

import torch

from ..masks import Mask
from ..tensors.raw import chunks_of


class Cover(Mask):
    """A mask together with everything else that is saved. Immutable: another set is another cover, so cached facts stay true."""

    server_id: Optional[str] = None
    """The store's id of these positions, after the store acknowledged them: later saves do not send them again."""
    _digest: Optional[str] = None

    @classmethod
    def of(cls, *masks: Mapping[str, torch.Tensor]) -> "Cover":
        """The union of masks."""
        return cls(Mask().union(*masks))

    @property
    def digest(self) -> str:
        """SHA-256 of names and positions in hexadecimal; computed on first use."""
        if self._digest is None:
            self._digest = digest_of(self)
        return self._digest


def digest_of(mask: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 of names and positions in hexadecimal."""
    digest = hashlib.sha256()
    for name in sorted(mask):
        digest.update(f"{name}\n{mask[name].numel()}\n".encode())
        for chunk in chunks_of(mask[name]):
            digest.update(chunk)
    return digest.hexdigest()


def gaps_of(mask: Mapping[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
    """A mask for the trainer state: the first position and then the gaps (int32 if they fit), which compress better than positions."""
    gaps = {}
    for name, positions in mask.items():
        host = positions.cpu()
        distances = torch.cat([host[:1], host[1:] - host[:-1]])
        gaps[name] = distances.to(torch.int32) if int(distances.max()) < 2 ** 31 else distances
    return gaps


def from_gaps(gaps: Mapping[str, torch.Tensor], devices: Mapping[str, torch.Tensor]) -> Mask:
    """The mask: the inverse of :func:`gaps_of`, on the devices of the tensors of the same names."""
    return Mask({name: distances.to(torch.int64).cumsum(0).to(devices[name].device) for name, distances in gaps.items()})
