"""Explicit weights, as they are given on the command line."""

from __future__ import annotations

import os
import stat
from collections import Counter
from typing import TYPE_CHECKING, Any

from brevetti_sample.errors import ManifestError, WeightingError
from brevetti_sample.files.failures import reason_of
from brevetti_sample.messages import listed

if TYPE_CHECKING:
    from brevetti_sample.groups.grouping import Grouping

WEIGHT = "weight"
_MOST_BYTES = 256 << 20


def read_weights(text: str, grouping: Grouping) -> dict[Any, str]:
    """Read ``GROUP=WEIGHT,...``, or a CSV or Parquet file with the groupby columns and ``weight``.

    Args:
        text: the pairs; or a path, if there is such a file or no equals sign in it.
        grouping: the groups that are to be weighted.

    Returns:
        The weight of each group, as text: by its label from pairs, by its key from a file.

    Raises:
        WeightingError: no pairs, or a group that comes twice.
        ColumnError: a file without the columns.
        ManifestError: a damaged file.
    """
    if "=" in text and not os.path.exists(text):
        pairs = _pairs(text)
    elif _is_file(text):
        pairs = _rows(text, grouping)
    else:
        raise WeightingError(f"weights: {listed([text])} is neither GROUP=NUMBER,... nor a file")
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise WeightingError(f"weights: {listed(twice)} has more than one weight; give one")
    return dict(pairs)


def _is_file(path: str) -> bool:
    try:
        return not stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise ManifestError(f"cannot be read: {reason_of(error)}", path=path) from error


def _pairs(text: str) -> list[tuple[Any, str]]:
    pairs: list[tuple[Any, str]] = []
    for part in text.split(","):
        label, equals, weight = part.rpartition("=")
        if not equals:
            raise WeightingError(
                f"weights: {listed([part])} is not GROUP=NUMBER; for names with commas use a CSV "
                f"file with the groupby columns and {WEIGHT}"
            )
        pairs.append((label.strip(), weight.strip()))
    return pairs


def _rows(path: str, grouping: Grouping) -> list[tuple[Any, str]]:
    from brevetti_sample.arrays.arrow import without_times
    from brevetti_sample.groups.grouping import group_rows
    from brevetti_sample.groups.keys import label
    from brevetti_sample.manifests.manifest import read_manifest

    if os.path.getsize(path) > _MOST_BYTES:
        raise WeightingError(
            f"weights: {listed([path])} has more than {_MOST_BYTES >> 20} MiB, which no table of "
            "the weights of groups has"
        )
    manifest = read_manifest(path)
    weighted = group_rows(manifest, grouping.columns)
    weights = without_times(manifest.read([WEIGHT]).column(WEIGHT)).to_pylist()
    index = weighted.index()
    known = set(grouping.keys)
    pairs: list[tuple[Any, str]] = []
    for key, size, first in zip(
        weighted.keys, weighted.sizes.tolist(), index.first.tolist(), strict=True
    ):
        # A key of another type, such as 1 for "1", stands for the group that is written alike.
        name = (key[0] if len(key) == 1 else key) if key in known else label(key)
        pairs.extend(
            (name, "" if weights[row] is None else str(weights[row]))
            for row in index.rows[first : first + size].tolist()
        )
    return pairs
