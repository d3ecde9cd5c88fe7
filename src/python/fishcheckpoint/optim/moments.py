"""Moves values from one mask to another, and unites the positions of two masks."""

import torch


def moved(values: torch.Tensor, before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    """Values [k] of positions ``before`` as values of positions ``after`` (both ascending): zeros where a position is new."""
    result = values.new_zeros(after.numel())
    if before.numel() and after.numel():
        places = torch.searchsorted(before, after).clamp_(max=before.numel() - 1)
        known = before[places] == after
        result[known] = values[places[known]]
    return result


def joined(positions: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """The flat positions in either of two masks (int64 [k] each), ascending, on the first one's device."""
    return torch.unique(torch.cat([positions, others.to(positions.device)]))
