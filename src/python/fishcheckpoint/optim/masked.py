"""The masked optimizer: a PyTorch optimizer that works only on the masked values."""

from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple, Type, Union

import torch

from ..errors import FishError
from ..masks import Mask
from ..tensors.flat import gather, scatter
from ..tensors.names import NameLookup
from .moments import joined, moved

Named = Union[torch.nn.Module, Iterable[torch.Tensor], Iterable[Tuple[str, torch.Tensor]], Iterable[Dict[str, Any]]]
"""A module, parameters from its ``parameters()`` or ``named_parameters()``, or groups: dicts with these under ``params``."""


class MaskedOptimizer(torch.optim.Optimizer):
    """Runs an elementwise PyTorch optimizer on the masked values only.

    Each step gathers the masked values and their gradients, lets the inner optimizer update them, and writes them back. So nothing outside
    the mask ever changes: weight decay and momentum cannot leak. Moments take k values, not n.

    Weights are bit-equal to those of the full optimizer (of the same PyTorch, both with ``foreach=False``) with masked gradients and
    without decay outside the mask, for float32 and float64. For bfloat16 and float16 on the CPU this does not always hold: PyTorch rounds
    the last few elements of a tensor, which do not fill a vector register, differently from the rest, and a mask changes which elements are
    the last ones.

    Learning rate schedulers and other code that uses ``param_groups`` work as usual.
    """

    def __init__(self, model: Named, mask: Mapping[str, torch.Tensor], inner: Type[torch.optim.Optimizer], **options: Any) -> None:
        """Starts without moments.

        :param model: a module (its trainable parameters), pairs of name and parameter, parameters, or groups: dicts whose ``params`` are
            these, with further options. Parameters without names must be those that the mask was made for, and get their names from it.
        :param mask: flat positions by parameter name; parameters outside it do not train. Not changed, and not copied on the same device.
        :param inner: the class, such as ``torch.optim.AdamW``; it must treat each element separately.
        :param options: those of the class.
        :raises TypeError: parameters have no names, and the mask does not know them; the message shows the accepted forms.
        :raises FishError: ``TENSOR_UNKNOWN``: the mask has a name without a parameter; ``INDEX_OUT_OF_RANGE``.
        """
        groups = _groups_of(model, mask, type(self).__name__)
        self._names: Dict[torch.Tensor, str] = {parameter: name for group in groups for name, parameter in group["params"]}
        positions = self._positions_of(mask)
        # Some optimizers create their state now, in the size of their parameters.
        none = torch.empty(0, dtype=torch.int64)
        self._compact = {parameter: torch.nn.Parameter(gather(parameter, positions.get(parameter, none.to(parameter.device))))
                         for parameter in self._names}
        self._inner = inner([{**group, "params": [self._compact[parameter] for _, parameter in group["params"]]} for group in groups],
            **options)
        super().__init__([{**group, "params": [parameter for _, parameter in group["params"]]} for group in groups],
            dict(self._inner.defaults))
        self._positions, self._mask = positions, mask
        for parameter, compact in self._compact.items():
            compact.data = compact.data[:0].clone()
            if parameter in positions and compact in self._inner.state:
                self.state[parameter] = self._inner.state[compact]

    @property
    def mask(self) -> Mapping[str, torch.Tensor]:
        """The trained mask."""
        return self._mask

    @property
    def names(self) -> Dict[torch.Tensor, str]:
        """The parameters' names."""
        return dict(self._names)

    def take_names(self, names: Mapping[torch.Tensor, str]) -> None:
        """Names the parameters that have no name yet: those that were given without one and are not in the mask."""
        self._names.update((parameter, names[parameter]) for parameter, name in self._names.items() if name.startswith("#")
                           and parameter in names)

    def set_mask(self, mask: Mapping[str, torch.Tensor]) -> None:
        """Trains another mask from the next step on.

        Positions in both masks keep their moments; new ones start with zeros and share their tensor's step count, if it has one.

        :raises FishError: as the constructor; nothing is changed.
        """
        positions = self._positions_of(mask)
        for parameter, state in self.state.items():
            none = torch.empty(0, dtype=torch.int64, device=parameter.device)
            before, after = self._positions.get(parameter, none), positions.get(parameter, none)
            for key, value in state.items():
                if isinstance(value, torch.Tensor) and value.dim() == 1 and value.numel() == before.numel():
                    state[key] = moved(value, before, after)
        self._positions, self._mask = positions, mask

    @torch.no_grad()
    def step(self, closure: Optional[Callable[[], Any]] = None) -> Any:
        """Updates the masked values of all parameters that have a gradient.

        :param closure: recomputes the loss; may be ``None``.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for outer, inner in zip(self.param_groups, self._inner.param_groups):
            inner.update((key, value) for key, value in outer.items() if key != "params")  # a scheduler may have changed them
        for parameter, positions in self._positions.items():
            if parameter.grad is not None:
                compact = self._compact[parameter]
                compact.data = gather(parameter, positions)
                compact.grad = gather(self._dense(parameter, parameter.grad), positions)
        self._inner.step()
        for parameter, positions in self._positions.items():
            compact = self._compact[parameter]
            if compact.grad is not None:
                scatter(parameter, positions, compact.data)
                compact.grad, compact.data = None, compact.data[:0].clone()
                self.state[parameter] = self._inner.state[compact]
        return loss

    def load_state_dict(self, state_dict: Dict[str, Any]) -> None:
        """Restores the moments, step counts and options of :meth:`state_dict`.

        :raises FishError: ``STATE_MISMATCH``: the moments have another number of positions; set the mask first. Nothing is changed.
        """
        numbers = {number: parameter for group, saved in zip(self.param_groups, state_dict["param_groups"])
                   for parameter, number in zip(group["params"], saved["params"])}
        for parameter, state in ((numbers[number], state) for number, state in state_dict["state"].items() if number in numbers):
            count = self._positions[parameter].numel() if parameter in self._positions else 0
            for key, value in state.items():
                if isinstance(value, torch.Tensor) and value.dim() == 1 and value.numel() != count:
                    raise FishError(
                        "STATE_MISMATCH", f"{key}/{self._names[parameter]}",
                        f"The state has {value.numel()} values for {count} positions of the mask.",
                        "Set the state's mask before loading it.")
        super().load_state_dict(state_dict)
        self._share()

    def add_param_group(self, param_group: Dict[str, Any]) -> None:
        """Part of construction only, because names are needed otherwise.

        :raises FishError: ``REQUEST_INVALID``: construction has finished.
        """
        if hasattr(self, "_mask"):
            raise FishError("REQUEST_INVALID", "param_group", "A masked optimizer takes its parameters only in its constructor.",
                "Create another one.")
        super().add_param_group(param_group)

    def _share(self) -> None:
        # Both optimizers share the same dicts, so that state is stored once and PyTorch's own state_dict finds it.
        self._inner.state.clear()
        self._inner.state.update((self._compact[parameter], state) for parameter, state in self.state.items())
        self._inner.__setstate__({})

    def _dense(self, parameter: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
        if gradient.is_sparse:
            raise FishError("REQUEST_INVALID", self._names[parameter], "The gradient is sparse.", "Create the embedding with sparse=False.")
        return gradient

    def _positions_of(self, mask: Mapping[str, torch.Tensor]) -> Dict[torch.Tensor, torch.Tensor]:
        if isinstance(mask, Mask):
            self.take_names({parameter: name for parameter in self._names if (name := mask.name_of(parameter)) is not None})
        parameters = {name: parameter for parameter, name in self._names.items()}
        names, positions = NameLookup(parameters), {}
        for name, indices in mask.items():
            parameter = parameters.get(names.find(name) or name)
            if parameter is None:
                raise FishError("TENSOR_UNKNOWN", name, "The mask has a tensor that is not a parameter of the optimizer.",
                    "Create the mask from the same model.")
            if indices.numel() and int(indices[-1]) >= parameter.numel():
                raise FishError(
                    "INDEX_OUT_OF_RANGE", name, f"The tensor has {parameter.numel()} elements.", "Create the mask from the same model.")
            if indices.numel():
                indices = indices.to(parameter.device)
                positions[parameter] = joined(positions[parameter], indices) if parameter in positions else indices
        return positions


def _groups_of(model: Any, mask: Any, optimizer: str) -> List[Dict[str, Any]]:
    if not isinstance(mask, Mapping):
        raise TypeError(f"The mask is a {type(mask).__name__}. {_forms(optimizer)}")
    if isinstance(model, torch.nn.Module):
        model = model.named_parameters()
    elif isinstance(model, (torch.Tensor, str)) or not isinstance(model, Iterable):
        raise TypeError(f"{type(model).__name__} is neither a model nor parameters. {_forms(optimizer)}")
    items: List[Any] = list(model)
    groups = [dict(item) for item in items] if items and all(isinstance(item, Mapping) for item in items) else [{"params": items}]
    found = [{**group, "params": [(name, parameter) for name, parameter in _named(group.get("params"), index, mask, optimizer)
                                  if parameter.requires_grad]}
             for index, group in enumerate(groups)]
    names = NameLookup(name for group in found for name, _ in group["params"])
    unnamed = sum(name.startswith("#") for name in names)
    if unnamed and any(name not in names for name in mask):
        raise TypeError(f"{unnamed} parameters have no names, and the mask does not know them. {_forms(optimizer)}")
    return found


def _named(parameters: Any, group: int, mask: Mapping[str, torch.Tensor], optimizer: str) -> List[Tuple[str, torch.Tensor]]:
    if isinstance(parameters, torch.nn.Module):
        parameters = parameters.named_parameters()
    found = []
    for index, item in enumerate([parameters] if isinstance(parameters, torch.Tensor) else parameters
                                 if isinstance(parameters, Iterable) else [None]):
        if isinstance(item, torch.Tensor):
            name = mask.name_of(item) if isinstance(mask, Mask) else None
            item = (f"#{group}.{index}" if name is None else name, item)
        if not (isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) and isinstance(item[1], torch.Tensor)):
            raise TypeError(f"The parameters include a {type(item).__name__}. {_forms(optimizer)}")
        found.append(item)
    return found


def _forms(optimizer: str) -> str:
    return (f"Write one of these:\n"
            f"    {optimizer}(model, mask, lr=1e-3)\n"
            f"    {optimizer}(model.named_parameters(), mask, lr=1e-3)\n"
            f"    {optimizer}([{{\"params\": list(model.named_parameters()), \"lr\": 1e-3}}], mask)")
