"""Write a large manifest of unequal groups, as Parquet or CSV.

    python benchmarks/make_manifest.py big.parquet --rows 10000000 --groups 1000

Group k of G gets rows in proportion to k^-1.2 (Zipf), at least one; the rows are shuffled. The
columns are `path` and `folder`. The same arguments give the same rows.
"""

from __future__ import annotations

import argparse

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

_CHUNK = 1 << 20


def group_sizes(rows: int, groups: int, exponent: float) -> np.ndarray:
    """Sizes that add up to ``rows``, in proportion to k^-exponent."""
    shares = np.arange(1, groups + 1) ** -exponent
    sizes = np.maximum(1, np.floor(shares / shares.sum() * (rows - groups))).astype(np.int64)
    sizes[0] += rows - sizes.sum()
    return sizes


def write_manifest(path: str, rows: int, groups: int, exponent: float = 1.2) -> None:
    """Write the manifest to a path that ends in .parquet or .csv."""
    codes = np.repeat(np.arange(groups, dtype=np.int32), group_sizes(rows, groups, exponent))
    np.random.default_rng(1).shuffle(codes)
    names = pa.array([f"group_{number:06d}" for number in range(groups)])
    schema = pa.schema([("path", pa.string()), ("folder", pa.string())])
    csv = path.endswith(".csv")
    with (pyarrow.csv.CSVWriter if csv else pyarrow.parquet.ParquetWriter)(path, schema) as writer:
        for start in range(0, rows, _CHUNK):
            part = codes[start : start + _CHUNK]
            folders = pa.DictionaryArray.from_arrays(part, names).cast(pa.string())
            paths = [
                f"s3://bucket/data/{code:06d}/{start + i:09d}.png"
                for i, code in enumerate(part.tolist())
            ]
            writer.write_table(pa.table([pa.array(paths), folders], schema=schema))


def main() -> None:
    """Parse the arguments and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", help="a path that ends in .parquet or .csv")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--groups", type=int, default=1000)
    parser.add_argument("--exponent", type=float, default=1.2)
    arguments = parser.parse_args()
    write_manifest(arguments.output, arguments.rows, arguments.groups, arguments.exponent)


if __name__ == "__main__":
    main()
