"""The shares of a split: which part of the samples each purpose is to get."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from brevetti_sample.errors import UsageError
from brevetti_sample.messages import listed, quoted, repeated

MOST_PARTS = 10**9
"""The largest denominator of the shares, so that their products with row numbers fit 64 bits."""
_FORM = "write them as train=0.8,test=0.2"
_NUMBER = re.compile(r"([0-9]{1,10}(\.[0-9]{0,9})?|\.[0-9]{1,9})%?|[0-9]{1,10}/[0-9]{1,10}")


@dataclass(frozen=True)
class Shares:
    """Shares as whole parts of a whole. Made by `parse_shares`.

    Attributes:
        names: the purposes, in the order that was given.
        parts: the share of each, as an integer over their sum, at least 0.
    """

    names: tuple[str, ...]
    parts: tuple[int, ...]

    @property
    def total(self) -> int:
        """The sum of the parts, 1 to `MOST_PARTS`."""
        return sum(self.parts)


def parse_shares(shares: str | Mapping[str, Any]) -> Shares:
    """Read shares.

    Args:
        shares: ``NAME=SHARE,...``, or a mapping. Each share is a decimal (``0.7``), a fraction
            (``7/10``) or a percentage (``70%``), and they sum to 1; or all are whole numbers
            (``7``), which are parts of their sum. Numbers stand for their shortest decimals.

    Returns:
        The shares, exactly.

    Raises:
        UsageError: no such pairs, a name twice, no number, or a sum other than 1.

    Example:
        >>> parse_shares("train=0.7,test=0.3").parts, parse_shares({"train": 2, "test": 1}).parts
        ((7, 3), (2, 1))
    """
    pairs = list(_pairs(shares) if isinstance(shares, str) else shares.items())
    names = [str(name) for name, _ in pairs]
    if twice := repeated(names):
        raise _refused(f"have more than one for {listed(twice)}")
    if "" in names or not names:
        raise _refused("must name every purpose", _FORM)
    values = [_number(name, share) for name, share in pairs]
    total = sum(values)
    integers = all(value.denominator == 1 for value in values)
    if total == 0 or not (integers or total == 1):
        raise _refused(
            f"sum to {_text(total)}, not to 1",
            "correct them, or give whole parts such as train=7,devel=2,test=1",
        )
    unit = math.lcm(*(value.denominator for value in values))
    divisor = math.gcd(*(int(value * unit) for value in values))
    parts = tuple(int(value * unit) // divisor for value in values)
    if sum(parts) > MOST_PARTS:
        raise _refused(f"are parts of {sum(parts)}, more than {MOST_PARTS}", "round them")
    return Shares(tuple(names), parts)


def _refused(reason: str, advice: str = "") -> UsageError:
    return UsageError(reason, parameter="shares", advice=advice)


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for part in text.split(","):
        name, equals, share = part.rpartition("=")
        if not equals:
            raise _refused(f"must be NAME=SHARE,..., not {quoted(part.strip())}", _FORM)
        yield name.strip(), share.strip()


def _number(name: str, share: Any) -> Fraction:
    if isinstance(share, float) and math.isfinite(share):
        share = Decimal(str(share))
    text = f"{share:f}" if isinstance(share, Decimal) else str(share)
    if isinstance(share, bool) or not _NUMBER.fullmatch(text):
        raise _refused(
            f"must be numbers such as 0.7, 7/10, 70% or 7, not {quoted(text)} for {quoted(name)}"
        )
    try:
        return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)
    except ZeroDivisionError:
        raise _refused(f"divide by zero: {quoted(text)} for {quoted(name)}") from None


def _text(value: Fraction | int) -> str:
    """Write a number as a decimal if that is exact, else as a fraction."""
    value = Fraction(value)
    decimal = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{decimal.normalize():f}" if Fraction(decimal) == value else str(value)
