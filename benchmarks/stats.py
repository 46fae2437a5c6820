"""The frequency of a column, as a whole process: ours, and DuckDB's GROUP BY.

python benchmarks/make_manifest.py big.parquet
python benchmarks/stats.py big.parquet
"""

from __future__ import annotations

import argparse
import importlib.util
import sys

from timing import in_turn, process, report


def main() -> None:
    """Parse the arguments, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest")
    parser.add_argument("--repeats", type=int, default=9)
    arguments = parser.parse_args()

    ours = [sys.executable, "-m", "brevetti_sample", "stats", arguments.manifest, "-g", "folder"]
    candidates = [("DuckDB", None), ("brevetti-sample stats", process(ours))]
    if importlib.util.find_spec("duckdb"):
        query = f"SELECT folder, count(*) FROM '{arguments.manifest}' GROUP BY folder"
        program = f"import duckdb; duckdb.sql({query!r}).fetchall()"
        candidates[0] = ("DuckDB", process([sys.executable, "-c", program]))
    else:
        print("DuckDB is not installed: pip install --group benchmarks")
        del candidates[0]
    report(f"groups of {arguments.manifest}", in_turn(candidates, arguments.repeats))


if __name__ == "__main__":
    main()
