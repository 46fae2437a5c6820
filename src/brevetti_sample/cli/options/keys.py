"""What can be configured: the options that are keys of configuration files too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .declaration import PREFIX, Option, options_of
from .export import Records
from .sampling import Sampling, Source

SAMPLING = tuple(one for one in options_of(Sampling) if one.configurable)
"""The keys that a plan fixes."""
KEYS = (
    *options_of(Source),
    *SAMPLING,
    *(one for one in options_of(Records) if one.configurable),
)
"""All keys, in the order in which they are shown."""
EXCLUSIVE = ("weighting", "weights")
"""Keys of which a command takes one: given nearer, the other is left out."""
CHOICE = PREFIX + "CONFIG"
"""The environment variable that names the file to read instead of looking for one."""


@dataclass(frozen=True, eq=False)
class Setting:
    """A configured value.

    Attributes:
        key: what it is for.
        value: of the option, its paths as seen from the working directory.
        source: the environment variable, or the file.
        line: of the file, if it is known.
    """

    key: Option
    value: Any
    source: str
    line: int | None = None

    @property
    def origin(self) -> str:
        """Where the value stands, as ``VARIABLE``, ``FILE`` or ``FILE:LINE``."""
        return self.source if self.line is None else f"{self.source}:{self.line}"

    @property
    def values(self) -> list[Any]:
        """The values of a list, or the one value."""
        return self.value if isinstance(self.value, list) else [self.value]

    def words(self) -> list[str]:
        """Write it as it would be given on the command line."""
        if self.key.is_argument:
            return list(map(str, self.values))
        return [word for pair in self.key.written(self.value) for word in pair if word is not None]
