"""The feed: consecutive draws of one worker's part of a stream, in portions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from brevetti_sample.arguments import MAX_DRAW
from brevetti_sample.arrays.types import Int32Array, Int64Array

from .draws import Draws
from .plan import last_draw
from .replay import ReplayStream
from .stratified import Stream
from .worker_share import Worker

_CURSORS = 8
_SKIP = 1 << 16  # draws that are sooner made and left than a position is looked up


@dataclass
class _Cursor:
    """A stream that is open at a position."""

    position: int
    draws: Iterator[Draws]
    rest: Draws = field(
        default_factory=lambda: Draws(0, np.empty(0, np.int32), np.empty(0, np.int32))
    )

    def read(self, start: int, stop: int) -> list[Draws]:
        """Read from ``start``, which is not before the position, to before ``stop``."""
        found = []
        while self.position < stop:
            if not len(self.rest):
                self.rest = next(self.draws)
            low, size = max(start - self.position, 0), len(self.rest)
            high = min(stop - self.position, size)
            if low < high:
                group, row = self.rest.group[low:high], self.rest.row[low:high]
                found.append(Draws(self.position + low, group, row))
            self.position += high
            self.rest = Draws(self.position, self.rest.group[high:], self.rest.row[high:])
        return found


class Cursors:
    """A stream that is open at several positions, for readers that go on where they were.

    Safe to use from several threads. All data sets of a source share one of these, so that few
    positions are open, however many data sets are made.

    Args:
        stream: the stream.

    Attributes:
        stream: the stream.
    """

    def __init__(self, stream: Stream | ReplayStream) -> None:
        self.stream = stream
        self.end = last_draw(stream.plan)
        self._open: list[_Cursor] = []  # the one used last is the last
        self._lock = threading.Lock()

    def __getstate__(self) -> Stream | ReplayStream:
        return self.stream

    def __setstate__(self, stream: Stream | ReplayStream) -> None:
        Cursors.__init__(self, stream)

    def read(self, start: int, stop: int) -> list[Draws]:
        """Read the draws from ``start`` to before ``stop``, in portions."""
        with self._lock:
            replayed = isinstance(self.stream, ReplayStream)
            usable = [
                cursor
                for cursor in self._open
                if cursor.position <= start and (replayed or start - cursor.position <= _SKIP)
            ]
            if usable:
                cursor = max(usable, key=lambda cursor: cursor.position)
                self._open.remove(cursor)
            else:
                cursor = _Cursor(start, self.stream.draws(start, self.end))
            self._open = [*self._open[1 - _CURSORS :], cursor]
            return cursor.read(start, stop)


class Feed:
    """One worker's draws of a stream, from a draw number on.

    Args:
        cursors: the stream, or it open.
        start: the first draw number; of a worker of several, its first draw from there on.
        worker: whose draws they are.

    Example:
        >>> from brevetti_sample import make_plan, read_manifest
        >>> manifest = read_manifest([{"a": i} for i in range(8)])
        >>> plan = make_plan(manifest, shuffle=False, batch_size=2)
        >>> feed = Feed(Stream(plan), start=1, worker=Worker(1, 2))
        >>> feed.take(0, 4)[0]
        array([2, 3, 6, 7])
    """

    def __init__(
        self,
        cursors: Cursors | Stream | ReplayStream,
        start: int = 0,
        worker: Worker | None = None,
    ) -> None:
        self._cursors = cursors if isinstance(cursors, Cursors) else Cursors(cursors)
        self._worker = worker or Worker()
        self._size = self._cursors.stream.plan.batch_size
        self._first = self._worker.position(start, self._size)

    @property
    def length(self) -> int | None:
        """How many draws there are; None if there is no end."""
        if self._cursors.end == MAX_DRAW:
            return None
        return max(self._worker.position(self._cursors.end, self._size) - self._first, 0)

    def draw_number(self, taken: int) -> int:
        """Return the draw number at which to start after so many draws.

        It is the same for all workers where they have taken the same number of complete batches.
        """
        position = self._first + taken
        batch, within = divmod(position, self._size)
        if within == 0:
            return batch * self._worker.world_size * self._size
        return self._worker.draw_number(position, self._size)

    def take(self, first: int, last: int) -> tuple[Int64Array, Int32Array, Int32Array]:
        """Take the draws from the ``first`` of these to before the ``last``.

        Returns:
            Their numbers in the stream, int64 [draws]; their groups, and their rows, int32.
        """
        if first >= last:
            nothing = np.empty(0, dtype=np.int32)
            return nothing.astype(np.int64), nothing, nothing
        low = self._worker.draw_number(self._first + first, self._size)
        high = self._worker.draw_number(self._first + last - 1, self._size) + 1
        found = self._cursors.read(low, high)
        number = np.arange(low, high, dtype=np.int64)
        group = np.concatenate([draws.group for draws in found])
        row = np.concatenate([draws.row for draws in found])
        kept = self._worker.indices(number, self._size)
        return (number, group, row) if kept is None else (number[kept], group[kept], row[kept])
