"""Where the program begins.

Nothing may be imported here but what is built in, or what Python has imported at its start: the
working directory is not yet out of where it imports from, nor is the keyboard's interrupt taken
care of.
"""

import _signal  # type: ignore[import-not-found]
import sys
from collections.abc import Callable

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
    try:
        from .program import main
    except _SYSTEM as error:
        return _cannot_begin(error)
    return main(arguments)


def run() -> None:
    """Run the program as a process of its own, and exit."""
    try:
        restore = _hold_signals()
    except KeyboardInterrupt:  # it came just before, and Python raises it only now
        print("brevetti-sample: interrupted: nothing was written", file=sys.stderr)
        sys.exit(130)
    sys.path[:] = trusted_path()
    try:
        from .startup import leave, prepare

        prepare()
    except _SYSTEM as error:
        sys.exit(_cannot_begin(error))
    restore()
    leave(main())


_SYSTEM = (OSError, MemoryError, ImportError)
_NO_ROOM = "failed to map segment"  # the linker's words where a library does not fit into memory


def _cannot_begin(error: BaseException) -> int:
    """Say in a line that the system gives too little to import the program; the exit code."""
    if isinstance(error, ImportError) and _NO_ROOM not in str(error):
        raise error
    reason = getattr(error, "strerror", None) or "there is not enough memory"
    print(f"error: the program cannot begin: {reason}; see ulimit -a", file=sys.stderr)
    return 5


def _hold_signals() -> Callable[[], object]:
    """Have what would end the process wait, as it can not be handled yet.

    Returns:
        What lets it come. A signal that comes before this, or where signals cannot wait, ends the
        process in Python's own way.
    """
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    if not hasattr(_signal, "pthread_sigmask"):
        return lambda: None
    held = [getattr(_signal, name) for name in names]
    before = _signal.pthread_sigmask(_signal.SIG_BLOCK, held)
    return lambda: _signal.pthread_sigmask(_signal.SIG_SETMASK, before)
