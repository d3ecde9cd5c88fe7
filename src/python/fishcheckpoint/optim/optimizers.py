"""The usual optimizers, on a mask."""

from typing import Any, Mapping

import torch

from .masked import MaskedOptimizer, Named


class MaskedSGD(MaskedOptimizer):
    """``torch.optim.SGD`` (momentum, dampening, Nesterov, weight decay) on the masked values only."""

    def __init__(self, model: Named, mask: Mapping[str, torch.Tensor], lr: float = 1e-3, **options: Any) -> None:
        """See :class:`MaskedOptimizer`; ``options`` are those of ``torch.optim.SGD``."""
        super().__init__(model, mask, torch.optim.SGD, lr=lr, **options)


class MaskedAdam(MaskedOptimizer):
    """``torch.optim.Adam`` on the masked values only: two moments per position."""

    def __init__(self, model: Named, mask: Mapping[str, torch.Tensor], lr: float = 1e-3, **options: Any) -> None:
        """See :class:`MaskedOptimizer`; ``options`` are those of ``torch.optim.Adam``."""
        super().__init__(model, mask, torch.optim.Adam, lr=lr, **options)


class MaskedAdamW(MaskedOptimizer):
    """``torch.optim.AdamW`` on the masked values only: two moments per position."""

    def __init__(self, model: Named, mask: Mapping[str, torch.Tensor], lr: float = 1e-3, **options: Any) -> None:
        """See :class:`MaskedOptimizer`; ``options`` are those of ``torch.optim.AdamW``."""
        super().__init__(model, mask, torch.optim.AdamW, lr=lr, **options)
