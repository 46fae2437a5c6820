"""Damages, as the parts of `verify` report them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Damage:
    """Something that is not as it was written.

    Attributes:
        name: of the file.
        reason: what is wrong with it.
    """

    name: str
    reason: str
