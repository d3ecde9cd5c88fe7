"""``python -m fishcheckpoint ARGUMENTS``: runs the program ``fishckpt`` from the wheel that includes it, or from FISH_PROGRAM."""

import os
import sys

from .errors import FishError
from .wire.local import program

try:
    command = program()
    os.execvp(command[0], [*command, *sys.argv[1:]])
except FishError as error:
    sys.exit(str(error))
except OSError as error:
    sys.exit(f"{command[0]} cannot be started: {error.strerror}")
