"""`python -m initsweep NAME ...`: a command of this library, or one of the program initsweep if it is found."""
from __future__ import annotations

import os
import sys

from initsweep import __version__
from initsweep.commands import NAMES, main
from initsweep.running import find_program

USAGE = f"""usage: python -m initsweep COMMAND ...

  {', '.join(NAMES)}   of this library; `python -m initsweep COMMAND --help` shows the options
  any other       of the program initsweep, which the environment variable INITSWEEP may name
  --version       the version of this library
"""


def run(arguments: list[str]) -> int:
    """Runs a command. arguments: its name and what follows. Returns the exit status."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, end="", file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else 2
    if arguments[0] == "--version":
        print(f"initsweep {__version__}")
        return 0
    if arguments[0] in NAMES:
        sys.argv = [f"initsweep-{arguments[0]}", *arguments[1:]]
        return main(arguments[0])
    try:
        program = find_program()
    except FileNotFoundError as error:
        print(f"initsweep: the library has no command '{arguments[0]}' ({', '.join(NAMES)}), and {error}",
              file=sys.stderr)
        return 2
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
