"""A session that imports from the working directory finds there what it asks for itself, no more.

``python -c``, a program on standard input, the interactive prompt and notebooks import from there
first. What this package imports, and what is imported by that, comes from where it is installed.

Nothing is imported here, nor above, but what Python has imported at its start: it would come from
there.
"""

import os
import sys
from _frozen_importlib_external import PathFinder

from .import_path import installed_roots, package_root, trusted_path

# Also if the session asks for them itself, as it will for NumPy.
_DEPENDENCIES = {
    *("google_crc32c", "jinja2", "lazy_loader", "msgspec", "numpy", "pandas", "pyarrow", "rich"),
    *("shellingham", "tensorflow", "typer", "vl_convert"),
}
# What pandas takes if it is there, by names that do not stand in its import statements.
_OPTIONAL = {"bottleneck", "numexpr"}


class Guard:
    """Finds what installed modules import where modules are installed, before all other finders.

    What such a module names in an import statement is not looked for elsewhere. What it imports
    by a name that it was given, as `pickle` does, may be the session's own.
    """

    def __init__(self) -> None:
        self._roots = tuple(f"{path}{os.sep}" for path in (*installed_roots(), package_root()))
        self._path: tuple[object, list[str]] = (None, [])

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        """Find a module as `importlib` asks for it; None to leave it to the other finders.

        Raises:
            ModuleNotFoundError: it is not installed, and must not be found elsewhere.
        """
        if path is not None:
            return None
        importer = sys._getframe(1)
        while importer.f_back and importer.f_globals.get("__name__", "").startswith("importlib"):
            importer = importer.f_back
        if not str(importer.f_globals.get("__file__")).startswith(self._roots):
            return self._find(name, target) if name in _DEPENDENCIES else None
        found = self._find(name, target)
        names = importer.f_code.co_names
        stated = any(one == name or one.startswith(f"{name}.") for one in names)
        if found is None and (stated or name in _OPTIONAL):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return found

    def _find(self, name: str, target: object) -> object:
        """Ask the other finders, the one of the import path for where modules are installed."""
        for finder in sys.meta_path:
            if finder is PathFinder:
                found: object = PathFinder.find_spec(name, self._trusted())
            elif isinstance(finder, Guard) or not hasattr(finder, "find_spec"):
                continue
            else:
                found = finder.find_spec(name, None, target)  # type: ignore[arg-type]
            if found is not None:
                return found
        return None

    def _trusted(self) -> list[str]:
        key = sys.path.copy(), os.environ.get("PYTHONPATH")
        if self._path[0] != key:
            self._path = key, trusted_path()
        return self._path[1]


def guard_session() -> None:
    """Guard this session if it imports from the working directory."""
    entries = os.environ.get("PYTHONPATH", os.sep).split(os.pathsep)
    here = "" in sys.path or any(os.path.normpath(entry) == os.curdir for entry in entries)
    if here and not any(isinstance(one, Guard) for one in sys.meta_path):
        sys.meta_path.insert(0, Guard())  # type: ignore[arg-type]
