"""An optimizer's state on the mask: ``optimizer/exp_avg/NAME`` [k] and ``optimizer/step/NAME``."""

import collections
import collections.abc
import copy
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

import torch

from ..errors import FishError
from ..optim import MaskedOptimizer
from ..tensors.dtypes import name_of
from ..tensors.flat import gather, scatter
from . import optimizer_identity, plain
from .capture import to_host
from .trainer_state import TrainerState, mismatch

Positions = Mapping[str, torch.Tensor]
Names = Mapping[torch.Tensor, str]
_REST = "#rest"
_EXTRA, _GLOBALS = "hook/optimizer_extra", "hook/optimizer_globals"
_DOCUMENT, _DETAILS = "hook/optimizer_document", "hook/optimizer_details"
_STANDARD = ("state", "param_groups")
_SAMPLES = 3
_REMADE = (list, tuple, set, frozenset, collections.deque, str, bytes, bytearray)


class OptimizerState:
    """Copies and restores an optimizer's state. The cost of a copy is proportional to the mask, if there is one."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer
        self._masked = isinstance(optimizer, MaskedOptimizer)
        self._outside: Dict[str, Tuple[torch.Tensor, torch.Tensor]] = {}

    def check(self, names: Names) -> List[str]:
        """Checks that everything can be saved, without copying.

        :returns: the parameters that do not belong to the model.
        :raises FishError: ``STATE_UNSUPPORTED``, with the entry's path.
        """
        plain.check(self._groups(), "optimizer.param_groups")
        known = self._names(names)
        for parameter, values in self._optimizer.state.items():
            shown = known.get(parameter, "?") if isinstance(parameter, torch.Tensor) else parameter
            if isinstance(parameter, torch.Tensor) and not isinstance(values, dict):
                raise plain.unsupported(f"optimizer.state[{shown!r}]", "The state of a parameter is not a dict.")
            plain.check(dict(values) if isinstance(values, dict) else values, f"optimizer.state[{shown!r}]")
        document = self._own_document()
        if document is not None:
            plain.check({key: value for key, value in document.items() if key not in _STANDARD}, "optimizer.state_dict()")
        return [name for parameter, name in known.items() if parameter not in names]

    def capture(self, state: TrainerState, names: Names, positions: Positions, dense: bool) -> None:
        """Adds the optimizer's options and state to the section ``optimizer``.

        A masked optimizer's moments are already on its mask. Of another one's, the values at ``positions`` are copied, or with ``dense``
        all of them.
        """
        known = self._names(names)
        state.put("optimizer/groups", self._groups(), "optimizer.param_groups")
        state.put(optimizer_identity.TEXT, optimizer_identity.described(self._optimizer, known))
        document = self._own_document()
        if document is not None and not self._is_packed(document):
            state.put(_DOCUMENT, document, "optimizer.state_dict()")
            return
        if document is not None:
            state.put(_EXTRA, {key: value for key, value in document.items() if key not in _STANDARD}, "optimizer.state_dict()")
        moments: Dict[str, torch.Tensor] = {}
        details: Dict[str, Any] = {"steps": {}, "devices": {}, "fill": {}}
        rest: Dict[Any, Any] = {}
        for parameter, values in self._optimizer.state.items():
            name = known.get(parameter) if isinstance(parameter, torch.Tensor) else None
            if name is not None:
                self._capture_one(state, moments, details, name, parameter, values, positions.get(name), dense or parameter not in names)
            elif not isinstance(parameter, torch.Tensor):
                rest[parameter] = values
        if rest:
            state.put(_GLOBALS, rest, "optimizer.state")
        arrays = to_host(moments, copy=True)
        for full in [full for full in arrays if full.startswith("#outside/")]:
            samples = arrays.pop(full)
            if samples.numel() and bool((samples == samples[0]).all()) and bool(samples[0] != 0):
                details["fill"][full[len("#outside/"):]] = samples[0].clone()
        details["steps"] = _compressed(details["steps"])
        state.arrays.update(arrays)
        state.put(_DETAILS, {key: value for key, value in details.items() if value})

    def prepared(self, state: TrainerState, names: Names, positions: Positions, dense: bool) -> Callable[[], None]:
        """Reads and validates the saved state.

        State outside the mask that was not saved gets the value beside the mask: zero, or the optimizer's initial value.

        :returns: a function that gives the state to the optimizer.
        :raises FishError: ``STATE_MISMATCH``: the optimizer differs; nothing is changed.
        """
        optimizer, known = self._optimizer, self._names(names)
        groups = optimizer_identity.compare(state, optimizer, known)
        document: Dict[str, Any] = optimizer.state_dict()
        if _DOCUMENT in state.texts:
            whole = state.take(_DOCUMENT)
            return lambda: optimizer.load_state_dict(whole)
        document["param_groups"] = [{**group, **saved} for group, saved in zip(document["param_groups"], groups)]
        numbers = {number: parameter for group, numbered in zip(optimizer.param_groups, document["param_groups"])
                   for parameter, number in zip(group["params"], numbered["params"])}
        values = self._read(state, {known[parameter]: parameter for parameter in numbers.values()}, positions, names, dense)
        self._compare_keys(values, known)
        document["state"] = {number: {key: value for key, value in values[known[parameter]].items() if not _breaks(value)}
                             for number, parameter in numbers.items() if known[parameter] in values}
        if _GLOBALS in state.texts:
            document["state"].update(state.take(_GLOBALS))
        if _EXTRA in state.texts:
            document.update(state.take(_EXTRA))
        devices = state.take(_DETAILS).get("devices", {}) if _DETAILS in state.texts else {}

        def load() -> None:
            optimizer.load_state_dict(document)
            for number, parameter in numbers.items():
                loaded = optimizer.state.get(parameter)
                for key, value in values.get(known[parameter], {}).items() if isinstance(loaded, dict) else ():
                    if key in loaded:
                        loaded[key] = _exactly(loaded[key], value, devices.get(f"{key}/{known[parameter]}"))
                    elif _breaks(value):
                        loaded[key] = value
        return load

    def _groups(self) -> List[Dict[str, Any]]:
        return [{key: value for key, value in group.items() if key not in ("params", "param_names")}
                for group in self._optimizer.param_groups]

    def _names(self, names: Names) -> Dict[torch.Tensor, str]:
        # Parameters outside the model have no name in it; their index identifies them.
        return {parameter: names.get(parameter, f"#{group}.{index}") for group, found in enumerate(self._optimizer.param_groups)
                for index, parameter in enumerate(found["params"])}

    def _own_document(self) -> Optional[Dict[str, Any]]:
        # Optimizers with their own state_dict() may have more or other state than PyTorch's.
        if self._masked or type(self._optimizer).state_dict is torch.optim.Optimizer.state_dict:
            return None
        return self._optimizer.state_dict()

    def _is_packed(self, document: Mapping[str, Any]) -> bool:
        # Whether its state has PyTorch's form: exactly the values of `state`, numbered.
        saved, kept = list(document.get("state", {}).values()), list(self._optimizer.state.values())
        return all(key in document for key in _STANDARD) and len(saved) == len(kept) and all(one is other for one,
            other in zip(saved, kept))

    def _capture_one(
        self, state: TrainerState, moments: Dict[str, torch.Tensor], details: Dict[str, Any], name: str, parameter: torch.Tensor,
        values: Mapping[Any, Any],
        positions: Optional[torch.Tensor], dense: bool,
    ) -> None:
        rest: Dict[Any, Any] = {}
        for key, value in values.items():
            full = f"{key}/{name}"
            if key == "step" and _is_count(value):
                number = value.item() if isinstance(value, torch.Tensor) else value  # one read of the device
                state.texts[f"optimizer/{full}"] = repr(int(number) if float(number).is_integer() else float(number))
                details["steps"][name] = [value.dtype, value.device] if isinstance(value, torch.Tensor) else [type(value).__name__]
            elif not isinstance(key, str) or "/" in key or key.startswith("#"):
                rest[key] = value
            elif self._is_moment(value, parameter):
                flat = value.detach().reshape(-1) if dense or self._masked else _at(value, positions)
                moments[f"optimizer/{full}"] = flat
                if not dense and not self._masked:
                    moments[f"#outside/{full}"] = _at(value, self._samples(name, parameter, positions))
                if value.device != parameter.device:
                    details["devices"][full] = str(value.device)
            else:
                state.put(f"optimizer/{full}", value, f"optimizer.state[{name!r}][{key!r}]")
        if rest:
            state.put(f"optimizer/{_REST}/{name}", rest, f"optimizer.state[{name!r}]")

    def _is_moment(self, value: Any, parameter: torch.Tensor) -> bool:
        if type(value) is not torch.Tensor or value.dim() == 0 or value.layout != torch.strided or value.requires_grad:
            return False
        try:
            name_of(value.dtype, "")
        except FishError:
            return False
        return value.dim() == 1 if self._masked else value.shape == parameter.shape

    def _samples(self, name: str, parameter: torch.Tensor, positions: Optional[torch.Tensor]) -> torch.Tensor:
        # A few positions outside the mask represent all of them.
        known = self._outside.get(name)
        if known is None or known[0] is not positions:
            if positions is None:
                outside = torch.arange(min(_SAMPLES, parameter.numel()), device=parameter.device)
            else:
                gaps = (torch.diff(positions, prepend=positions.new_tensor([-1]),
                                   append=positions.new_tensor([parameter.numel()])) > 1).nonzero().view(-1)
                chosen = gaps[torch.linspace(0, max(0, gaps.numel() - 1), min(_SAMPLES, gaps.numel())).long().to(gaps.device)]
                outside = torch.cat([positions.new_tensor([-1]), positions])[chosen] + 1
            known = self._outside[name] = (positions if positions is not None else outside, outside)
        return known[1]

    def _read(self, state: TrainerState, parameters: Mapping[str, torch.Tensor], positions: Positions, names: Names,
              dense: bool) -> Dict[str, Dict[Any, Any]]:
        details = state.take(_DETAILS) if _DETAILS in state.texts else {}
        steps = {name: kind for kind, found in details.get("steps", []) for name in found or parameters}
        found: Dict[str, Dict[Any, Any]] = {}
        for full in [*state.arrays, *state.texts]:
            section, key, name = (full.split("/", 2) + ["", ""])[:3]
            if section != "optimizer" or not name or _is_part(full, state):
                continue
            if name not in parameters:
                raise mismatch(full, "The optimizer does not have this parameter.")
            values = found.setdefault(name, {})
            if full in state.arrays:
                foreign = parameters[name] not in names
                values[key] = self._expanded(full, state.arrays[full], parameters[name], positions.get(name), dense or foreign,
                                             details.get("fill", {}))
            elif key == "step":
                values[key] = _count(state.texts[full], steps.get(name), full)
            elif key == _REST:
                values.update(state.take(full))
            else:
                values[key] = state.take(full)
        return found

    def _expanded(
        self, full: str, value: torch.Tensor, parameter: torch.Tensor, positions: Optional[torch.Tensor], dense: bool,
        fill: Mapping[str, torch.Tensor],
    ) -> torch.Tensor:
        whole = dense and not self._masked
        count = parameter.numel() if whole else 0 if positions is None else positions.numel()
        if value.numel() != count:
            raise mismatch(full, f"The state has {value.numel()} values for {count} {'elements' if whole else 'positions'}.")
        if self._masked:
            return value
        if dense:
            return value.view(parameter.shape)
        begin = fill.get(full[len("optimizer/"):])
        result = torch.zeros(parameter.shape, dtype=value.dtype) if begin is None else begin.repeat(parameter.numel()).view(parameter.shape)
        if positions is not None:
            scatter(result, positions.cpu(), value)
        return result

    def _compare_keys(self, values: Mapping[str, Mapping[Any, Any]], names: Names) -> None:
        for parameter, kept in self._optimizer.state.items():
            saved = values.get(names.get(parameter, ""))
            if saved and isinstance(kept, dict) and kept and (other := set(saved) ^ set(kept)):
                key = sorted(map(str, other))[0]
                raise mismatch(f"optimizer/{key}", f"The optimizer has {_words(kept)}; the state has {_words(saved)}.")


def _at(value: torch.Tensor, positions: Optional[torch.Tensor]) -> torch.Tensor:
    return value.new_empty(0) if positions is None else gather(value, positions.to(value.device))


def _words(keys: Mapping[Any, Any]) -> str:
    return ", ".join(sorted(map(str, keys)))


def _is_part(full: str, state: TrainerState) -> bool:
    # An array of a value that is stored as text.
    owner, _, number = full.rpartition("/")
    return number.isdigit() and owner in state.texts and full in state.arrays


def _is_count(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        number = not value.is_complex() and value.dtype != torch.bool
        return type(value) is torch.Tensor and value.dim() == 0 and number and not value.requires_grad
    return type(value) in (int, float)


def _count(text: str, kind: Optional[List[Any]], key: str) -> Any:
    try:
        number: Any = float(text) if not text.lstrip("-").isdigit() else int(text)
        if kind is None or len(kind) == 1:
            return float(number) if kind == ["float"] else number
        return plain.placed(torch.tensor(number, dtype=kind[0]), str(kind[1]))
    except (OverflowError, RuntimeError, TypeError, ValueError) as error:
        raise mismatch(key, f"'{text[:40]}' is not a number of steps.") from error


def _compressed(kinds: Mapping[str, List[Any]]) -> List[Tuple[List[Any], List[str]]]:
    # Almost always all counts have one kind, which comes first and without names.
    groups: Dict[str, Tuple[List[Any], List[str]]] = {}
    for name, kind in kinds.items():
        groups.setdefault(str(kind), (kind, []))[1].append(name)
    ordered = sorted(groups.values(), key=lambda group: -len(group[1]))
    return [(kind, [] if index == 0 else names) for index, (kind, names) in enumerate(ordered)]


def _breaks(value: Any) -> bool:
    """Whether PyTorch's ``load_state_dict`` fails for a value: it rebuilds iterables from their elements, and only some can be."""
    if isinstance(value, dict):
        return any(_breaks(item) for item in value.values())
    if isinstance(value, torch.Tensor) or not isinstance(value, collections.abc.Iterable):
        return False
    return type(value) not in _REMADE or not isinstance(value, (str, bytes, bytearray)) and any(_breaks(item) for item in value)


def _exactly(loaded: Any, saved: Any, device: Optional[str] = None) -> Any:
    """The result of ``load_state_dict`` for a saved value, on its device, but with the saved types, dtypes and bits."""
    if isinstance(loaded, torch.Tensor):
        if isinstance(saved, torch.Tensor) and loaded.dtype != saved.dtype and loaded.shape == saved.shape:
            loaded = saved.to(loaded.device)
        return loaded if device is None else plain.placed(loaded, device)
    if isinstance(saved, dict) and isinstance(loaded, dict) and loaded.keys() == saved.keys():
        result = copy.copy(saved)
        result.update((key, _exactly(loaded[key], value)) for key, value in saved.items())
        return result
    if isinstance(saved, (list, tuple, collections.deque)) and type(loaded) is type(saved):
        if len(loaded) != len(saved):
            return loaded if not isinstance(saved, collections.deque) else saved
        items = [_exactly(one, other) for one, other in zip(loaded, saved)]
        return collections.deque(items, saved.maxlen) if isinstance(saved, collections.deque) else type(saved)(items)
    return saved
