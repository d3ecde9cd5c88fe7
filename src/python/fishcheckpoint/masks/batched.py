"""Squares of many examples' gradients at once, by vectorizing the gradient of one (PyTorch's ``torch.func``, ``functorch`` in 1.13)."""

import contextlib
import logging
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import torch

from ..errors import FishError
from .examples import Batch, Example

LOGGER = logging.getLogger("fishcheckpoint")
Objective = Callable[[torch.nn.Module, Any, Any], torch.Tensor]
"""Returns one number for one example's inputs and label, each with a first dimension of 1."""
GRADIENT_BYTES = 64 << 20
_MIN_BATCH, _MAX_BYTES = 8, 256 << 20  # smaller batches are slower than single examples
_TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3}
_NARROW = 5e-2


class PerExample:
    """Adds the squares (or absolute values) of single examples' gradients to scores: several examples at once if the model can be
    vectorized, else one by one. Both give the same sums except for rounding: the first example is computed both ways and compared."""

    def __init__(
        self, model: torch.nn.Module, scores: Dict[str, torch.Tensor], square: bool, objective: Objective, at_once: Optional[int],
        add: Callable[[torch.Tensor, float], None],
    ) -> None:
        """Starts without a vectorization attempt.

        :param scores: float32 sums by parameter name; changed in place.
        :param objective: the function to differentiate.
        :param at_once: the largest number of examples at once; ``None``: as many as have gradients of 64 MiB together, but at least 8 up to
            256 MiB.
        :param add: adds the squares of one number's gradient, times a weight, to the scores.
        """
        self._model, self._scores, self._square, self._add = model, scores, square, add
        self._scalar = _Objective(model, objective)
        values = sum(score.numel() for score in scores.values())
        fits = max(_MIN_BATCH, GRADIENT_BYTES // max(1, 4 * values))
        self.at_once = at_once if at_once is not None else fits if fits * 4 * values <= _MAX_BYTES else 1
        """How many examples are computed at once; 1 if the model cannot be vectorized."""
        self._checked = False

    def add(self, batch: Batch, weights: Optional[torch.Tensor] = None) -> None:
        """Adds a batch's examples, each times its weight [size] (1 by default)."""
        done = 0
        while self.at_once > 1 and batch.size - done > 1:
            part = batch.part(done, min(batch.size, done + self.at_once))
            if not self._add_part(part, None if weights is None else weights[done:done + part.size]):
                break
            done += part.size
        for index in range(done, batch.size):
            self._add(self._of_one(batch.one(index)), 1.0 if weights is None else float(weights[index]))

    def _of_one(self, example: Example) -> torch.Tensor:
        try:
            return self._scalar(example.inputs, example.label)
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            raise FishError(
                "REQUEST_INVALID", "mode",
                "A batch normalization in training mode gets a single value per channel of an example, which has no "
                "statistics.", "Score with mode='eval', or put that module into evaluation mode and score with mode='keep'.") from error

    def _add_part(self, batch: Batch, weights: Optional[torch.Tensor]) -> bool:
        random = torch.get_rng_state()
        try:
            with _vectorizable(self._model):
                gradients = _gradients(self._scalar, batch)
            if not self._checked and not self._agrees(gradients, batch):
                raise RuntimeError("the sums differ from those of single examples")
            self._checked = True
        except Exception as error:  # any reason why a model cannot be vectorized
            LOGGER.info("Examples are scored one by one: the model cannot be vectorized: %s: %s", type(error).__name__, str(error)[:300])
            torch.set_rng_state(random)
            self.at_once = 1
            return False
        for name, gradient in gradients.items():
            gradient = gradient.to(torch.float32)
            gradient = gradient.square_() if self._square else gradient.abs_()
            if weights is not None:
                gradient.mul_(weights.to(gradient).view(-1, *[1] * (gradient.dim() - 1)))
            self._scores[name].add_(gradient.sum(0))
        return True

    def _agrees(self, gradients: Dict[str, torch.Tensor], batch: Batch) -> bool:
        example = batch.one(0)
        names = list(gradients)
        parameters = [self._scalar.trainable[name] for name in names]
        expected = torch.autograd.grad(self._scalar(example.inputs, example.label), parameters, allow_unused=True)
        for name, other, parameter in zip(names, expected, parameters):
            one = gradients[name][0].float()
            other = torch.zeros_like(one) if other is None else (other.to_dense() if other.is_sparse else other).float()
            limit = _TOLERANCE.get(parameter.dtype, _NARROW) * max(float(other.norm()), 1e-12) + 1e-7
            if not float((one - other).norm()) <= limit and bool(torch.isfinite(other).all()):
                return False
        return True


class _Objective(torch.nn.Module):
    """The objective as a module, so that its parameters can be passed by name, tied ones under each name."""

    def __init__(self, model: torch.nn.Module, objective: Objective) -> None:
        super().__init__()
        self.model, self._objective = model, objective
        self.trainable = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
        known = {id(parameter): name for name, parameter in self.trainable.items()}
        self.names: List[Tuple[str, str]] = [
            (f"model.{prefix}.{name}" if prefix else f"model.{name}", known[id(parameter)])
            for prefix, module in model.named_modules(remove_duplicate=False)
            for name, parameter in module._parameters.items() if id(parameter) in known]

    def forward(self, inputs: Any, label: Any) -> torch.Tensor:
        return self._objective(self.model, inputs, label)


def _gradients(scalar: _Objective, batch: Batch) -> Dict[str, torch.Tensor]:
    functions = _functions()
    if functions is None:
        raise RuntimeError(f"PyTorch {torch.__version__} has no functorch")
    vmap, grad, functional_call = functions
    leaves: List[torch.Tensor] = []
    rebuild = _taken_apart((batch.inputs, batch.labels), leaves)

    def of_one(parameters: Dict[str, torch.Tensor], *values: torch.Tensor) -> torch.Tensor:
        inputs, label = rebuild([value.unsqueeze(0) for value in values])
        named = {full: parameters[name] for full, name in scalar.names}
        return functional_call(scalar, named, (inputs, label))

    parameters = {name: parameter.detach() for name, parameter in scalar.trainable.items()}
    return vmap(grad(of_one), in_dims=(None,) + (0,) * len(leaves))(parameters, *leaves)


def _functions() -> Optional[Tuple[Any, Any, Any]]:
    try:
        from torch.func import functional_call, grad, vmap
    except ImportError:
        try:
            from functorch import grad, vmap
            from torch.nn.utils.stateless import functional_call
        except ImportError:
            return None
    return vmap, grad, functional_call


def _taken_apart(value: Any, leaves: List[torch.Tensor]) -> Callable[[List[torch.Tensor]], Any]:
    """Collects the tensors with an example per row, and returns a function that replaces them."""
    if isinstance(value, torch.Tensor) and value.dim():
        index = len(leaves)
        leaves.append(value)
        return lambda values: values[index]
    if isinstance(value, dict):
        parts = {key: _taken_apart(item, leaves) for key, item in value.items()}
        return lambda values: {key: part(values) for key, part in parts.items()}
    if type(value) in (tuple, list):
        items = [_taken_apart(item, leaves) for item in value]
        return lambda values: type(value)(item(values) for item in items)
    return lambda values: value


@contextlib.contextmanager
def _vectorizable(model: torch.nn.Module) -> Iterator[None]:
    # functorch's rule for batch normalization with the example's statistics is wrong in PyTorch 1.13.
    changed = [module for module in model.modules()
               if isinstance(module, torch.nn.modules.batchnorm._BatchNorm) and module.training and "forward" not in vars(module)]
    for module in changed:
        module.forward = lambda inputs, module=module: _normalized(module, inputs)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for module in changed:
            del module.forward


def _normalized(module: Any, inputs: torch.Tensor) -> torch.Tensor:
    dims = [dim for dim in range(inputs.dim()) if dim != 1]
    if inputs.numel() == inputs.shape[1]:
        raise ValueError("a single value has no statistics")
    mean = inputs.mean(dims, keepdim=True)
    result = (inputs - mean) / (((inputs - mean) ** 2).mean(dims, keepdim=True) + module.eps).sqrt()
    shape = [1, -1, *[1] * (inputs.dim() - 2)]
    return result if module.weight is None else result * module.weight.view(shape) + module.bias.view(shape)
