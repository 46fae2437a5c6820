"""What a split did not give, in words: purposes without rows, and groups that a purpose lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from brevetti_sample.arrays.types import BoolArray, Int64Array
from brevetti_sample.groups.grouping import Grouping
from brevetti_sample.groups.keys import label
from brevetti_sample.messages import quoted

from .shares import Shares

_LINES, _NAMES = 20, 10


def notices_of(
    counts: Int64Array,
    items: Int64Array,
    strata: Grouping,
    shares: Shares,
    *,
    folds: bool,
    minimum: int,
) -> tuple[str, ...]:
    """Write them, each on a line.

    Args:
        counts: int64 [strata, purposes], rows.
        items: int64 [strata], how many items have rows there.
        strata: the strata.
        shares: what each purpose was to get.
        folds: whether the purposes are folds.
        minimum: the rows of each stratum that every purpose was to have at least.

    Example:
        >>> from brevetti_sample import read_manifest
        >>> from brevetti_sample.groups.grouping import group_rows
        >>> from .shares import parse_shares
        >>> strata = group_rows(read_manifest([{"label": "good"}, {"label": "bad"}]), "label")
        >>> counts, items = np.array([[1, 0], [8, 1]]), np.array([1, 9])
        >>> shares = parse_shares("train=9,test=1")
        >>> notices_of(counts, items, strata, shares, folds=False, minimum=0)
        ("'test' has no rows of 'bad'",)
    """
    lines = [shares.notice] if shares.notice else []
    purposes = [f"fold {name}" if folds else quoted(name) for name in shares.names]
    given = np.array(shares.given)
    there = counts.any(axis=0)
    for purpose in np.flatnonzero(~there).tolist():
        reason = "there are not items enough" if given[purpose] else "its share is 0"
        lines.append(f"{purposes[purpose]} has no rows: {reason}")
    groups: BoolArray = np.asarray(counts.any(axis=1))
    wanted: BoolArray = groups[:, np.newaxis] & there & given
    few = np.flatnonzero(wanted.any(axis=1) & (items < len(purposes)))
    if folds and strata.columns and len(few):
        names = [f"{quoted(label(strata.keys[s]))} ({items[s]:,})" for s in few[:_NAMES].tolist()]
        lines.append(
            f"fewer items than the {len(purposes):,} folds in groups: {_and_more(names, len(few))}"
        )
    lacking: BoolArray = wanted & (counts == 0) & bool(strata.columns)
    lines += _too_few(lacking, strata, purposes, "no rows")
    least = np.maximum(np.array(shares.rows or (0,) * len(purposes)), minimum)
    below = wanted & (counts < least) & ~lacking
    for number in np.unique(least[below.any(axis=0)]).tolist():
        cells = below & (least == number)
        lines += _too_few(cells, strata, purposes, f"fewer than {number:,} rows")
    return tuple(lines)


def _too_few(
    cells: BoolArray, strata: Grouping, purposes: Sequence[str], what: str
) -> Iterator[str]:
    """Say of which strata which purposes have too few rows, on as few lines as possible."""
    groups, found = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    by_group = len(groups) < len(found)
    lines = groups if by_group else found
    for number in lines[:_LINES].tolist():
        cell = np.flatnonzero(cells[number] if by_group else cells[:, number])
        shown = cell[:_NAMES].tolist()
        if by_group:
            names = [purposes[k] for k in shown]
            of = f" of {quoted(label(strata.keys[number]))}" if strata.columns else ""
            yield f"{what}{of} in {_and_more(names, len(cell))}"
        else:
            names = [quoted(label(strata.keys[s])) for s in shown]
            of = f" of {_and_more(names, len(cell))}" if strata.columns else ""
            yield f"{purposes[number]} has {what}{of}"
    if len(lines) > _LINES:
        noun = "groups" if by_group else "purposes"
        yield f"and {what} in {len(lines) - _LINES:,} more {noun}"


def _and_more(names: Sequence[str], count: int) -> str:
    more = count - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
