"""Write drawn rows to Parquet, as whole processes: ours, DuckDB, pandas, and what bounds it.

    python benchmarks/plan.py --rows 10000000 --draws 10000000

Drawn are row, group and path of a Parquet manifest of Zipf 1.2 groups, weighted by the square root
of the size. DuckDB draws rows independently by the largest of weighted random keys, so no row
twice; pandas independently with replacement. The bound is no sampling at all: an Arrow `take` of
those columns by random row numbers, and its write to Parquet, all read before the clock starts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from make_manifest import write_manifest
from timing import Candidate, apart, in_turn, installed, process, report

_DUCKDB = """
import duckdb, sys
source, target, draws = sys.argv[1:]
duckdb.execute(f'''
    copy (
        with sized as (select folder, 1 / sqrt(count(*)) as weight from '{source}' group by all)
        select file_row_number as row, folder as "group", path
        from read_parquet('{source}', file_row_number = true) join sized using (folder)
        order by -ln(random()) / weight limit {draws}
    ) to '{target}' (format parquet)
''')
"""
_PANDAS = """
import pandas, sys
source, target, draws = sys.argv[1:]
table = pandas.read_parquet(source)
size = table.groupby("folder")["path"].transform("size")
drawn = table.sample(int(draws), replace=True, weights=size**-0.5, random_state=1)
drawn.reset_index(names="row").to_parquet(target)
"""


def take_and_write(source: Path, target: Path, draws: int) -> Callable[[], object]:
    """Take random rows of the columns in memory and write them, a million at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    read = pq.read_table(source, read_dictionary=["folder"]).unify_dictionaries()
    table = read.combine_chunks()
    rows = pa.array(np.random.default_rng(1).integers(0, len(table), draws))

    def call() -> None:
        schema = pa.schema([*table.schema, pa.field("row", rows.type)])
        with pq.ParquetWriter(target, schema) as writer:
            for start in range(0, draws, 1 << 20):
                part = rows.slice(start, 1 << 20)
                taken = table.take(part)
                writer.write_table(pa.table([*taken.columns, part], schema=schema))

    return call


def main() -> None:
    """Parse the arguments, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--groups", type=int, default=1_000)
    parser.add_argument("--draws", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    draws = str(arguments.draws)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "manifest.parquet"), Path(folder, "drawn.parquet")
        write_manifest(str(source), arguments.rows, arguments.groups)
        command = [sys.executable, "-m", "brevetti_sample", "plan", str(source), "-n", draws]
        command += ["-g", "folder", "-w", "square root", "-c", "path", "-o", str(target)]
        bound = apart(lambda: take_and_write(source, target, arguments.draws))
        candidates: list[Candidate] = [
            ("brevetti-sample plan", process(command)),
            ("Arrow take and write alone, in memory", bound),
        ]
        for name, package, program in (
            ("DuckDB, order by random keys", "duckdb", _DUCKDB),
            ("pandas sample(weights=)", "pandas", _PANDAS),
        ):
            python = [sys.executable, "-c", program, str(source), str(target), draws]
            candidates.append((name, process(python) if installed(package) else None))
        title = f"{arguments.draws:,} draws of {arguments.rows:,} rows, {arguments.groups:,} groups"
        report(f"{title}: row, group and path to Parquet", in_turn(candidates, arguments.repeats))


if __name__ == "__main__":
    main()
