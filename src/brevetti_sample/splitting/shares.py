"""The shares of a split: which part of the samples each purpose is to get."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from brevetti_sample.arguments import as_text
from brevetti_sample.errors import UsageError
from brevetti_sample.messages import listed, quoted, repeated

MOST_PARTS = 10**9
"""The largest denominator of the shares, so that their products with row numbers fit 64 bits."""
MOST_FOLDS = 1000
"""The largest number of folds."""
REST = "rest"
"""The share of the purpose that gets what the others leave."""
_FORM = "write them as train=0.8,test=0.2"
_NUMBER = re.compile(r"([0-9]{1,10}(\.[0-9]{0,9})?|\.[0-9]{1,9})%?|[0-9]{1,10}/[0-9]{1,10}")
_ROWS = re.compile(r"([0-9]{1,9}) ?rows?")
_USUAL_SUM, _SMALL_SUM = 100, 20
"""Whole parts that sum to the one, or to no more than the other, are meant as they are."""


@dataclass(frozen=True)
class Shares:
    """Shares as whole parts of a whole. Made by `parse_shares` or `fold_shares`.

    Attributes:
        names: the purposes, in the order that was given.
        parts: the share of each, as an integer over their sum, at least 0.
        rows: how many rows of each group each gets before the shares are applied to what is left;
            0 for those with a share. Empty if there is none.
        notice: what is worth saying about them; empty if nothing is.
    """

    names: tuple[str, ...]
    parts: tuple[int, ...]
    rows: tuple[int, ...] = ()
    notice: str = ""

    @property
    def total(self) -> int:
        """The sum of the parts, 1 to `MOST_PARTS`."""
        return sum(self.parts)

    @property
    def given(self) -> tuple[bool, ...]:
        """Whether each purpose is to get anything."""
        rows = self.rows or (0,) * len(self.parts)
        return tuple(bool(part or count) for part, count in zip(self.parts, rows, strict=True))

    def heading(self, purpose: int) -> str:
        """What a purpose is to get, for people.

        Example:
            >>> shares = parse_shares("train=20rows,test=rest")
            >>> shares.heading(0), shares.heading(1)
            ('20 rows', 'rest')
        """
        if self.rows and self.rows[purpose]:
            return f"{self.rows[purpose]:,} rows"
        if self.rows and self.parts[purpose] == self.total:
            return REST
        return f"{self.parts[purpose] / self.total:.4g}" + (" of rest" if self.rows else "")


def fold_shares(folds: int) -> Shares:
    """Equal shares for folds, named from 0.

    Example:
        >>> fold_shares(3)
        Shares(names=('0', '1', '2'), parts=(1, 1, 1), rows=(), notice='')
    """
    return Shares(tuple(map(str, range(folds))), (1,) * folds)


def parse_shares(shares: str | Mapping[str, Any]) -> Shares:
    """Read shares.

    Args:
        shares: ``NAME=SHARE,...``, or a mapping. Each share is one of these:

            - a decimal (``0.7``), a fraction (``7/10``) or a percentage (``70%``) of 1, or a whole
              number (``7``), which is a part of their sum. Numbers stand for their shortest
              decimals. If they sum to something else, they are parts of that sum; unless the sum
              is 1 or 100, or all are whole and it is at most 20, `Shares.notice` says so.
            - ``20rows``: that many rows of each group. The shares divide what is left.
            - ``rest``, for one of them: what the others leave.

    Returns:
        The shares, exactly.

    Raises:
        UsageError: no such pairs, a name twice, no number, nothing left for ``rest``, or nothing
            for the rows beyond fixed numbers.

    Example:
        >>> parse_shares("train=0.7,test=0.3").parts, parse_shares({"train": 2, "test": 1}).parts
        ((7, 3), (2, 1))
        >>> parse_shares("test=100rows,train=70%,devel=rest")
        Shares(names=('test', 'train', 'devel'), parts=(0, 7, 3), rows=(100, 0, 0), notice='')
    """
    pairs = list(_pairs(shares) if isinstance(shares, str) else shares.items())
    names = tuple(as_text(str(name), "shares") for name, _ in pairs)
    if twice := repeated(names):
        raise _refused(f"have more than one for {listed(twice)}")
    if "" in names or not names:
        raise _refused("must name every purpose", _FORM)
    rows = tuple(_rows(share) for _, share in pairs)
    rest = [name for name, share in pairs if _is_rest(share)]
    if len(rest) > 1:
        raise _refused(f"can give the rest to one purpose only, not to {listed(rest)}")
    values = [
        Fraction(0) if count is not None or _is_rest(share) else _number(name, share)
        for (name, share), count in zip(pairs, rows, strict=True)
    ]
    total = sum(values, Fraction(0))
    notice = ""
    if rest:
        if total >= 1:
            raise _refused(
                f"sum to {_text(total)} and leave nothing for {listed(rest)}",
                "beside 'rest', write shares of 1, or percentages such as 70%",
            )
        values[names.index(rest[0])] = 1 - total
    elif not total and any(rows):
        raise _refused(
            "give each group's other rows to no purpose", f"add a purpose for them: NAME={REST}"
        )
    elif not total:
        raise _refused(
            "sum to 0, not to 1",
            "correct them, or give whole parts such as train=7,devel=2,test=1",
        )
    elif total not in (1, _USUAL_SUM) and not _are_small_parts(values):
        portions = (
            f"'{name}' {float(value / total):.4g}"
            for name, value in zip(names, values, strict=True)
            if value
        )
        notice = f"the shares sum to {_text(total)}, not to 1: they are {', '.join(portions)}"
    unit = math.lcm(*(value.denominator for value in values))
    divisor = math.gcd(*(int(value * unit) for value in values))
    parts = tuple(int(value * unit) // divisor for value in values)
    if sum(parts) > MOST_PARTS:
        raise _refused(f"are parts of {sum(parts)}, more than {MOST_PARTS}", "round them")
    return Shares(names, parts, tuple(count or 0 for count in rows) if any(rows) else (), notice)


def _are_small_parts(values: Iterable[Fraction]) -> bool:
    values = list(values)
    return sum(values) <= _SMALL_SUM and all(value.denominator == 1 for value in values)


def _rows(share: Any) -> int | None:
    """How many rows a share asks for; None if it is another kind of share."""
    found = _ROWS.fullmatch(share) if isinstance(share, str) else None
    return int(found[1]) if found else None


def _is_rest(share: Any) -> bool:
    return isinstance(share, str) and share == REST


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
