"""The parts of training that go on where they were: optimizer, random generators, schedulers and samplers, and the mask."""

from typing import Mapping, Optional

import torch

from ..masks import Mask
from ..optim import MaskedOptimizer
from . import optimizer_state, rng
from .cover import Cover, from_gaps, gaps_of
from .lineage import Plan
from .options import HookOptions
from .tracked import TrackedModel
from .trainer_state import TrainerState, mismatch


class TrainerParts:
    """Copies what resuming needs besides the model, and gives it back. The cost of a copy goes with the mask."""

    def __init__(self, model: TrackedModel, optimizer: Optional[torch.optim.Optimizer], options: HookOptions) -> None:
        self._model, self._optimizer, self._options = model, optimizer, options
        self._gaps_of: Optional[Mask] = None
        self._gaps: Mapping[str, torch.Tensor] = {}

    def capture(self, plan: Optional[Plan], mask: Optional[Mask], cover: Cover) -> TrainerState:
        """Copies everything that the options ask for.

        :param plan: what is taken of the model; ``None`` for all of it.
        :param mask: the mask that is trained now.
        :param cover: the positions that saves with this mask take by themselves; a plan may have more.
        """
        state = TrainerState()
        if self._optimizer is not None and self._options.include_optimizer:
            positions: Mapping[str, torch.Tensor] = {} if plan is None else plan.cover
            optimizer_state.capture(state, self._optimizer, self._model.parameter_names(), positions, dense=plan is None)
            if plan is not None and not isinstance(self._optimizer, MaskedOptimizer) and plan.cover.count != cover.count:
                state.arrays.update((f"hook/positions/{name}", gaps) for name, gaps in gaps_of(plan.cover).items())
        if self._options.include_rng:
            rng.capture(state)
        for name, part in self._options.state.items():
            state.put(f"{name}/state", part.state_dict())
        if mask is not None:
            if self._gaps_of is not mask:
                self._gaps_of, self._gaps = mask, gaps_of(mask)
            state.arrays.update((f"mask/{name}", gaps) for name, gaps in self._gaps.items())
        return state

    def restore(self, state: TrainerState, masked: bool, cover: Cover) -> None:
        """Gives everything back: the mirror of :meth:`capture`.

        :raises FishError: ``STATE_MISMATCH``: something is missing, or the optimizer is another one.
        """
        if self._optimizer is not None and self._options.include_optimizer:
            taken = state.section("hook/positions")
            positions = from_gaps(taken, self._model.tensors()) if taken else cover
            optimizer_state.restore(state, self._optimizer, self._model.parameter_names(), positions, dense=not masked)
        for name, part in self._options.state.items():
            part.load_state_dict(state.take(f"{name}/state"))
        if self._options.include_rng:
            rng.restore(state)

    def mask_of(self, state: TrainerState, masked: bool) -> Optional[Mask]:
        """The mask that was trained; ``None`` without one.

        :raises FishError: ``STATE_MISMATCH``: one of both runs is without a mask.
        """
        gaps = state.section("mask")
        if bool(gaps) != masked:
            raise mismatch("mask", f"The checkpoint was trained {'with' if gaps else 'without'} a mask, this run is {'with' if masked else 'without'} one.")
        return from_gaps(gaps, self._model.tensors()) if masked else None
