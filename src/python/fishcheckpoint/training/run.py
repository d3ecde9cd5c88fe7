"""The identity of the run: two runs never mix in a task unless the options allow it."""

import secrets
from typing import List, Mapping, Optional

from ..client import FishClient
from ..errors import FishError
from .options import HookOptions
from .resume import Resumed, run_of
from .session import Session

_SHOWN = 5


class Run:
    """A run's id, which is the metadata ``run`` of its checkpoints, and the steps that it may save."""

    def __init__(self, session: Session, options: HookOptions) -> None:
        self._session, self._options = session, options
        self._resumed: Optional[int] = None
        self._later: List[int] = []
        self.id = secrets.token_hex(16)
        """Random; a resumed run keeps the id that it continues, and gets another one if later steps exist."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """The metadata of this run's checkpoints."""
        return {"run": self.id}

    def resume(self, resumed: Resumed) -> None:
        """Continues after a checkpoint."""
        self._resumed, self._later = resumed.step, resumed.later
        if resumed.run is not None and not resumed.later:
            self.id = resumed.run

    def check(self, step: int) -> None:
        """Checks whether the run may save a step, without asking the server.

        :raises FishError: ``RUN_TAKEN``: the task has checkpoints that the run does not continue; ``STEP_TAKEN``: the step is not after the
            resumed one.
        """
        if self._options.overwrite or not self._session.is_open:
            return
        task, latest = self._session.task, self._session.latest
        if self._later:
            shown = ", ".join(map(str, self._later[:_SHOWN])) + (", ..." if len(self._later) > _SHOWN else "")
            raise FishError(
                "RUN_TAKEN", task, f"The run was resumed from step {self._resumed}, and the task has later steps ({shown}).",
                f"Resume from the newest step, continue in another task with from_='{task}:{self._resumed}', or give the hook "
                "overwrite=True to replace the later steps.")
        if self._resumed is not None and step <= self._resumed:
            raise FishError(
                "STEP_TAKEN", f"{task}/{step}", f"The run was resumed from step {self._resumed}, and step {step} is not after it.",
                "Continue from the step that resume() returned.")
        if self._resumed is not None or latest is None:
            return
        if not self._options.new_run:
            raise FishError(
                "RUN_TAKEN", task, f"The task has checkpoints up to step {latest}, and this run has not resumed from them.",
                "Call resume() before the first step, save to another task, or give the hook new_run=True (another run with "
                f"steps above {latest}) or overwrite=True (existing steps are replaced).")
        if step <= latest:
            raise FishError(
                "RUN_TAKEN", f"{task}/{step}", f"The task has checkpoints up to step {latest}, and the new run is at step {step}.",
                f"Start the new run's steps at {latest + 1}, save to another task, or give the hook overwrite=True.")

    def check_newest(self, client: FishClient) -> None:
        """Asks the server whether another run has saved to the task meanwhile.

        :raises FishError: ``RUN_TAKEN``.
        """
        if self._options.overwrite:
            return
        known = self._session.latest
        try:
            newest = client.get(self._session.task)
        except FishError as error:
            if error.code == "CHECKPOINT_NOT_FOUND":
                return
            raise
        if run_of(newest) not in (None, self.id) and (known is None or newest["step"] > known):
            raise FishError(
                "RUN_TAKEN", self._session.task,
                f"Another run saves to the task: step {newest['step']} belongs to the run {run_of(newest)}; this run is {self.id}.",
                "Let one run save to a task at a time. Resume from its newest step, save to another task, or give the hook "
                "new_run=True or overwrite=True.")
