"""Where a process of ours imports from: never from the working directory.

That is where a user looks at data of others; a `numpy.py` among them must not run. Python puts the
working directory first for ``python -m`` and ``-c``, and where `PYTHONPATH` has an empty entry.

Nothing is imported here, nor above, but what Python has imported at its start: it would come from
there.
"""

import os
import site
import sys


def trusted_path() -> list[str]:
    """Where this process imports from, without the working directory.

    Left out are also the relative entries of `PYTHONPATH`, which lie elsewhere with each working
    directory. If the package itself was imported from one of these, that comes last: it is needed,
    but hides nothing.

    Example:
        >>> "" in trusted_path(), os.getcwd() in trusted_path()
        (False, False)
    """
    left_out = {_real(path) for path in ("", *_relative(os.environ.get("PYTHONPATH", "")))}
    left_out -= {_real(path) for path in installed_roots()}
    path = [one for one in sys.path if os.path.isabs(one) and _real(one) not in left_out]
    return path if package_root() in path else [*path, package_root()]


def package_root() -> str:
    """The folder that the package is in."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def installed_roots() -> list[str]:
    """Where Python and what is installed are; the working directory may happen to be there."""
    return [os.path.dirname(os.__file__), *site.getsitepackages(), site.getusersitepackages()]


def _relative(path: str) -> list[str]:
    return [one for one in path.split(os.pathsep) if not os.path.isabs(one)]


def _real(path: str) -> str:
    try:
        return os.path.realpath(path)
    except OSError:  # the working directory has been removed
        return path
