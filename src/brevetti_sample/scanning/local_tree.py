"""A folder tree on this machine: its files in the order of their paths, and what each one is."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Collection, Iterator

from brevetti_sample.errors import SampleFileError, UsageError, argument
from brevetti_sample.files.failures import close_quietly, reason_of
from brevetti_sample.messages import close_match, quoted

from .patterns import Patterns
from .tree import Facts, File, Identity, Miss, Pass

_READ_BYTES = 1 << 20
# Not to wait for a writer if it is a named pipe.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class LocalTree:
    """A folder tree on this machine. Links are followed, but not into a folder that they are in.

    Args:
        root: the folder.
        prefix: what the paths of samples begin with.
        leave_out: files that are no samples, such as the one that is being written.
        refused: files that must not be among them, such as one that would be replaced.

    Raises:
        SampleFileError: it is no folder, or cannot be read.

    Example:
        >>> tree = LocalTree("sample_manifests/digits")
        >>> files = tree.files(Patterns(["*.png"]), print, lambda name: None)
        >>> next(files).path
        'images/0/0000.png'
    """

    workers = 8
    is_afar = False

    def __init__(
        self,
        root: str,
        prefix: str = "",
        leave_out: Collection[Identity] = (),
        refused: Collection[Identity] = (),
    ) -> None:
        self.name = quoted(root)
        self.root = root
        self.prefix = prefix
        self._leave_out = leave_out
        self._refused = refused
        try:
            is_folder = stat.S_ISDIR(os.stat(root).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            is_folder = False
        except OSError as error:
            raise SampleFileError(f"cannot be listed: {reason_of(error)}", path=root) from error
        if is_folder:
            return
        if os.path.lexists(root):
            raise SampleFileError(
                "is not a folder", path=root, advice="name the folder that it is in"
            )
        folder, name = os.path.split(root.rstrip(os.sep))
        try:
            neighbours = [entry.name for entry in os.scandir(folder or ".") if entry.is_dir()]
        except OSError:
            neighbours = []
        hint = close_match(name, neighbours) or "; name a folder of samples, or s3://BUCKET/FOLDER"
        raise SampleFileError(
            "does not exist",
            source=f"folder {self.name}",
            path=root,
            advice=hint.removeprefix("; "),
        )

    def sample_path(self, path: str) -> str:
        """How the manifest writes the path of a file."""
        return f"{self.prefix}{path}"

    def location(self, path: str) -> str:
        """Where a file is."""
        return f"{self.root.rstrip('/')}/{path}" if path else self.root

    def files(self, patterns: Patterns, miss: Miss, passed: Pass) -> Iterator[File]:
        """Yield the files that the patterns take, by the code points of their paths.

        A folder at a time, so that memory does not grow with the tree. The order of names in a
        folder, those of folders with a slash at the end, is the order of the whole paths.
        """
        # What is above the folder that is being listed: what is left of each, whether it is
        # included, and which folder it is.
        try:
            root = _identity(self.root)
        except OSError as error:
            miss(self.root, reason_of(error))
            return
        above = [(iter(self._entries("", miss)), False, root)]
        while above:
            entries, inside, _ = above[-1]
            for key, entry in entries:
                folder = key[-1] == "/"
                path = key[:-1] if folder else key
                if patterns.leaves_out(entry.name, path):
                    passed(f"{entry.name}/" if folder else entry.name)
                    continue
                taken = inside or patterns.takes(entry.name, path)
                if not folder:
                    if taken:
                        yield File(path, None)
                    else:
                        passed(entry.name)
                    continue
                try:
                    identity = _identity(entry.path)
                except OSError as error:
                    miss(entry.path, reason_of(error))
                    continue
                if all(identity != known for _, _, known in above):
                    above.append((iter(self._entries(path, miss)), taken, identity))
                    break
            else:
                above.pop()

    def _entries(self, folder: str, miss: Miss) -> list[tuple[str, os.DirEntry[str]]]:
        """List one folder: paths below the root, those of folders with a slash, sorted."""
        location = self.location(folder)
        prefix = f"{folder}/" if folder else ""
        found: list[tuple[str, os.DirEntry[str]]] = []
        try:
            with os.scandir(location) as entries:
                for entry in entries:
                    try:
                        kind = "/" if entry.is_dir() else "" if entry.is_file() else None
                    except OSError as error:
                        miss(entry.path, reason_of(error))
                        continue
                    if kind is None:
                        if entry.is_symlink():
                            miss(entry.path, "its link leads nowhere")
                    elif not entry.name.isascii() and not _is_text(entry.name):
                        miss(entry.path, "its name is not UTF-8")
                    else:
                        found.append((f"{prefix}{entry.name}{kind}", entry))
        except OSError as error:
            miss(location, reason_of(error))
        found.sort(key=_first)
        return found

    def facts(self, file: File, *, etag: bool) -> Facts | None:
        """Look at a file, and hash it if its etag is asked for.

        Raises:
            OSError: it cannot be read.
        """
        path = self.location(file.path)
        if not etag:
            status = os.stat(path)
            return None if self._is_left_out(status, path) else _facts(status, None)
        handle = os.open(path, _FLAGS)
        try:
            status = os.fstat(handle)
            if self._is_left_out(status, path):
                return None
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "it is no file any more")
            digest = hashlib.md5(usedforsecurity=False)
            while data := os.read(handle, _READ_BYTES):
                digest.update(data)
            return _facts(status, digest.hexdigest())
        finally:
            close_quietly(handle)

    def _is_left_out(self, status: os.stat_result, path: str) -> bool:
        identity = _identity_of(status)
        if identity in self._refused:
            raise UsageError(
                f"{quoted(path)} is one of the files to list",
                concerns="output",
                advice="name another file to write, or leave that one out with "
                f"{argument('exclude')}",
            )
        return identity in self._leave_out


def _first(pair: tuple[str, os.DirEntry[str]]) -> str:
    return pair[0]


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _identity(path: str) -> Identity:
    return _identity_of(os.stat(path))


def _identity_of(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino


def _facts(status: os.stat_result, etag: str | None) -> Facts:
    return Facts(status.st_size, status.st_mtime_ns, etag)
