"""Ctrl-C, and what else asks the program to end: it ends at once, wherever it is.

Raised as an exception, an interrupt would come out of an import as a traceback, would be lost in a
callback, and would wait for threads and for what a library computes. So nothing is raised: a thread
that waits for signals removes what is unfinished, says in one line what is left, and ends the
process, while the main thread stands still or is busy in a library.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import time
from typing import NoReturn

from brevetti_sample.cli.screen.outcome import clear_line, outcome
from brevetti_sample.processes.unfinished import undo_all

_WORDS = {
    getattr(signal, name): word
    for name, word in (("SIGINT", "interrupted"), ("SIGTERM", "terminated"), ("SIGHUP", "hung up"))
    if hasattr(signal, name)
}
_PATIENCE_SECONDS = 0.8  # for removing files; a folder on a network may not answer
_LINE_SECONDS = 0.1


_ending = _thread.allocate_lock()


def end_at_once() -> None:
    """Have the signals end the process from now on; those that are ignored stay so."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in _WORDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)
    try:
        _thread.start_new_thread(_watch, (reader,))
    except RuntimeError:  # the system allows no more threads: the main one must do
        signal.set_wakeup_fd(-1)
        os.close(reader)
        os.close(writer)


def _handle(number: int, _frame: object) -> None:
    """Stop the main thread, while the other one ends the process."""
    if signal.set_wakeup_fd(-1) >= 0:
        time.sleep(_PATIENCE_SECONDS)
    else:
        undo_all()
    _end(number)


def _watch(reader: int) -> None:
    while True:
        [number] = os.read(reader, 1)
        if number in _WORDS:
            undo_all()
            _end(number)


def _end(number: int) -> NoReturn:
    if _ending.acquire(blocking=False):
        text = f"{clear_line()}brevetti-sample: {_WORDS[signal.Signals(number)]}: {outcome()}\n"
        with contextlib.suppress(OSError):
            os.write(2, text.encode(errors="replace"))
    else:  # the other thread is at it
        time.sleep(_LINE_SECONDS)
    os._exit(128 + number)
