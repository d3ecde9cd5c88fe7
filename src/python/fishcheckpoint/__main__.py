"""``python -m fishcheckpoint ARGUMENTS``: the program ``fishckpt``, where the wheel that carries it is installed, or FISH_PROGRAM names it."""

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
