"""What can be configured: the options that are keys of configuration files too."""

from __future__ import annotations

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


def key_of(field: str) -> Option | None:
    """The key for an option of a command, if it can be configured.

    Example:
        >>> key_of("batch_size").name, key_of("draws")
        ('batch-size', None)
    """
    return next((key for key in KEYS if key.field == field), None)
