"""Where the program begins.

Nothing may be imported here but what Python has imported at its start: the working directory is
not yet out of where it imports from, nor is the keyboard's interrupt taken care of.
"""

import os
import sys

from brevetti_sample.processes.import_path import trusted_path


def main(arguments: list[str] | None = None) -> int:
    """Run the program within this process.

    Args:
        arguments: what comes after the program's name; by default the process's.

    Returns:
        The exit code: 0 fine, 1 a bug, 2 usage, 3 manifest or plan is bad, 4 a sample cannot
        be read, 5 output failed, 6 samples were skipped, 7 damage, 130 interrupted, 141 broken
        pipe.
    """
    from .program import main

    return main(arguments)


def run() -> None:
    """Run the program as a process of its own, and exit."""
    try:
        sys.path[:] = trusted_path()
        from .startup import leave, prepare

        prepare()
    except KeyboardInterrupt:  # from here on it is none
        try:
            os.write(2, b"brevetti-sample: interrupted: nothing was written\n")
        finally:
            os._exit(130)
    leave(main())
