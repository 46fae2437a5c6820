"""A manifest from a folder tree of samples."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.arrow import from_numpy, from_texts
from brevetti_sample.errors import ManifestError, SampleFileError, UsageError, argument
from brevetti_sample.files import patience
from brevetti_sample.files.failures import reason_of
from brevetti_sample.files.local_path import local_path
from brevetti_sample.manifests.manifest import Manifest, read_manifest
from brevetti_sample.messages import listed, quoted

from .open_tree import open_tree
from .patterns import Patterns
from .tree import Facts, File, Identity

_MODIFIED = pa.timestamp("us", "UTC")
_TABLE_ROWS = 1 << 15
_TASK_FILES = 16  # few, for they may be large, and the progress waits for them
_TASKS_A_WORKER = 8

_Row = tuple[str, Facts]


class Missed(NamedTuple):
    """A file or folder that could not be listed.

    Attributes:
        path: where it is.
        reason: why.
    """

    path: str
    reason: str


class ScanProgress(NamedTuple):
    """How far a scan is.

    Attributes:
        files: how many are listed.
        bytes: how large they are together.
    """

    files: int
    bytes: int


class Scan:
    """The files of a folder tree as tables of a manifest, in the order of their paths.

    The columns are ``category``, the name of the folder that a file is in; ``folder``, the path of
    that folder below the tree's root, with slashes; ``path``; ``size`` in bytes; ``etag``; and
    ``modified``, a time in UTC. A file in the root itself has no category and no folder.

    Args:
        source: a folder, or a URI of one: ``s3``, and what else Arrow knows (``gs``, ``abfs``,
            ``hdfs``, ``file``).
        include: patterns, one of which has to fit; see `patterns.Patterns`.
        exclude: patterns, none of which may fit.
        hidden: whether to list what begins with a dot.
        etag: whether to have that column: the MD5 of a file's content, or what a store says.
        on_error: "fail", or "skip" to leave out what cannot be listed.
        relative_to: paths are relative to this folder if the tree is in it, and whole if not, or
            if it is None. Those of a store are URIs.
        leave_out: files that are no samples, such as the one that is being written.
        refused: files that must not be among the samples, such as one that would be replaced.

    Attributes:
        name: what messages call the source.
        schema: that of the tables.
        files: how many are listed so far.
        bytes: how large they are together.
        folders: the number and the bytes of the files of each folder; None for the root.
        suffixes: how many files have which suffix.
        missed: what was left out because it cannot be listed.

    Raises:
        SampleFileError: there is no such folder, or it cannot be reached.
        UsageError: an unknown ``on_error``; in the tables, a file that is refused.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        *,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        hidden: bool = False,
        etag: bool = True,
        on_error: str = "fail",
        relative_to: str | os.PathLike[str] | None = ".",
        leave_out: Collection[Identity] = (),
        refused: Collection[Identity] = (),
    ) -> None:
        if on_error not in ("fail", "skip"):
            raise UsageError.unknown("on_error", on_error, ("fail", "skip"))
        if relative_to is not None:
            relative_to = local_path(relative_to, "relative_to")
        self._tree = open_tree(os.fspath(source), relative_to, leave_out, refused)
        self.name = self._tree.name
        self._patterns = Patterns(include, exclude, hidden=hidden)
        self._etag = etag
        self._skip = on_error == "skip"
        fields = {"category": pa.string(), "folder": pa.string(), "path": pa.string()}
        fields |= {"size": pa.int64()} | ({"etag": pa.string()} if etag else {})
        self.schema = pa.schema(fields | {"modified": _MODIFIED})
        self.files = self.bytes = 0
        self.folders: dict[str | None, tuple[int, int]] = {}
        self.suffixes: Counter[str] = Counter()
        self.missed: list[Missed] = []
        self._passed: Counter[str] = Counter()

    def tables(self, report: Callable[[ScanProgress], object] | None = None) -> Iterator[pa.Table]:
        """List the files.

        Args:
            report: is told the progress, again and again.

        Yields:
            Tables of some ten thousand rows.

        Raises:
            SampleFileError: something cannot be listed, unless that is skipped.
            ManifestError: there is no file, or none that is taken.
        """
        rows: list[_Row] = []
        for row in self._rows():
            rows.append(row)
            self.files += 1
            self.bytes += row[1].size
            if report is not None and self.files % _TASK_FILES == 0:
                report(ScanProgress(self.files, self.bytes))
            if len(rows) == _TABLE_ROWS:
                yield self._table(rows)
                rows = []
        if rows:
            yield self._table(rows)
        if not self.files:
            raise self._nothing()

    def _rows(self) -> Iterator[_Row]:
        """Look at the files in threads, some at a time, and yield them in order."""
        tree = self._tree
        pool = ThreadPoolExecutor(tree.workers)
        waiting: deque[Future[list[_Row | Missed]]] = deque()
        try:
            for task in _parts(tree.files(self._patterns, self._miss, self._pass)):
                waiting.append(pool.submit(self._look, task))
                if len(waiting) > tree.workers * _TASKS_A_WORKER:
                    yield from self._done(waiting.popleft())
            while waiting:
                yield from self._done(waiting.popleft())
        finally:
            # After an error without waiting for large files that are being hashed.
            pool.shutdown(wait=False, cancel_futures=True)

    def _look(self, task: list[File]) -> list[_Row | Missed]:
        rows: list[_Row | Missed] = []
        for file in task:
            try:
                facts = self._tree.facts(file, etag=self._etag)
            except OSError as error:
                path = self._tree.location(file.path)
                rows.append(Missed(path, reason_of(error)))
                continue
            if facts is not None:
                rows.append((file.path, facts))
        return rows

    def _done(self, future: Future[list[_Row | Missed]]) -> Iterator[_Row]:
        if self._tree.is_afar and not wait([future], patience.TELL_SECONDS).done:
            patience.say_waiting(self.name)
        for row in future.result():
            if isinstance(row, Missed):
                self._miss(*row)
            else:
                yield row

    def _miss(self, path: str, reason: str) -> None:
        if not self._skip:
            raise SampleFileError(
                f"cannot be listed: {reason}",
                source=quoted(path),
                path=path,
                advice=f"fix it, or leave it out with {argument('on_error', 'skip')}",
            )
        self.missed.append(Missed(path, reason))

    def _pass(self, name: str) -> None:
        self._passed[_suffix(name)] += 1

    def _table(self, rows: list[_Row]) -> pa.Table:
        paths, facts = zip(*rows, strict=True)
        below = [path.rpartition("/")[0] or None for path in paths]
        for folder, path, (size, _, _) in zip(below, paths, facts, strict=True):
            files, total = self.folders.get(folder, (0, 0))
            self.folders[folder] = files + 1, total + size
            self.suffixes[_suffix(path)] += 1
        sizes, modified, etags = zip(*facts, strict=True)
        columns = {
            "category": from_texts(f and f.rpartition("/")[2] for f in below),
            "folder": from_texts(below),
            "path": from_texts(map(self._tree.sample_path, paths)),
            "size": from_numpy(np.array(sizes, dtype=np.int64)),
            "modified": _times(modified),
        }
        if self._etag:
            columns["etag"] = from_texts(etags)
        return pa.Table.from_arrays([columns[n] for n in self.schema.names], schema=self.schema)

    def _nothing(self) -> ManifestError:
        """Why there is no file."""
        refused = partial(ManifestError, source=self.name)
        if self.missed:
            return refused("has no file that can be listed", advice=f"skipped: {len(self.missed)}")
        if not self._passed:
            return refused("has no file in it", advice="name the folder with the samples")
        there = ", ".join(f"{suffix} {count}" for suffix, count in self._passed.most_common(5))
        if self._patterns.include:
            asked = listed(self._patterns.include)
            return refused(
                f"has no file that matches {asked} of {argument('include')}",
                advice=f"there are {there}",
            )
        return refused(
            "has only files that are hidden or excluded",
            advice=f"take hidden ones with {argument('hidden', True)}; there are {there}",
        )


def scan_folder(
    source: str | os.PathLike[str],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    hidden: bool = False,
    etag: bool = True,
    on_error: str = "fail",
    relative_to: str | os.PathLike[str] | None = ".",
) -> Manifest:
    """Make a manifest from a folder tree of samples, one row a file.

    The arguments are those of `Scan`, which does the same a table at a time.

    Returns:
        The manifest: columns ``category``, ``folder``, ``path``, ``size``, ``etag``, ``modified``.

    Raises:
        SampleFileError: there is no such folder, or something in it cannot be read.
        ManifestError: there is no file in it.

    Example:
        >>> manifest = scan_folder("sample_manifests/digits", include=["*.png"])
        >>> manifest.rows, manifest.read(["folder", "path"]).slice(299).to_pylist()
        (300, [{'folder': 'images/9', 'path': 'sample_manifests/digits/images/9/0039.png'}])
    """
    scan = Scan(
        source,
        include=include,
        exclude=exclude,
        hidden=hidden,
        etag=etag,
        on_error=on_error,
        relative_to=relative_to,
    )
    return read_manifest(pa.concat_tables(scan.tables()))


def _parts(files: Iterator[File]) -> Iterator[list[File]]:
    part: list[File] = []
    for file in files:
        part.append(file)
        if len(part) == _TASK_FILES:
            yield part
            part = []
    if part:
        yield part


def _suffix(path: str) -> str:
    if path.endswith("/"):
        return "folders"
    return os.path.splitext(path)[1].casefold() or "without suffix"


def _times(nanoseconds: Sequence[int | None]) -> pa.Array:
    """Make an array of times; without casts, whose first use takes a tenth of a second."""
    known = np.array([time is not None for time in nanoseconds])
    values = np.array([(time or 0) // 1000 for time in nanoseconds], dtype=np.int64)
    valid = pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(_MODIFIED, len(values), [valid, pa.py_buffer(values)])
