"""Values on a mask, moved to another mask."""

import torch


def moved(values: torch.Tensor, before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    """Values [k] of positions ``before`` as values of positions ``after`` (both ascending): zeros where a position is new."""
    result = values.new_zeros(after.numel())
    if before.numel() and after.numel():
        places = torch.searchsorted(before, after).clamp_(max=before.numel() - 1)
        known = before[places] == after
        result[known] = values[places[known]]
    return result
