"""How the package hangs together: who imports whom, and what the start costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import brevetti_sample

PACKAGE = Path(brevetti_sample.__file__).parent
# Each module may import those in front of it.
ORDER = [
    *(
        "_types",
        "errors",
        "ahead",
        "cores",
        "hashing",
        "radix",
        "arrow",
        "factor",
        "tally",
        "sources",
        "table_file",
        "csv_parts",
        "csv_file",
        "parquet_file",
        "manifest",
    ),
    *("grouping", "weighting", "mismatch", "whole", "plan"),
    *("classes", "interleave", "permutation", "stream", "philox", "replay"),
    *("shares", "apportion", "items", "split", "patterns", "tree", "remote_tree", "trees", "scan"),
    *("frequency", "batches", "writers", "tfrecord", "report"),
    *(
        "texts",
        "samples",
        "features",
        "feed",
        "source",
        "pipeline",
        "state",
        "structure",
        "numpy_iterator",
    ),
    *("actions", "drawn_samples", "data_generator", "sampler", "files", "decoding", "maps"),
    *("image_generator", "prediction", "legacy", "cli"),
]
TFRECORD_ORDER = [
    *(
        "features",
        "wire",
        "example",
        "framing",
        "reader",
        "image_header",
        "images",
        "images_ahead",
        "blocks",
        "image_records",
        "options",
    ),
    *(
        "labels",
        "samples",
        "digest",
        "direct_file",
        "shard",
        "folder",
        "workers",
        "pool",
        "description",
        "planning",
        "contents",
        "export",
        "dry_run",
    ),
    *("parsing", "recount", "verify", "dataset"),
]
REPORT_ORDER = ["charts", "groups", "strips", "contact_sheet", "page"]


def imports(path):
    """The modules of the package that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            inside = path.parent == PACKAGE
            if (node.level == 1) == inside and node.module:
                yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("[!_]*.py")), ids=lambda path: path.stem)
def test_imports_go_one_way(path):
    place = ORDER.index(path.stem)
    for module in imports(path):
        assert ORDER.index(module) < place, f"{path.stem} imports {module}"


@pytest.mark.parametrize(
    "folder, order", [("tfrecord", TFRECORD_ORDER), ("report", REPORT_ORDER)], ids=str
)
def test_imports_go_one_way_within_a_folder(folder, order):
    for path in sorted((PACKAGE / folder).glob("[!_]*.py")):
        place = order.index(path.stem)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                for name in [node.module] if node.module else [alias.name for alias in node.names]:
                    assert order.index(name) < place, f"{path.stem} imports {name}"
            if isinstance(node, ast.ImportFrom) and node.level == 2 and node.module:
                outside = node.module.partition(".")[0]
                assert ORDER.index(outside) < ORDER.index(folder)


def test_the_weighting_sees_counts_only_and_the_stream_no_file():
    assert set(imports(PACKAGE / "weighting.py")) == {"_types", "errors"}
    assert not set(imports(PACKAGE / "stream.py")) & {"manifest", "sources", "csv_file"}


def test_no_module_is_longer_than_300_lines():
    long = {p.name: n for p in PACKAGE.rglob("*.py") if (n := p.read_text().count("\n")) > 300}
    assert not long


def test_the_python_side_imports_no_tensorflow_before_it_is_used():
    program = (
        "import sys, brevetti_sample as bs, brevettiai.data.data_generator\n"
        "bs.DataGenerator([{'a': 1}]), bs.StratifiedSampler(), bs.ImageLoader()\n"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == "False\n", done.stderr


def test_all_public_names_are_there():
    assert sorted(brevetti_sample.__all__) == brevetti_sample.__all__
    for name in brevetti_sample.__all__:
        assert getattr(brevetti_sample, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'sample_rows'"):
        _ = brevetti_sample.sample_rows


PROGRAM = """
import sys
from brevetti_sample.cli.main import main
code = main(sys.argv[1:])
heavy = ("tensorflow", "pandas", "pyarrow", "numpy", "jinja2", "vl_convert")
print(*(name for name in heavy if name in sys.modules), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "arguments, loaded",
    [
        ([], []),
        (["--help"], []),
        (["--version"], []),
        (["plan", "--help"], []),
        (["stats", "--help"], []),
        (["export-tfrecord", "--help"], []),
        (["verify", "--help"], []),
        (["report", "--help"], []),
        (["scan", "--help"], []),
        (["split", "--help"], []),
        (["plan", "--bad"], []),
        (["stats", "-g", "folder", "-g", "purpose"], ["pyarrow", "numpy"]),
        (["stats", "{csv}", "-g", "folder", "--format", "table"], ["pyarrow", "numpy"]),
        (["plan", "-g", "folder", "--format", "table"], ["pyarrow", "numpy"]),
        (["plan", "{csv}", "-g", "folder", "--format", "csv"], ["pyarrow", "numpy"]),
        (["plan", "-g", "folder", "--format", "jsonl"], ["pyarrow", "numpy"]),
        (["plan", "-g", "folder", "--format", "parquet"], ["pyarrow", "numpy"]),
        (["plan", "-g", "folder", "--save-plan", "/dev/null"], ["pyarrow", "numpy"]),
        (["plan", "-g", "folder", "--stream", "brevettiai"], ["pyarrow", "numpy"]),
        (["stats", "-g", "folder", "--stream", "brevettiai"], ["pyarrow", "numpy"]),
        (["export-tfrecord", "-g", "folder", "-o", "{new}"], ["pyarrow", "numpy"]),
        (
            ["export-tfrecord", "{digits}", "--image-column", "path", "-o", "{new}"],
            ["pyarrow", "numpy"],
        ),
        (["verify", "{export}", "--deep"], ["pyarrow", "numpy"]),
        (
            ["report", "{digits}", "-g", "label", "--image-column", "path", "-o", "{new}"],
            ["pyarrow", "numpy", "jinja2", "vl_convert"],
        ),
        (["scan", "{folder}", "-o", "{new}.parquet"], ["pyarrow", "numpy"]),
        (["split", "{csv}", "-g", "folder", "-o", "{new}.csv"], ["pyarrow", "numpy"]),
        (["split", "--reassign", "-o", "{new}.parquet"], ["pyarrow", "numpy"]),
        (["split", "--reassign", "--only", "train"], ["pyarrow", "numpy"]),
    ],
    ids=" ".join,
)
def test_a_command_imports_no_more_than_it_needs(arguments, loaded, listing, tmp_path):
    if "{export}" in arguments:
        manifest = brevetti_sample.bundled_manifest()
        plan = brevetti_sample.make_plan(manifest)
        brevetti_sample.export_tfrecord(manifest, plan, tmp_path / "export")
    digits = listing.parent / "digits" / "manifest.csv"
    places = {
        "csv": listing,
        "digits": digits,
        "folder": digits.parent,
        "new": tmp_path / "new",
        "export": tmp_path / "export",
    }
    filled = [part.format(**places) for part in arguments]
    quiet = ["-q"] if (arguments and arguments[0].isidentifier()) or "-o" in arguments else []
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *filled, *quiet],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr.decode().splitlines()[-1].split() == loaded
