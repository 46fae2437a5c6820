"""How far a command is, on standard error: a line that changes, or a line every few seconds."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from . import console, outcome
from .outcome import CLEAR

if TYPE_CHECKING:
    from brevetti_sample.scanning.scan import ScanProgress
    from brevetti_sample.tfrecord.export.export import Progress

_TERMINAL_SECONDS = 0.1
_PLAIN_SECONDS = 5.0
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class ProgressLine:
    """Shows progress; on a terminal in one line, which is cleared at the end.

    Attributes:
        shards: how many were finished when progress was last told.
    """

    def __init__(self) -> None:
        self.shards = 0
        self._terminal = sys.stderr is not None and sys.stderr.isatty()
        self._begin = self._last = time.monotonic()
        self._before: int | None = None

    def show(self, progress: Progress) -> None:
        """Show progress, unless that was done a moment ago."""
        self.shards = progress.shards
        if self._before is None:
            self._before = progress.draws
        seconds = self._due()
        if seconds is not None:
            self._put(describe(progress, progress.draws - self._before, seconds))

    def show_scan(self, progress: ScanProgress) -> None:
        """Show how far a scan is, unless that was done a moment ago."""
        seconds = self._due()
        if seconds is not None:
            rate = progress.files / seconds if seconds > 0 else 0.0
            size = size_text(progress.bytes)
            self._put(f"{progress.files:,} files, {size}, {rate:,.0f} files/s")

    def _due(self) -> float | None:
        """The seconds since the begin, if the line is to be written again."""
        now = time.monotonic()
        if now - self._last < (_TERMINAL_SECONDS if self._terminal else _PLAIN_SECONDS):
            return None
        self._last = now
        return now - self._begin

    def _put(self, text: str) -> None:
        if not self._terminal:
            console.say(text)
        elif not console.is_quiet():
            console.write(f"{CLEAR}{text}")
            outcome.line_is_shown(True)

    def clear(self) -> None:
        """Remove the line."""
        console.write(outcome.clear_line())
        outcome.line_is_shown(False)


def describe(progress: Progress, draws: int, seconds: float) -> str:
    """Write progress as one line.

    Args:
        progress: how far it is.
        draws: how many were made in this run.
        seconds: how long that took.
    """
    rate = draws / seconds if seconds > 0 else 0.0
    shard = min(progress.shards + 1, progress.all_shards)
    parts = [
        f"{progress.draws:,} of {progress.all_draws:,} samples",
        size_text(progress.bytes),
        f"shard {shard} of {progress.all_shards}",
        f"{rate:,.0f} samples/s",
    ]
    if rate:
        parts.append(f"{_time((progress.all_draws - progress.draws) / rate)} left")
    return ", ".join(parts)


def size_text(size: float) -> str:
    """Write a number of bytes for people.

    Example:
        >>> size_text(1536)
        '1.5 KiB'
    """
    for unit in _UNITS:
        if size < 1024 or unit == _UNITS[-1]:
            break
        size /= 1024
    return f"{size:.1f} {unit}" if unit != "B" else f"{size:.0f} B"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
