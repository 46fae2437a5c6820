"""The folder of an export: locked while it is written, and in order whenever a run ends.

A file is written under another name, synced, and renamed. What has been finished is listed in a
progress file, and `export.json`, which comes last, replaces that. All other names that are ours
begin with `OWN`; nothing else is deleted but the files of an export that is overwritten.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

from brevetti_sample.errors import OutputError, argument
from brevetti_sample.files.atomic_file import part_file, sync
from brevetti_sample.files.failures import close_quietly, reason_of
from brevetti_sample.files.regular import read_regular
from brevetti_sample.messages import listed
from brevetti_sample.processes.unfinished import unless_finished

from .digest import digest_file
from .shard import ShardRecord

if TYPE_CHECKING:
    from .saved_export import SavedExport

OWN = ".brevetti-sample."
EXPORT = "export.json"
_DESCRIPTIONS = {"dataset_info.json", "features.json"}
PROGRESS = f"{OWN}progress"
FORMAT = "brevetti-sample export"
FORMAT_VERSION = 1
UNREADABLE = "unreadable"
MOST_BYTES = 512 << 20
"""No `export.json` or progress file is larger: a thousand groups of 10,000 shards take 100 MB."""
# What opening it fails with where there is something that we have not written.
_FOREIGN = (errno.EINVAL, errno.EISDIR, errno.EFBIG, errno.ELOOP)
_CHECKSUM = b' "sha256_above": '


@dataclass
class State:
    """What a folder holds.

    Attributes:
        digest: of the export that is in it, finished or not; `UNREADABLE` if its `export.json`
            is damaged, or of another program; None for none.
        finished: whether `export.json` is there.
        names: the final names of all files of that export.
        replaced: final names of files of another export, which are to go.
        shards: its finished shards.
    """

    digest: str | None = None
    finished: bool = False
    names: Sequence[str] = ()
    replaced: Sequence[str] = ()
    shards: list[ShardRecord] = field(default_factory=list)


class ExportFolder:
    """A folder that this process alone exports to. Made by `locked`.

    Attributes:
        path: the folder's.
    """

    def __init__(self, path: str, handle: int) -> None:
        self.path = path
        self._handle = handle

    def state(self) -> State:
        """Read what the folder holds."""
        try:
            return read_progress(self._path(PROGRESS))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise self._unreadable(PROGRESS, error) from error
        try:
            found = read_export(self.path)
        except FileNotFoundError:
            return State()
        except OSError as error:
            raise self._unreadable(EXPORT, error) from error
        except ValueError:
            return State(UNREADABLE, True)
        names = [*(shard.name for shard in found.shards), *found.saved.files]
        return State(found.saved.digest, True, names, (), list(found.shards))

    def _unreadable(self, name: str, error: OSError) -> OutputError:
        return OutputError(
            f"cannot be read: {reason_of(error)}",
            path=self._path(name),
            advice=f"remove it, or choose another {argument('folder')}",
        )

    def taken(self, names: Collection[str]) -> list[str]:
        """Which of some names there are in the folder."""
        return sorted(name for name in names if os.path.lexists(self._path(name)))

    def begin(self, state: State) -> None:
        """Start to write, or go on: from here on the folder shows which export it will hold."""
        head = {"digest": state.digest, "names": state.names, "replaced": state.replaced}
        lines = [json.dumps(head), *(json.dumps(shard.to_dict()) for shard in state.shards)]
        self.write(PROGRESS, "".join(f"{line}\n" for line in lines).encode())
        # Without them old shards and new ones are no data set.
        self._remove([EXPORT, *_DESCRIPTIONS & {*state.names, *state.replaced}])

    def is_intact(self, shard: ShardRecord) -> bool:
        """Whether a shard is there and as it was written."""
        try:
            if os.stat(self._path(shard.name)).st_size != shard.bytes:
                return False
            return digest_file(self._path(shard.name)).crc32c == shard.crc32c
        except OSError:
            return False

    def holds(self, name: str, content: bytes) -> bool:
        """Whether a file is there with just these contents."""
        try:
            return read_regular(self._path(name), len(content)) == content
        except OSError:
            return False

    def finish_shard(self, part: str, shard: ShardRecord) -> None:
        """Give a shard that has been written and synced its name, and note that."""
        self._rename(part, shard.name)
        with open(self._path(PROGRESS), "ab") as stream:
            stream.write((json.dumps(shard.to_dict()) + "\n").encode())
            stream.flush()
            os.fsync(stream.fileno())

    def end(self, content: bytes, state: State) -> None:
        """Write `export.json`, then remove what is no longer needed."""
        self._remove(set(state.replaced) - {*state.names, EXPORT})
        self.write(EXPORT, content)
        self._remove([PROGRESS])

    def write(self, name: str, content: bytes) -> None:
        """Write a complete file, or nothing."""
        with open_part(self.path, name) as (stream, part):
            stream.write(content)
        self._rename(part, name)

    def parts(self) -> list[str]:
        """The names of files that are half written."""
        return [
            name
            for name in os.listdir(self.path)
            if name.startswith(OWN) and name.endswith(".part")
        ]

    def sweep(self) -> None:
        """Remove what dead runs left half written; one that is alive would hold the lock."""
        self._remove(self.parts())

    def _remove(self, names: Iterator[str] | Collection[str]) -> None:
        for name in names:
            with contextlib.suppress(FileNotFoundError, IsADirectoryError):
                os.unlink(self._path(name))

    def _path(self, name: str) -> str:
        return os.path.join(self.path, name)

    def _rename(self, part: str, name: str) -> None:
        os.replace(part, self._path(name))
        sync(self._handle)


def part_path(folder: str, name: str) -> str:
    """The path that a file of ours has until it is complete; short, however long its name is."""
    return os.path.join(folder, f"{OWN}{zlib.crc32(os.fsencode(name)):08x}.{os.getpid()}.part")


@contextlib.contextmanager
def open_part(folder: str, name: str) -> Iterator[tuple[BinaryIO, str]]:
    """Open a file that is to be renamed; at the end it is synced, after an error removed.

    Yields:
        The open file and its path.
    """
    path = part_path(folder, name)
    with part_file(path, synced=True) as stream:
        yield stream, path


@contextlib.contextmanager
def locked(path: str) -> Iterator[ExportFolder]:
    """Lock a folder, which is made if it is not there.

    Raises:
        OutputError: it cannot be made or written, or another process exports to it.
    """
    # The lock is on the folder itself, which leaves nothing behind and writes nothing. One that
    # works on Windows too, such as filelock's, needs a file in the folder: a dry run would have to
    # write it, a killed run would leave it, and to remove it is a race with who opens it just then.
    try:
        import fcntl
    except ImportError:
        raise OutputError(
            "this system cannot lock a folder, so no export can be written to one",
            advice="export on Linux or macOS, or to standard output",
        ) from None
    other = f"choose another {argument('folder')}"
    try:
        os.makedirs(path, exist_ok=True)
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except (FileExistsError, NotADirectoryError):
        reason = "cannot be written to: it is not a folder"
        raise OutputError(reason, path=path, advice=other) from None
    except OSError as error:
        reason = f"cannot be written to: {reason_of(error)}"
        raise OutputError(reason, path=path, advice=other) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                "is being written by another export", path=path, advice=f"wait for it, or {other}"
            ) from None
        except OSError as error:
            reason = f"cannot be locked: {reason_of(error)}"
            raise OutputError(reason, path=path, advice=other) from error
        folder = ExportFolder(path, handle)
        with unless_finished(folder.sweep):
            yield folder
    except BaseException:
        close_quietly(handle)
        raise
    try:
        os.close(handle)
    except OSError as error:
        reason = f"cannot be closed: {reason_of(error)}"
        raise OutputError(reason, path=path, advice="verify the export") from error


def read_progress(path: str) -> State:
    """Read a progress file; one that is damaged, or of another program, counts as empty.

    Raises:
        FileNotFoundError: there is none.
        OSError: it cannot be read.
    """
    from brevetti_sample.files.typed_json import decode

    from .saved_export import SavedProgress, SavedShard

    try:
        content = read_regular(path, MOST_BYTES)
    except OSError as error:
        if error.errno in _FOREIGN:
            return State()
        raise
    lines = content.split(b"\n")[:-1]  # the last may have been cut by a crash
    shards = []
    try:
        state = decode(lines[0] if lines else b"", SavedProgress)
        check_names([*state.names, *state.replaced])
    except ValueError:
        return State()
    for line in lines[1:]:
        with contextlib.suppress(ValueError):
            shard = decode(line, SavedShard).record()
            check_names([shard.name])
            shards.append(shard)
    return State(state.digest, False, state.names, state.replaced, shards)


def check_names(names: Iterable[str]) -> None:
    """Refuse names that lead out of the folder they are used in, whoever wrote them.

    Raises:
        ValueError: one of them does.

    Example:
        >>> check_names(["a.json"])
    """
    wrong = [
        name
        for name in names
        if os.path.basename(name) != name or name in ("", ".", "..") or "\0" in name
    ]
    if wrong:
        raise ValueError(f"{listed(wrong)} are not names of files in it")


@dataclass(frozen=True)
class Export:
    """An `export.json`, read.

    Attributes:
        shards: in order.
        saved: all that stands in it.
    """

    shards: tuple[ShardRecord, ...]
    saved: SavedExport


def shards_by_split(export: Export) -> dict[str, tuple[ShardRecord, ...]]:
    """The shards of each split, that which is drawn first."""
    others = export.saved.other_splits or []
    edges = [len(export.shards)]
    for split in reversed(others):
        edges.append(edges[-1] - split.shards)
    names = [export.saved.split, *(split.name for split in others)]
    starts = [0, *reversed(edges)]
    return {name: export.shards[a:b] for name, (a, b) in zip(names, pairwise(starts), strict=True)}


def with_checksum(above: bytes) -> bytes:
    """End the text of an `export.json` with the SHA-256 of all that stands above."""
    return above + _checksum(above)


def _checksum(above: bytes | memoryview) -> bytes:
    return _CHECKSUM + f'"{hashlib.sha256(above).hexdigest()}"\n}}\n'.encode()


def read_export(path: str | os.PathLike[str]) -> Export:
    """Read the `export.json` of a folder.

    Raises:
        FileNotFoundError: there is none.
        OSError: it cannot be read.
        ValueError: it is not one of ours; a `JSONError` where it is of other fields.
    """
    content = read_regular(os.path.join(path, EXPORT), MOST_BYTES)
    end = max(content.rfind(_CHECKSUM), 0)
    if _checksum(memoryview(content)[:end]) != content[end:]:
        raise ValueError("its checksum is not that of its contents")
    from brevetti_sample.files.typed_json import read_versioned

    from .saved_export import SavedExport

    saved = read_versioned(content, SavedExport, FORMAT, FORMAT_VERSION)
    saved.check()
    check_names([*saved.files, *(shard.name for shard in saved.shards)])
    return Export(tuple(shard.record() for shard in saved.shards), saved)
