"""The diagonal of the Fisher information: how much each parameter matters to the model's output.

Sung, Nair, Raffel 2021: the expectation of equation 2 over p(y|x), and the empirical Fisher of equation 4 at the true label. The paper divides by the
number of examples, which changes no order; here are sums.
"""

import contextlib
from typing import Any, Callable, Dict, Iterable, Iterator, Optional

import torch

from ..errors import FishError
from .examples import Example, examples_of

Logits = Callable[[torch.nn.Module, Any], torch.Tensor]
"""Gives the scores [1, classes] of one example's inputs."""
Loss = Callable[[torch.nn.Module, Any, Any], torch.Tensor]
"""Gives the negative log-likelihood (one number) of one example's inputs and label."""


class FisherInformation:
    """Sums of squared (or absolute) gradients, one float32 per element of each trainable parameter, on the parameter's device.

    Accumulates in place; one call per example, for the square of a mean over a batch is another thing. Not safe for concurrent use.
    """

    def __init__(self, model: torch.nn.Module, power: str = "square") -> None:
        """Begins with zeros.

        :param model: whose trainable parameters are scored; tied ones once, under their first name.
        :param power: ``square``, or ``absolute`` for the variant of the authors' code.
        """
        if power not in ("square", "absolute"):
            raise FishError("REQUEST_INVALID", "power", f"There is no power '{power}'.", "Choose square or absolute.")
        self._parameters = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
        self._square = power == "square"
        self.scores: Dict[str, torch.Tensor] = {
            name: torch.zeros_like(parameter, dtype=torch.float32, memory_format=torch.contiguous_format)
            for name, parameter in self._parameters.items()}
        """The sums by parameter name, in the parameters' shapes; never negative. Owned by this object and changed by :meth:`add`."""

    @torch.no_grad()
    def add(self, output: torch.Tensor, weight: float = 1.0, retain_graph: bool = False) -> None:
        """Adds the squares of an output's gradient; parameters that it does not depend on get nothing. ``.grad`` is left alone.

        :param output: one number: a log-likelihood (its sign does not matter).
        :param weight: what the squares are multiplied with; the probability of a label where labels are summed over.
        :param retain_graph: keeps the graph for a further call.
        """
        gradients = torch.autograd.grad(output, list(self._parameters.values()), retain_graph=retain_graph, allow_unused=True)
        for score, gradient in zip(self.scores.values(), gradients):
            if gradient is None:
                continue
            gradient = gradient.to_dense() if gradient.is_sparse else gradient
            gradient = gradient.to(torch.float32)
            if self._square:
                score.addcmul_(gradient, gradient, value=weight)
            else:
                score.add_(gradient.abs(), alpha=weight)


def empirical_fisher(
    model: torch.nn.Module, data: Iterable[Any], *, n_samples: Optional[int] = 1024, power: str = "square", loss: Optional[Loss] = None,
) -> FisherInformation:
    """The empirical Fisher: the gradient at the true label (the paper's choice).

    :param model: put into evaluation mode meanwhile: a batch of one has no statistics of its own, and scores should not depend on dropout.
    :param data: batches of any size, taken apart into single examples: ``(inputs, labels)``, or a dict with ``labels``.
    :param n_samples: how many examples to take; ``None`` for all.
    :param loss: the negative log-likelihood of one example; by default the cross entropy of the logits.
    """
    fisher = FisherInformation(model, power)
    for example in _examples(model, data, n_samples):
        fisher.add((loss or _cross_entropy)(model, example.inputs, example.label))
    return fisher


def expected_fisher(
    model: torch.nn.Module, data: Iterable[Any], *, n_samples: Optional[int] = 1024, power: str = "square", logits: Optional[Logits] = None,
) -> FisherInformation:
    """The expectation over the model's own p(y|x): one gradient for each class of each example. Labels are not needed.

    Parameters as for :func:`empirical_fisher`; ``logits`` gives [1, classes], by default the model's output or its ``logits``.
    """
    fisher = FisherInformation(model, power)
    for example in _examples(model, data, n_samples):
        likelihoods = _log_likelihoods(model, example, logits)
        weights = likelihoods.detach().exp().tolist()
        for label, weight in enumerate(weights):
            fisher.add(likelihoods[label], weight, retain_graph=label + 1 < len(weights))
    return fisher


def sampled_fisher(
    model: torch.nn.Module, data: Iterable[Any], *, generator: torch.Generator, n_samples: Optional[int] = 1024, power: str = "square",
    logits: Optional[Logits] = None,
) -> FisherInformation:
    """The expectation over p(y|x), estimated with one sampled label per example: one gradient each. ``generator`` is a CPU generator."""
    fisher = FisherInformation(model, power)
    for example in _examples(model, data, n_samples):
        likelihoods = _log_likelihoods(model, example, logits)
        label = int(torch.multinomial(likelihoods.detach().exp().cpu(), 1, generator=generator))
        fisher.add(likelihoods[label])
    return fisher


def default_logits(model: torch.nn.Module, inputs: Any) -> torch.Tensor:
    """The model's output for inputs (a tensor, a tuple of arguments, or a dict of them), or what stands in its ``logits``."""
    if isinstance(inputs, dict):
        output = model(**inputs)
    else:
        output = model(*inputs) if isinstance(inputs, (tuple, list)) else model(inputs)
    return getattr(output, "logits", output)


def _cross_entropy(model: torch.nn.Module, inputs: Any, label: Any) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(default_logits(model, inputs).float(), label)


def _log_likelihoods(model: torch.nn.Module, example: Example, logits: Optional[Logits]) -> torch.Tensor:
    scores = (logits or default_logits)(model, example.inputs)
    if scores.dim() != 2 or scores.shape[0] != 1:
        raise FishError("REQUEST_INVALID", "logits", f"One example has logits of the shape {list(scores.shape)}.", "Give logits of [1, classes].")
    return torch.log_softmax(scores.float(), dim=-1)[0]


def _examples(model: torch.nn.Module, data: Iterable[Any], n_samples: Optional[int]) -> Iterator[Example]:
    with _evaluation_mode(model), torch.enable_grad():
        for index, example in enumerate(examples_of(data)):
            if index == n_samples:
                return
            yield example


@contextlib.contextmanager
def _evaluation_mode(model: torch.nn.Module) -> Iterator[None]:
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True
