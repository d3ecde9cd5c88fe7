"""The diagonal of the Fisher information: how much each parameter matters to the model's output.

Sung, Nair, Raffel 2021: the expectation of equation 2 over p(y|x), and the empirical Fisher of equation 4 at the true label. The paper
divides by the number of examples, which changes no order; these are sums.
"""

import contextlib
import inspect
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

import torch

from ..errors import FishError
from ..tensors.names import unwrapped
from . import progress as progresses
from .batched import PerExample
from .examples import Batch, Example, batches_of
from .modes import scoring
from .progress import Progress

Logits = Callable[[torch.nn.Module, Any], torch.Tensor]
"""Returns the scores [1, classes] of one example's inputs."""
Loss = Callable[[torch.nn.Module, Any, Any], torch.Tensor]
"""Returns the negative log-likelihood (one number) of one example's inputs and label."""


class _Scores(Dict[str, torch.Tensor]):
    """Scores that know their parameters, so that masks made from them do too."""

    parameters: Dict[str, torch.nn.Parameter]


class FisherInformation:
    """Sums of squared (or absolute) gradients, one float32 per element of each trainable parameter, on the parameter's device.

    Accumulates in place, example by example: the square of a batch mean is a different quantity. Not safe for concurrent use.
    """

    def __init__(self, model: torch.nn.Module, power: str = "square") -> None:
        """Starts with zeros.

        :param model: the model with the trainable parameters; tied ones count once, under their first name.
        :param power: ``square``, or ``absolute`` for the variant of the authors' code.
        """
        if power not in ("square", "absolute"):
            raise FishError("REQUEST_INVALID", "power", f"'{power}' is not a power.", "Choose square or absolute.")
        self.parameters: Dict[str, torch.nn.Parameter] = {
            name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
        """The scored parameters by name."""
        self._square = power == "square"
        self.scores = _Scores({
            name: torch.zeros_like(parameter, dtype=torch.float32, memory_format=torch.contiguous_format)
            for name, parameter in self.parameters.items()})
        self.scores.parameters = self.parameters
        """The sums by parameter name, in the parameters' shapes; never negative. Owned by this object and changed by :meth:`add`."""

    @torch.no_grad()
    def add(self, output: torch.Tensor, weight: float = 1.0, retain_graph: bool = False) -> None:
        """Adds the squares of an output's gradient; parameters that it does not depend on get nothing. ``.grad`` is unchanged.

        :param output: one number: a log-likelihood (its sign does not matter).
        :param weight: the factor of the squares: the probability of a label when summing over labels.
        :param retain_graph: keeps the graph for another call.
        """
        gradients = torch.autograd.grad(output, list(self.parameters.values()), retain_graph=retain_graph, allow_unused=True)
        for score, gradient in zip(self.scores.values(), gradients):
            if gradient is None:
                continue
            gradient = gradient.to_dense() if gradient.is_sparse else gradient
            gradient = gradient.to(torch.float32)
            if self._square:
                score.addcmul_(gradient, gradient, value=weight)
            else:
                score.add_(gradient.abs(), alpha=weight)

    def _scorer(self, model: torch.nn.Module, objective: Loss, at_once: Optional[int]) -> PerExample:
        if at_once is not None and at_once < 1:
            raise FishError("REQUEST_INVALID", "at_once", f"{at_once} examples cannot be computed at once.", "Give 1 or more.")
        return PerExample(model, self.scores, self._square, objective, at_once, self.add)


def empirical_fisher(
    model: torch.nn.Module, data: Iterable[Any], *, n_samples: Optional[int] = 1024, power: str = "square", loss: Optional[Loss] = None,
    mode: str = "eval", shift_labels: bool = False, at_once: Optional[int] = None, progress: Progress = None,
) -> FisherInformation:
    """The empirical Fisher: the gradient at the true label (the paper's choice).

    The gradients belong to single examples. If PyTorch can vectorize the model, several examples of a batch are computed at once, with the
    same sums except for rounding: give batches, not single examples.

    :param data: batches of any size: ``(inputs, labels)``, or a mapping with ``labels``.
    :param n_samples: how many examples to use; ``None`` for all.
    :param loss: the negative log-likelihood of one example. The default depends on the data. For a mapping whose labels the model's
        ``forward`` accepts and returns a ``loss`` for (like Hugging Face's models, which shift the labels of causal language models), it is
        that loss. Otherwise it is the cross entropy of the logits: [1, classes] with a class or probabilities [1, classes]; [1, tokens,
        classes] with [1, tokens], summed over the tokens; or [1, classes, ...] with [1, ...]. Labels of -100 do not count.
    :param mode: ``eval``, ``train``, or ``keep`` for each module's current mode. The choice moves half of a mask's positions and more. In
        evaluation mode scores depend neither on dropout nor on one example's own statistics; the paper's code for CIFAR-10 scores in
        training mode. There batch normalization uses the single example's statistics and does not change the running ones; a single value
        per channel has no statistics and is refused.
    :param shift_labels: whether the logits of a token predict the next label, if the loss is computed here: for causal language models
        whose labels are their inputs. ``False``: they predict the label at the same position.
    :param at_once: how many examples are computed at once; 1: one by one. By default as many as have gradients of 64 MiB together, but at
        least 8 if these have at most 256 MiB; one by one with more than 8 million trainable parameters.
    :param progress: ``True`` for a line on standard error, or a function of the finished examples and their total, if known.
    :raises FishError: ``REQUEST_INVALID``: the logits and labels do not fit each other; the hint suggests ``loss=``.
    """
    fisher = FisherInformation(model, power)
    scorer = fisher._scorer(model, loss or _DefaultLoss(model, shift_labels), at_once)
    with _batches(model, data, n_samples, mode, progress) as batches:
        for batch in batches:
            scorer.add(batch)
    return fisher


def expected_fisher(
    model: torch.nn.Module, data: Iterable[Any], *, n_samples: Optional[int] = 1024, power: str = "square", logits: Optional[Logits] = None,
    mode: str = "eval", at_once: Optional[int] = None, progress: Progress = None,
) -> FisherInformation:
    """The expectation over the model's own p(y|x): one gradient per class and example. Needs no labels.

    Parameters as for :func:`empirical_fisher`; ``logits`` returns [1, classes], by default the model's output or its ``logits``.
    """
    fisher = FisherInformation(model, power)
    objective = _Likelihood(logits)
    scorer = fisher._scorer(model, objective, at_once)
    with _batches(model, data, n_samples, mode, progress) as batches:
        for example in (batch.one(index) for batch in batches for index in range(batch.size)):
            likelihoods = objective.all(model, example.inputs)
            if scorer.at_once == 1:
                for label, weight in enumerate(likelihoods.detach().exp().tolist()):
                    fisher.add(likelihoods[label], weight, retain_graph=label + 1 < len(likelihoods))
            else:
                scorer.add(_repeated(example, len(likelihoods)), likelihoods.detach().exp())
    return fisher


def sampled_fisher(
    model: torch.nn.Module, data: Iterable[Any], *, generator: torch.Generator, n_samples: Optional[int] = 1024, power: str = "square",
    logits: Optional[Logits] = None, mode: str = "eval", at_once: Optional[int] = None, progress: Progress = None,
) -> FisherInformation:
    """The expectation over p(y|x), estimated with one sampled label per example: one gradient each. ``generator`` is a CPU generator."""
    fisher = FisherInformation(model, power)
    objective = _Likelihood(logits)
    scorer = fisher._scorer(model, objective, at_once)
    with _batches(model, data, n_samples, mode, progress) as batches:
        for batch in batches:
            drawn: List[int] = []
            with torch.no_grad():
                for index in range(batch.size):
                    likelihoods = objective.all(model, batch.one(index).inputs)
                    drawn.append(int(torch.multinomial(likelihoods.exp().cpu(), 1, generator=generator)))
            scorer.add(Batch(batch.inputs, torch.tensor(drawn), batch.size))
    return fisher


def default_logits(model: torch.nn.Module, inputs: Any) -> torch.Tensor:
    """The model's output for inputs (a tensor, a tuple of arguments, or a dict of them), or its ``logits``."""
    return _logits_of(_output(model, inputs, {}))


class _DefaultLoss:
    """The model's own loss if it accepts labels by name and returns one, else the cross entropy of its logits."""

    def __init__(self, model: torch.nn.Module, shift: bool) -> None:
        self._shift = shift
        model = unwrapped(model)
        try:
            taken = inspect.signature(model.forward).parameters
        except (TypeError, ValueError):
            taken = {}
        # Adapters around a Hugging Face model accept its arguments.
        anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values()) and hasattr(model, "config")
        self._takes_labels = "labels" in taken or anything

    def __call__(self, model: torch.nn.Module, inputs: Any, label: Any) -> torch.Tensor:
        if isinstance(inputs, dict) and self._takes_labels and label is not None:
            output = _output(model, inputs, {"labels": label})
            loss = output.get("loss") if isinstance(output, dict) else getattr(output, "loss", None)
            if loss is not None:
                return loss.float().sum()
        else:
            output = _output(model, inputs, {})
        return _cross_entropy(_logits_of(output), label, self._shift)


class _Likelihood:
    """The log-likelihood of a label."""

    def __init__(self, logits: Optional[Logits]) -> None:
        self._logits = logits or default_logits

    def __call__(self, model: torch.nn.Module, inputs: Any, label: torch.Tensor) -> torch.Tensor:
        likelihoods = self.all(model, inputs)
        return likelihoods.gather(0, label.to(likelihoods.device)).sum()

    def all(self, model: torch.nn.Module, inputs: Any) -> torch.Tensor:
        """The log-likelihoods of all labels: [classes]."""
        scores = self._logits(model, inputs)
        if not isinstance(scores, torch.Tensor) or scores.dim() != 2 or scores.shape[0] != 1:
            raise FishError("REQUEST_INVALID", "logits", f"One example has logits of {_shape(scores)}.",
                            "Give logits=, a function that returns [1, classes].")
        return torch.log_softmax(scores.float(), dim=-1)[0]


def _cross_entropy(logits: Any, label: Any, shift: bool) -> torch.Tensor:
    functional = torch.nn.functional
    if isinstance(logits, torch.Tensor) and isinstance(label, torch.Tensor) and logits.dim() >= 2:
        whole = not label.is_floating_point()
        if logits.dim() == 3 and label.shape == logits.shape[:2] and whole:
            if shift:
                logits, label = logits[:, :-1], label[:, 1:]
            return functional.cross_entropy(logits.reshape(-1, logits.shape[-1]).float(), label.reshape(-1), reduction="sum")
        if label.shape == logits.shape[:1] + logits.shape[2:] and whole:
            return functional.cross_entropy(logits.float(), label, reduction="sum")
        if label.shape == logits.shape and not whole:
            return functional.cross_entropy(logits.float(), label.float(), reduction="sum")
    raise FishError(
        "REQUEST_INVALID", "loss",
        f"One example has logits of {_shape(logits)} and labels of {_shape(label)}, which have no cross entropy.",
        "Give loss=, as in loss=lambda model, inputs, label: torch.nn.functional.mse_loss(model(inputs), label).")


def _shape(value: Any) -> str:
    return f"the shape {list(value.shape)} ({value.dtype})" if isinstance(value, torch.Tensor) else f"the type {type(value).__name__}"


def _output(model: torch.nn.Module, inputs: Any, labels: Dict[str, Any]) -> Any:
    if isinstance(inputs, dict):
        return model(**inputs, **labels)
    return model(*inputs) if isinstance(inputs, (tuple, list)) else model(inputs)


def _logits_of(output: Any) -> Any:
    if isinstance(output, dict) and "logits" in output:
        return output["logits"]
    return getattr(output, "logits", output)


def _repeated(example: Example, count: int) -> Batch:
    def repeated(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return value.expand(count, *value.shape[1:]) if value.dim() else value
        if isinstance(value, dict):
            return {key: repeated(item) for key, item in value.items()}
        return type(value)(map(repeated, value)) if type(value) in (tuple, list) else value
    return Batch(repeated(example.inputs), torch.arange(count), count)


@contextlib.contextmanager
def _batches(model: torch.nn.Module, data: Iterable[Any], n_samples: Optional[int], mode: str,
             progress: Progress) -> Iterator[Iterator[Batch]]:
    if n_samples is not None and n_samples < 1:
        raise FishError("REQUEST_INVALID", "n_samples", f"{n_samples} is not a valid number of examples.",
            "Give 1 or more, or None for all.")
    report = progresses.of(progress)

    def counted() -> Iterator[Batch]:
        done = 0
        for batch in batches_of(data, n_samples):
            yield batch
            done += batch.size
            report(done, n_samples)
    with scoring(model, mode), torch.enable_grad():
        yield counted()
