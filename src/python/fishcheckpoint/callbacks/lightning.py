"""The hook as a callback of Lightning."""

import sys
from typing import Any, Dict, Optional

from ..training import FishHook


def _base() -> Any:
    for package in ("lightning.pytorch", "pytorch_lightning"):
        found = getattr(sys.modules.get(package), "Callback", None)
        if found is not None:
            return found
    return object


_Base: Any = _base()


class FishLightningCallback(_Base):
    """Saves a Lightning run: ``Trainer(callbacks=[FishLightningCallback(url, task, mask=mask, base="name")], enable_checkpointing=False)``.

    Import Lightning first, so that this class becomes one of its callbacks. The hook uses the trainer's first optimizer and first
    scheduler. The trainer owns its loop counters: a resume restores weights, optimizer, scheduler and random generators, and
    :attr:`resumed_step` gives the step; counting continues from there.
    """

    def __init__(self, client: Any, task: str, *, resume: bool = True, **options: Any) -> None:
        """Starts nothing yet; parameters as for :class:`FishTrainerCallback`."""
        if _Base is not object:
            super().__init__()
        self._client = client
        self._task, self._resume, self._options = task, resume, options
        self.hook: Optional[FishHook] = None
        """The hook, during and after training."""
        self.resumed_step: Optional[int] = None
        """The step of the resume."""
        self._seen: Optional[int] = None

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Creates the hook and resumes."""
        if not getattr(trainer, "is_global_zero", True):
            return
        options = dict(self._options)
        schedulers = [getattr(config, "scheduler", config) for config in getattr(trainer, "lr_scheduler_configs", [])]
        if schedulers:
            options["state"] = {"scheduler": schedulers[0], **options.get("state", {})}
        optimizers = list(getattr(trainer, "optimizers", []))
        optimizer = getattr(optimizers[0], "optimizer", optimizers[0]) if optimizers else None
        self.hook = FishHook(self._client, self._task, pl_module, optimizer=optimizer, **options)
        self.resumed_step = self.hook.resume() if self._resume else None

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any = None, batch: Any = None, batch_idx: int = 0) -> None:
        """Records a batch; with gradient accumulation, only batches that end an optimizer step."""
        step = trainer.global_step + (self.resumed_step or 0)
        if self.hook is not None and step != self._seen:
            self._seen = step
            self.hook.on_step(step, metrics=_metrics(trainer))

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Saves the last step, and waits until everything is stored."""
        if self.hook is not None:
            self.hook._finish(_metrics(trainer), save_last=True)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Saves the last step if it is not saved yet (``save_on_error``); the exception continues."""
        if self.hook is not None:
            self.hook._leave()


def _metrics(trainer: Any) -> Dict[str, Any]:
    return dict(getattr(trainer, "callback_metrics", None) or {})
