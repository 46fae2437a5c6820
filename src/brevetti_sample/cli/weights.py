"""Explicit weights, as they are given on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import WeightingError, listed

WEIGHT = "weight"


def read_weights(text: str, columns: Sequence[str]) -> dict[str, str]:
    """Read ``GROUP=WEIGHT,...``, or a CSV or Parquet file with the groupby columns and ``weight``.

    Args:
        text: the pairs, or a path (which has no equals sign in it).
        columns: the groupby columns.

    Returns:
        The weight of each group, as text, by its label.

    Raises:
        WeightingError: no pairs, or a group that comes twice.
        ColumnError: a file without the columns.
        ManifestError: no such file, or a damaged one.

    Example:
        >>> read_weights("good=1,bad_cap=2.5", ["folder"])
        {'good': '1', 'bad_cap': '2.5'}
    """
    pairs = _pairs(text) if "=" in text else _rows(text, columns)
    labels = [label for label, _ in pairs]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise WeightingError(f"weights: {listed(twice)} has more than one weight; give one")
    return dict(pairs)


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for part in text.split(","):
        label, equals, weight = part.rpartition("=")
        if not equals:
            raise WeightingError(
                f"weights: {listed([part])} is not GROUP=NUMBER; for names with commas use a CSV "
                f"file with the groupby columns and {WEIGHT}"
            )
        pairs.append((label.strip(), weight.strip()))
    return pairs


def _rows(path: str, columns: Sequence[str]) -> list[tuple[str, str]]:
    from ..factor import without_times
    from ..grouping import group_rows, label
    from ..manifest import read_manifest

    manifest = read_manifest(path)
    grouping = group_rows(manifest, columns)
    weights = without_times(manifest.read([WEIGHT]).column(WEIGHT)).to_pylist()
    index = grouping.index()
    pairs: list[tuple[str, str]] = []
    for key, size, first in zip(
        grouping.keys, grouping.sizes.tolist(), index.first.tolist(), strict=True
    ):
        pairs.extend(
            (label(key), "" if weights[row] is None else str(weights[row]))
            for row in index.rows[first : first + size].tolist()
        )
    return pairs
