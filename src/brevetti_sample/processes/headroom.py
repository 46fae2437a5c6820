"""Whether the system leaves a process enough memory and threads to begin.

Arrow waits for ever for a thread that it could not start, or aborts the process, and libraries that
do not fit into memory cannot be imported: all that is better said before.
"""

from __future__ import annotations

import _thread

from brevetti_sample.errors import OutputError
from brevetti_sample.limits import MIN_ADDRESS_SPACE, size_text

_ARROW_THREADS = 8
"""Arrow reads with so many, beside one for each core."""


def check_headroom(cores: int) -> None:
    """Refuse to begin where the process would hang or abort.

    Args:
        cores: of the processor, as this process may use them.

    Raises:
        OutputError: a limit of memory or threads is too low.

    Example:
        >>> check_headroom(2)
    """
    try:
        import resource
    except ImportError:  # there are no such limits
        return
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    if most != resource.RLIM_INFINITY and most < MIN_ADDRESS_SPACE:
        raise OutputError(
            f"this process may have {size_text(most)} of memory, and needs "
            f"{size_text(MIN_ADDRESS_SPACE)}",
            advice="allow more, with ulimit -v",
        )
    _try_threads(_ARROW_THREADS + cores)


def no_more_threads() -> OutputError:
    """The error of a system that allows no more threads.

    Example:
        >>> raise no_more_threads()
        Traceback (most recent call last):
        brevetti_sample.errors.OutputError: the system allows no more threads; allow more, with \
ulimit -u, or run fewer programs
    """
    return OutputError(
        "the system allows no more threads",
        advice="allow more, with ulimit -u, or run fewer programs",
    )


def _try_threads(count: int) -> None:
    """Start threads, and wait until they have ended: a millisecond."""
    gate, all_ended = _thread.allocate_lock(), _thread.allocate_lock()
    running = 0

    def wait() -> None:
        nonlocal running
        with gate:
            running -= 1
            if not running:
                all_ended.release()

    gate.acquire()
    all_ended.acquire()
    try:
        for _ in range(count):
            running += 1
            try:
                _thread.start_new_thread(wait, ())
            except RuntimeError as error:
                running -= 1
                raise no_more_threads() from error
    finally:
        some = running > 0
        gate.release()
        if some:
            all_ended.acquire()
