"""A split: each sample of a manifest gets a purpose, such as train, devel or test, by share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from brevetti_sample.arguments import PATH, PURPOSE, SHARES, as_seed
from brevetti_sample.arrays.arrow import from_numpy, from_texts
from brevetti_sample.arrays.types import Int32Array, Int64Array
from brevetti_sample.errors import ManifestError, UsageError, argument
from brevetti_sample.groups.factorize import factorize
from brevetti_sample.groups.grouping import Grouping, group_rows
from brevetti_sample.groups.keys import label
from brevetti_sample.manifests.manifest import Manifest
from brevetti_sample.messages import close_match, listed, quoted
from brevetti_sample.streams.hashing import STRATUM, text_hashes

from .apportion import FREE, OTHER, apportion, offsets_of
from .items import Items, find_items
from .shares import Shares, parse_shares

_SHOWN_CONFLICTS = 3


@dataclass(frozen=True)
class Split:
    """A manifest's samples with their purposes. Made by `split_manifest`.

    Attributes:
        manifest: the manifest.
        column: the column of the purposes.
        shares: the share of each purpose.
        strata: the groups in each of which the shares are kept.
        items: how many items there are: rows that go together.
        largest: the key of the item that has the most rows, and how many.
        purposes: text [rows], the purpose of each row.
        counts: int64 [strata, purposes], how many rows of each stratum each purpose has.
        others: rows of purposes that have no share, which are as they were.
        kept: how many rows had a purpose already.
        alone: how many rows have no key of an item and stand for themselves.
        numbered: whether such rows are told apart by their number.
        spread: how many items have rows in more than one stratum.
    """

    manifest: Manifest
    column: str
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

    def table(self, only: str | None = None) -> pa.Table:
        """Read the manifest, with the column of purposes: in its place, or as the last.

        Args:
            only: the purpose whose rows are wanted; None for all rows.

        Raises:
            UsageError: no row has that purpose.
        """
        import pyarrow.compute as pc

        table = self._with_purposes()
        if only is None:
            return table
        rows = table.filter(pc.equal(self.purposes, from_texts([only])[0]))
        if not rows.num_rows:
            names = self.purposes.unique().to_pylist()
            hint = close_match(only, names) or f"; there are {listed(names)}"
            raise UsageError(
                f"{quoted(only)} is not the purpose of any row",
                parameter="only",
                advice=hint.removeprefix("; "),
            )
        return rows

    def _with_purposes(self) -> pa.Table:
        columns = self.manifest.columns
        table = self.manifest.read(columns)
        purposes = self.purposes
        if self.column not in columns:
            return table.append_column(self.column, purposes)
        kind = table.schema.field(self.column).type
        text = kind.value_type if pa.types.is_dictionary(kind) else kind
        if kind != pa.string() and text in (pa.string(), pa.large_string(), pa.string_view()):
            purposes = purposes.cast(kind)
        return table.set_column(columns.index(self.column), self.column, purposes)


def split_manifest(
    manifest: Manifest,
    shares: str | Mapping[str, Any] = SHARES,
    *,
    groupby: str | Sequence[str] | None = None,
    unique: str | Sequence[str] | None = None,
    unique_regex: str | None = None,
    path_column: str = PATH,
    seed: int = 0,
    column: str = PURPOSE,
    reassign: bool = False,
) -> Split:
    """Give each sample a purpose by share, stratified, and never part the samples of one item.

    In each stratum, a purpose gets its share of the rows, rounded down or up, if the items are
    single rows; else as near to it as the sizes of the items allow. An item counts in the stratum
    that most of its rows are in. The purpose of an item depends on its key, the seed and the other
    items of its stratum, never on the order of the rows.

    Args:
        manifest: the manifest.
        shares: the share of each purpose, as `shares.parse_shares` takes them.
        groupby: the columns whose values make the strata; None for one stratum.
        unique: the columns whose values tell items apart.
        unique_regex: or a regular expression that finds an item's key in the path.
        path_column: the column with the paths; rows of one path are an item if nothing else says.
        seed: in [0, 2^64).
        column: the column of purposes. Its values stay and count towards the shares; an item that
            has one in some rows gets it in all. Missing values and empty texts are filled.
        reassign: whether to forget these values.

    Returns:
        The purposes, and how the rows are divided.

    Raises:
        UsageError: shares, items or a column that make no sense.
        ColumnError: no such column.
        ManifestError: an item that has two purposes already; a damaged or empty manifest.

    Example:
        >>> from brevetti_sample import bundled_manifest
        >>> split = split_manifest(
        ...     bundled_manifest(), "train=2,test=1", groupby="folder", column="part"
        ... )
        >>> split.counts.tolist()
        [[15, 7], [97, 49], [8, 4]]
    """
    parsed = parse_shares(shares)
    seed = as_seed(seed)
    if not column:
        raise UsageError("must have a name", parameter="column")
    by = (groupby,) if isinstance(groupby, str) else tuple(groupby or ())
    keys = (unique,) if isinstance(unique, str) else tuple(unique or ())
    if column in (*by, *keys):
        raise UsageError(
            f"{quoted(column)} cannot be among those of {argument('groupby')} or "
            f"{argument('unique')}",
            parameter="column",
            advice="name another for the purposes",
        )
    if path_column != PATH:
        manifest.check([path_column])
    items = find_items(manifest, keys, unique_regex, path_column)
    strata = group_rows(manifest, by)
    codes, names = _purposes(manifest, column, parsed, reassign)
    of_items = _purposes_of_items(items, codes, names, manifest, column)
    sizes = np.bincount(items.codes, minlength=len(items.names))
    row_strata: Int32Array = np.concatenate(list(strata.codes()))
    item_strata, spread = _strata_of_items(items, row_strata, len(strata.sizes))
    number = len(parsed.names)
    fixed = np.where(of_items < number, of_items, OTHER).astype(np.int32)
    assigned = apportion(
        item_strata,
        sizes,
        items.hashes(seed),
        fixed,
        parsed,
        offsets_of(text_hashes(map(label, strata.keys), seed, STRATUM)),
    )
    of_items = np.where(assigned == OTHER, of_items, assigned)
    of_rows = of_items[items.codes].astype(np.int32)
    counts = np.bincount(
        row_strata.astype(np.int64) * len(names) + of_rows, minlength=len(strata.sizes) * len(names)
    ).reshape(len(strata.sizes), len(names))
    rest = zip(names[number:], counts.sum(axis=0)[number:].tolist(), strict=True)
    return Split(
        manifest=manifest,
        column=column,
        shares=parsed,
        strata=strata,
        items=len(items.names),
        largest=(items.names[int(sizes.argmax())], int(sizes.max())),
        purposes=pa.DictionaryArray.from_arrays(
            from_numpy(of_rows), from_texts(names)
        ).dictionary_decode(),
        counts=counts[:, :number],
        others={name: count for name, count in rest if count},
        kept=int(np.count_nonzero(codes != FREE)),
        alone=items.alone,
        numbered=items.numbered,
        spread=spread,
    )


def _purposes(
    manifest: Manifest, column: str, shares: Shares, reassign: bool
) -> tuple[Int32Array, list[str]]:
    """The purpose that each row has, or `FREE`; and the names of all, those with shares first."""
    names = list(shares.names)
    free = np.full(manifest.rows, FREE, dtype=np.int32)
    if reassign or column not in manifest.columns:
        return free, names
    values = manifest.read([column], dictionary=[column]).column(column)
    if pa.types.is_null(values.type):
        return free, names
    factor = factorize(values, column)
    strange = [value for value in factor.values if not isinstance(value, str | None)]
    if strange:
        raise UsageError(
            f"has values that are not text, such as {listed(strange[:1])}",
            source=manifest.name,
            column=column,
            parameter="column",
            advice=f"choose another {argument('column')}, or pass {argument('reassign', True)}",
        )
    names += [value for value in factor.values if value and value not in shares.names]
    codes = {name: number for number, name in enumerate(names)}
    renumber = np.array([codes.get(value, FREE) for value in factor.values], dtype=np.int32)
    return np.concatenate(list(factor.codes(renumber))), names


def _purposes_of_items(
    items: Items, codes: Int32Array, names: Sequence[str], manifest: Manifest, column: str
) -> Int32Array:
    """The purpose of each item that has one in some row, or `FREE`."""
    highest = np.full(len(items.names), FREE, dtype=np.int32)
    np.maximum.at(highest, items.codes, codes)
    there = codes != FREE
    parted = items.codes[there & (codes != highest[items.codes])]
    if len(parted):
        twice = np.unique(parted)
        shown = []
        for item in twice[:_SHOWN_CONFLICTS].tolist():
            has = np.unique(codes[there & (items.codes == item)])
            shown.append(f"{quoted(items.names[item])} has {listed(names[i] for i in has)}")
        more = f" and {len(twice) - len(shown)} more" if len(twice) > len(shown) else ""
        raise ManifestError(
            f"gives an item more than one purpose: {'; '.join(shown)}{more}",
            source=manifest.name,
            column=column,
            advice=f"fix the column, or pass {argument('reassign', True)}",
        )
    return highest


def _strata_of_items(items: Items, rows: Int32Array, strata: int) -> tuple[Int32Array, int]:
    """The stratum that most rows of each item are in, of several the first; how many have two."""
    if strata == 1:
        return np.zeros(len(items.names), dtype=np.int32), 0
    pairs, counts = np.unique(items.codes.astype(np.int64) * strata + rows, return_counts=True)
    item, stratum = np.divmod(pairs, strata)
    order = np.lexsort((stratum, -counts, item))
    first = np.searchsorted(item, np.arange(len(items.names)))  # the order is by items, too
    spread = int(np.count_nonzero(np.bincount(item) > 1))
    return stratum[order[first]].astype(np.int32), spread
