"""The hook as a callback of ``transformers.Trainer``."""

import sys
from typing import Any, Dict, Mapping, Optional

from ..training import FishHook

# Looked up, not imported: importing transformers takes seconds, and a program with a Trainer has imported it.
_Base: Any = getattr(sys.modules.get("transformers"), "TrainerCallback", object)


class FishTrainerCallback(_Base):
    """Saves a ``transformers.Trainer``'s run: ``Trainer(..., callbacks=[FishTrainerCallback(url, task, mask=mask, base="name")])``.

    Import transformers first, so that this class becomes one of its callbacks. Give the trainer ``save_strategy="no"``, or it also writes
    its own checkpoints. The hook uses the trainer's model, optimizer and scheduler. A resume sets ``state.global_step``, so that the
    trainer ends at the right step; the trainer itself tracks the data (``ignore_data_skip``).

    The trainer does not report exceptions to callbacks. A ``with`` block saves the last step when one ends ``train()``
    (``save_on_error``)::

        with FishTrainerCallback(url, task, mask=mask, base="name") as callback:
            Trainer(..., callbacks=[callback]).train()
    """

    def __init__(self, client: Any, task: str, *, resume: bool = True, **options: Any) -> None:
        """Starts nothing yet.

        :param client: a :class:`~fishcheckpoint.FishClient` or a URL.
        :param resume: whether training continues from the task's newest checkpoint, if there is one.
        :param options: those of :class:`FishHook`.
        """
        if _Base is not object:
            super().__init__()
        self._client = client
        self._task, self._resume, self._options = task, resume, options
        self._metrics: Dict[str, Any] = {}
        self.hook: Optional[FishHook] = None
        """The hook, during and after training."""

    def __enter__(self) -> "FishTrainerCallback":
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if self.hook is not None and not self.hook.is_ended:
            self.hook.__exit__(kind)

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, optimizer: Any = None, lr_scheduler: Any = None,
        **_: Any) -> None:
        """Creates the hook and resumes."""
        if not getattr(state, "is_world_process_zero", True):
            return
        options = dict(self._options)
        if lr_scheduler is not None:
            options["state"] = {"scheduler": lr_scheduler, **options.get("state", {})}
        # Trainers wrap the optimizer for parallel use.
        self.hook = FishHook(self._client, self._task, model, optimizer=getattr(optimizer, "optimizer", optimizer), **options)
        step = self.hook.resume() if self._resume else None
        if step is not None:
            state.global_step = step

    def on_log(self, args: Any, state: Any, control: Any, logs: Optional[Mapping[str, Any]] = None, **_: Any) -> None:
        """Uses logged values as metrics of later saves; non-numbers are left out, with one warning per name."""
        self._metrics.update(logs or {})

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Records an optimizer step."""
        if self.hook is not None:
            self.hook.on_step(state.global_step, metrics=self._metrics)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Saves when the trainer saves."""
        if self.hook is not None:
            self.hook.save(metrics=self._metrics)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Saves the last step, and waits until everything is stored."""
        if self.hook is not None:
            self.hook._finish(self._metrics, save_last=True)
