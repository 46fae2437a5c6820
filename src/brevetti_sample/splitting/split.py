"""A split: each sample of a manifest gets a purpose, such as train, devel or test, by share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from brevetti_sample.arguments import FOLD, PATH, PURPOSE, SHARES, as_integer, as_seed, as_text
from brevetti_sample.arrays.arrow import from_numpy, from_texts
from brevetti_sample.arrays.rows import NARROW_BYTES
from brevetti_sample.arrays.types import Int32Array, Int64Array
from brevetti_sample.errors import UsageError, argument
from brevetti_sample.groups.grouping import Grouping, group_rows
from brevetti_sample.groups.keys import label
from brevetti_sample.manifests.manifest import Manifest
from brevetti_sample.messages import close_match, listed, quoted
from brevetti_sample.streams.hashing import STRATUM, text_hashes

from .apportion import FREE, OTHER, offsets_of
from .assign import assign
from .balance import Contents
from .existing import purposes_of_items, purposes_of_rows
from .items import Items, find_items
from .notices import notices_of
from .shares import MOST_FOLDS, Shares, fold_shares, parse_shares

_MOST_CELLS = 1 << 26


@dataclass(frozen=True)
class Split:
    """A manifest's samples with their purposes. Made by `split_manifest`.

    Attributes:
        manifest: the manifest.
        column: the column of the purposes.
        folds: whether the purposes are folds, numbers from 0.
        shares: the share of each purpose.
        strata: the groups in each of which the shares are kept.
        items: how many items there are: rows that go together.
        largest: the key of the item that has the most rows, and how many.
        purposes: text [rows], the purpose of each row; int64, if they are folds.
        counts: int64 [strata, purposes], how many rows of each stratum each purpose has.
        others: rows of purposes that have no share, which are as they were.
        kept: how many rows had a purpose already.
        alone: how many rows have no key of an item and stand for themselves.
        numbered: whether such rows are told apart by their number.
        spread: how many items have rows in more than one stratum.
        notices: what one might not expect, a line each: shares that were made to sum to 1, purposes
            without rows, groups that a purpose lacks or has too few rows of.
    """

    manifest: Manifest
    column: str
    folds: bool
    shares: Shares
    strata: Grouping
    items: int
    largest: tuple[str, int]
    purposes: pa.Array
    counts: Int64Array
    others: Mapping[str, int]
    kept: int
    alone: int
    numbered: bool
    spread: int
    notices: tuple[str, ...]

    def table(self, only: str | int | None = None) -> pa.Table:
        """Read the manifest, with the column of purposes: in its place, or as the last.

        Args:
            only: the purpose, or the fold, whose rows are wanted; None for all rows.

        Raises:
            UsageError: no row has that purpose.
        """
        import pyarrow.compute as pc

        table = self._with_purposes()
        if only is None:
            return table
        names = [str(name) for name in self.purposes.unique().to_pylist()]
        only = as_text(str(only), "only")
        if only not in names:
            hint = close_match(only, names) or f"; there are {listed(names)}"
            raise UsageError(
                f"{quoted(only)} is not the purpose of any row",
                parameter="only",
                advice=hint.removeprefix("; "),
            )
        value = int(only) if self.folds else from_texts([only])[0]
        return table.filter(pc.equal(self.purposes, value))

    def _with_purposes(self) -> pa.Table:
        columns = self.manifest.columns
        table = self.manifest.read(columns)
        purposes = self.purposes
        if self.column not in columns:
            return table.append_column(self.column, purposes)
        kind = table.schema.field(self.column).type
        text = kind.value_type if pa.types.is_dictionary(kind) else kind
        if kind != purposes.type and (
            text in (pa.string(), pa.large_string(), pa.string_view())
            or (self.folds and _holds(kind, purposes))
        ):
            purposes = purposes.cast(text).cast(kind)
        return table.set_column(columns.index(self.column), self.column, purposes)


def split_manifest(
    manifest: Manifest,
    shares: str | Mapping[str, Any] | Shares | None = None,
    *,
    folds: int | None = None,
    groupby: str | Sequence[str] | None = None,
    min_per_group: int = 0,
    unique: str | Sequence[str] | None = None,
    unique_regex: str | None = None,
    path_column: str = PATH,
    seed: int = 0,
    column: str | None = None,
    reassign: bool = False,
) -> Split:
    """Give each sample a purpose by share, stratified, and never part the samples of one item.

    In each stratum, and in all, a purpose gets its share of the rows, rounded down or up, if the
    items are single rows; else as near to it as the sizes of the items allow. No purpose with a
    share is without rows while there are items enough. The purpose of an item depends on its key,
    the seed and the other items, never on the order of the rows.

    Args:
        manifest: the manifest.
        shares: the share of each purpose, as `shares.parse_shares` takes them; by default
            ``train=0.7,devel=0.15,test=0.15``.
        folds: instead of shares, the number of folds, 2 to 1,000 and at most as many as there are
            items: the purposes are the numbers from 0, with equal shares.
        groupby: the columns whose values make the strata; None for one stratum.
        min_per_group: how many rows of each stratum every purpose is to have at least, whatever its
            share; of a stratum that has too few, an equal part, rounded down.
        unique: the columns whose values tell items apart.
        unique_regex: or a regular expression that finds an item's key in the path.
        path_column: the column with the paths; rows of one path are an item if nothing else says.
        seed: in [0, 2^64).
        column: the column of purposes, by default ``purpose``, or ``fold``. Its values stay and
            count towards the shares; an item that has one in some rows gets it in all. Missing
            values and empty texts are filled.
        reassign: whether to forget these values.

    Returns:
        The purposes, and how the rows are divided.

    Raises:
        UsageError: shares, folds, items or a column that make no sense.
        ColumnError: no such column.
        ManifestError: an item that has two purposes already; a damaged or empty manifest.

    Example:
        >>> from brevetti_sample import bundled_manifest
        >>> split = split_manifest(
        ...     bundled_manifest(), "train=2,test=1", groupby="folder", column="part"
        ... )
        >>> split.counts.tolist()
        [[15, 7], [97, 49], [8, 4]]
        >>> split_manifest(bundled_manifest(), folds=5, groupby="folder").counts.tolist()[0]
        [5, 4, 5, 4, 4]
    """
    parsed = _shares(shares, folds)
    column = (FOLD if folds else PURPOSE) if column is None else column
    minimum = as_integer(min_per_group, "min_per_group", 0, (1 << 31) - 1)
    seed = as_seed(seed)
    by = (groupby,) if isinstance(groupby, str) else tuple(groupby or ())
    keys = (unique,) if isinstance(unique, str) else tuple(unique or ())
    _check_columns(manifest, column, by, keys, path_column)
    items = find_items(manifest, keys, unique_regex, path_column)
    strata = group_rows(manifest, by)
    _check_cells(len(strata.sizes), len(parsed.names))
    codes, names = purposes_of_rows(manifest, column, parsed, folds is not None, reassign)
    of_items = purposes_of_items(items, codes, names, manifest, column)
    sizes = np.bincount(items.codes, minlength=len(items.names))
    row_strata: Int32Array = np.concatenate(list(strata.codes()))
    contents = _contents(items, sizes, row_strata, len(strata.sizes))
    number = len(parsed.names)
    fixed = np.where(of_items < number, of_items, OTHER).astype(np.int32)
    if folds is not None and folds > (there := int(np.count_nonzero(fixed != OTHER))):
        raise UsageError(
            f"must be at most the number of items, {there:,}, not {folds:,}", parameter="folds"
        )
    assigned = assign(
        contents,
        items.hashes(seed),
        fixed,
        parsed,
        minimum,
        offsets_of(text_hashes(map(label, strata.keys), seed, STRATUM)),
    )
    of_items = np.where(assigned == OTHER, of_items, assigned)
    of_rows = of_items[items.codes].astype(np.int32)
    counts = np.bincount(
        row_strata.astype(np.int64) * len(names) + of_rows, minlength=len(strata.sizes) * len(names)
    ).reshape(len(strata.sizes), len(names))
    rest = zip(names[number:], counts.sum(axis=0)[number:].tolist(), strict=True)
    parts = np.repeat(fixed != OTHER, np.diff(contents.first))
    return Split(
        manifest=manifest,
        column=column,
        folds=folds is not None,
        shares=parsed,
        strata=strata,
        items=len(items.names),
        largest=(items.names[int(sizes.argmax())], int(sizes.max())),
        purposes=_column(of_rows, names, folds is not None),
        counts=counts[:, :number],
        others={name: count for name, count in rest if count},
        kept=int(np.count_nonzero(codes != FREE)),
        alone=items.alone,
        numbered=items.numbered,
        spread=int(np.count_nonzero(np.diff(contents.first) > 1)),
        notices=notices_of(
            counts[:, :number],
            np.bincount(contents.strata[parts], minlength=len(strata.sizes)),
            strata,
            parsed,
            folds=folds is not None,
            minimum=minimum,
        ),
    )


def _shares(shares: str | Mapping[str, Any] | Shares | None, folds: int | None) -> Shares:
    if folds is None:
        shares = SHARES if shares is None else shares
        return shares if isinstance(shares, Shares) else parse_shares(shares)
    if shares is not None:
        raise UsageError(
            f"{argument('shares')} and {argument('folds')} exclude each other",
            advice="pass one of them",
        )
    return fold_shares(as_integer(folds, "folds", 2, MOST_FOLDS))


def _check_columns(
    manifest: Manifest, column: str, by: Sequence[str], keys: Sequence[str], path_column: str
) -> None:
    if not as_text(column, "column"):
        raise UsageError("must have a name", parameter="column")
    if column in (*by, *keys):
        raise UsageError(
            f"{quoted(column)} cannot be among those of {argument('groupby')} or "
            f"{argument('unique')}",
            parameter="column",
            advice="name another for the purposes",
        )
    if path_column != PATH:
        manifest.check([path_column])


def _check_cells(strata: int, purposes: int) -> None:
    if strata * purposes > _MOST_CELLS:
        raise UsageError(
            f"{strata:,} groups times {purposes:,} purposes are more than {_MOST_CELLS:,}",
            concerns="groupby",
            advice="group by a column with fewer values",
        )


def _column(codes: Int32Array, names: Sequence[str], folds: bool) -> pa.Array:
    """The names of codes: text, or int64 for folds."""
    if folds:
        return from_numpy(np.array([int(name) for name in names], dtype=np.int64)[codes])
    texts = from_texts(names)
    if len(codes) * max(len(name.encode()) for name in names) > NARROW_BYTES:
        texts = texts.cast(pa.large_string())
    return pa.DictionaryArray.from_arrays(from_numpy(codes), texts).dictionary_decode()


def _holds(kind: pa.DataType, numbers: pa.Array) -> bool:
    """Whether a type is that of integers, and all these fit."""
    if not pa.types.is_integer(kind):
        return False
    try:
        numbers.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def _contents(items: Items, sizes: Int64Array, strata: Int32Array, number: int) -> Contents:
    """How many rows of which strata each item has."""
    count = len(items.names)
    if number == 1 or count == len(strata):
        of_items = np.zeros(count, dtype=np.int32)
        of_items[items.codes] = strata
        return Contents(np.arange(count + 1), of_items, sizes)
    pairs, rows = np.unique(items.codes.astype(np.int64) * number + strata, return_counts=True)
    item, stratum = np.divmod(pairs, number)
    return Contents(np.searchsorted(item, np.arange(count + 1)), stratum.astype(np.int32), rows)
