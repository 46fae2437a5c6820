"""The report: its page, without a browser."""

from __future__ import annotations

import builtins
import itertools
import json
import os
import random
import shlex
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import brevetti_sample as bs
from brevetti_sample.messages import printable
from brevetti_sample.report import contact_sheet as sheet
from brevetti_sample.report.groups import MOST_GROUPS
from brevetti_sample.report.strips import COLOURS, MOST_BATCHES, MOST_CELLS, first_batches
from brevetti_sample.tables.frequency import COLUMNS, frequency_table
from support.pages import HOSTILE, Page, manifest_of, many_groups, page
from support.program import ROOT

DIGITS = ROOT / "sample_manifests" / "digits" / "manifest.csv"
NOTICE = "brevetti-sample: no manifest given: this is the bundled listing of 180 bottle images\n"


@pytest.fixture
def bottles():
    manifest = bs.bundled_manifest()
    return bs.make_plan(manifest, "folder", "square root", seed=1), manifest


def test_the_table_of_the_bottles_is_that_of_stats_with_the_largest_first(bottles):
    assert page(*bottles).rows() == [
        [
            *["good", "146", "81.11%", "3.49", "59.71%", "107.5", "107", "-0.5", "0.7329", "39"],
        ],
        ["bad_cap", "22", "12.22%", "1.35", "23.18%", "41.7", "42", "+0.3", "1.909", "0"],
        ["missing_cap", "12", "6.67%", "1.00", "17.12%", "30.8", "31", "+0.2", "2.583", "0"],
    ]


def test_the_facts_and_the_settings_of_the_bottles(bottles):
    found = page(*bottles, command="brevetti-sample report -g folder")
    assert list(zip(found.texts["dt"], found.texts["dd"], strict=True)) == [
        ("rows", "180 in 3 groups"),
        ("draws", "180 1 a row on average"),
        ("most to least drawn group", "3.45 : 1 largest to smallest 12.2 : 1"),
        ("rows drawn at least once", "78.3% 39 never"),
        ("furthest from its share", "0.5 draws Pearson's test: p = 0.997"),
        ("groups by", "folder"),
        ("weighting", "square root"),
        ("seed", "1"),
        ("stream", "stratified"),
        ("order", "shuffled"),
        ("repeat", "endless"),
        ("batch size", "32"),
        ("draws", "0 to 179"),
        ("digest of the plan", bottles[0].digest),
        ("made by", "brevetti-sample 0.1.0"),
    ]
    assert found.texts["h1"] == ["How the bundled listing is drawn"]
    assert found.texts["p"][1] == (
        "180 draws of 180 rows, grouped by folder and weighted by square root, in batches of 32."
    )
    assert "brevetti-sample report -g folder" in found.texts["code"]


def test_the_charts_get_the_numbers_of_the_frequency_table(bottles):
    groups = page(*bottles).data["groups"]
    frequency = frequency_table(bottles[0])
    order = [1, 0, 2]
    assert groups.pop("names") == ["good", "bad_cap", "missing_cap"]
    assert groups.pop("drawn_share") == (frequency.drawn[order] / 180).tolist()
    assert groups == {name: getattr(frequency, name)[order].tolist() for name in COLUMNS}


def test_the_same_arguments_give_the_same_page(bottles):
    assert bs.make_report(*bottles) == bs.make_report(*bottles)


def test_names_are_text_wherever_they_stand(tmp_path):
    manifest = manifest_of({name: 20 - i for i, name in enumerate(HOSTILE)})
    plan = bs.make_plan(manifest, "group", "count")
    found = page(plan, manifest, command=f"brevetti-sample report '{HOSTILE[1]}'")
    harmless = [printable(name) for name in HOSTILE]
    assert found.data["groups"]["names"] == harmless
    assert [row[0] for row in found.rows()] == harmless
    assert found.data["strips"]["names"] == harmless
    assert set(harmless[:COLOURS]) <= set(found.texts["li"])
    assert f"brevetti-sample report '{HOSTILE[1]}'" in found.texts["code"]
    assert [tag for tag, _ in found.elements].count("script") == 3
    assert not [tag for tag, _ in found.elements if tag in ("img", "iframe", "object")]
    for name in ("onerror", "onload", "onclick", "style"):
        assert not found.attributes(name)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=4))
@settings(max_examples=25)
def test_any_names_of_groups_columns_and_commands_are_text(names):
    column = names[0] or "x"
    manifest = bs.read_manifest(pa.table({column: names}))
    plan = bs.make_plan(manifest, column)
    found = page(plan, manifest, command=printable(names[-1]))
    expected = sorted(printable(name) for name in set(names))
    assert sorted(found.data["groups"]["names"]) == expected
    assert sorted(row[0] for row in found.rows()) == expected
    assert [tag for tag, _ in found.elements].count("script") == 3


def test_the_page_names_nothing_outside_and_allows_its_own_scripts_only(bottles):
    found = page(*bottles)
    assert {link[0] for link in found.attributes("href")} == {"#", "d"}
    assert not found.attributes("src")
    [policy] = [
        a["content"]
        for tag, a in found.elements
        if a.get("http-equiv") == "Content-Security-Policy"
    ]
    parts = [part.split() for part in policy.split(";")]
    assert parts[0] == ["default-src", "'none'"]
    assert [len(part) for part in parts[1:]] == [3, 2, 2, 2, 2]
    assert "unsafe" not in policy
    assert parts[3:] == [["img-src", "data:"], ["base-uri", "'none'"], ["form-action", "'none'"]]
    ids = found.attributes("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in found.attributes("href") if link[0] == "#"} <= set(ids)


@pytest.mark.parametrize("count", [1, 3, 3000, 20_000])
def test_of_many_groups_the_largest_are_shown_and_the_page_stays_small(count):
    manifest = many_groups(count)
    plan = bs.make_plan(manifest, "group", "square root", batch_size=64)
    found = page(plan, manifest)
    shown = min(count, MOST_GROUPS)
    assert len(found.rows()) == shown
    assert {len(values) for values in found.data["groups"].values()} == {shown}
    assert found.data["groups"]["rows"] == sorted(plan.sizes.tolist(), reverse=True)[:shown]
    assert ("There are 20,000 groups: shown are the 3,000 largest." in found.html) == (
        count == 20_000
    )
    assert len(found.html) < 2_500_000


def test_without_groupby_there_is_one_group(bottles):
    manifest = bottles[1]
    found = page(bs.make_plan(manifest), manifest)
    assert found.rows() == [
        ["(all)", "180", "100.00%", "1.00", "100.00%", "180.0", "180", "+0.0", "1.000", "0"]
    ]
    assert found.texts["p"][1] == "180 draws of 180 rows, in batches of 32."
    assert "nothing: all rows are one group" in found.texts["dd"]


def test_several_columns_have_a_cell_each_and_missing_values_are_said():
    rows = [{"a": "x", "b": 1}, {"a": "x", "b": 1}, {"a": None, "b": 2}]
    manifest = bs.read_manifest(rows)
    found = page(bs.make_plan(manifest, ["a", "b"]), manifest)
    assert [row[:3] for row in found.rows()] == [["x", "1", "2"], ["(missing)", "2", "1"]]
    assert found.data["groups"]["names"] == ["x/1", "(missing)/2"]


def test_a_group_of_weight_zero_is_shown_with_no_draws(bottles):
    manifest = bottles[1]
    plan = bs.make_plan(manifest, "folder", {"good": 0, "bad_cap": 1, "missing_cap": 1})
    found = page(plan, manifest)
    assert found.rows()[0] == [
        *["good", "146", "81.11%", "0.00", "0.00%", "0.0", "0", "+0.0", "0", "146"]
    ]
    assert found.data["strips"]["names"] == ["bad_cap", "missing_cap"]


def test_where_not_all_groups_are_drawn_there_is_no_ratio(bottles):
    manifest = bottles[1]
    found = page(bs.make_plan(manifest, "folder", "count", draws=2), manifest)
    assert "not all drawn largest to smallest 12.2 : 1" in found.texts["dd"]


@pytest.mark.parametrize("stream", ["stratified", "brevettiai"])
def test_a_finite_stream_ends_where_it_ends(bottles, stream):
    manifest = bottles[1]
    plan = bs.make_plan(manifest, "folder", repeat=2, draws=1000, stream=stream)
    found = page(plan, manifest, 100)
    assert "100 to 359" in found.texts["dd"]
    assert "each group 2 times" in found.texts["dd"]
    assert sum(found.data["groups"]["drawn"]) == 260


def test_huge_counts_are_written_out_whole(bottles):
    manifest = bottles[1]
    plan = bs.make_plan(manifest, "folder", draws=1 << 60, batch_size=1 << 40)
    start = (1 << 60) - (1 << 42)
    found = page(plan, manifest, start)
    assert found.rows()[0][6] == "1,466,015,503,702"
    assert "1,152,917,106,560,335,872 to 1,152,921,504,606,846,975" in found.texts["dd"]
    [first, *_] = found.data["strips"]["batches"]
    assert (first["batch"], first["start"]) == ("1,048,572", str(start))


def test_a_plan_with_a_fingerprint_says_it(bottles):
    manifest = bottles[1]
    found = page(bs.make_plan(manifest, fingerprint=manifest.fingerprint()), manifest)
    assert manifest.fingerprint() in found.texts["dd"]


def test_a_report_of_another_manifest_is_refused(bottles):
    with pytest.raises(bs.PlanError, match="the table is not the manifest of the plan"):
        bs.make_report(bottles[0], bs.read_manifest([{"folder": "good"}]))


@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=14),
    batch_size=st.sampled_from([1, 7, MOST_CELLS, MOST_CELLS + 1, 300]),
    start=st.integers(0, 1000),
    draws=st.integers(1, 5000),
    stream=st.sampled_from(["stratified", "brevettiai"]),
)
@settings(max_examples=50)
def test_the_strips_are_the_draws_of_the_first_batches(sizes, batch_size, start, draws, stream):
    manifest = manifest_of({str(i): size for i, size in enumerate(sizes)})
    plan = bs.make_plan(manifest, "group", batch_size=batch_size, stream=stream)
    stop = start + draws
    strips = first_batches(plan, start, stop)
    drawn = np.concatenate([part.group for part in bs.draw(plan, manifest, start, stop)])
    labels = [plan.labels[group] for group in drawn.tolist()]
    numbers = range(start, stop)
    batches = [
        [labels[number - start] for number in batch]
        for _, batch in itertools.groupby(numbers, lambda number: number // batch_size)
    ][:MOST_BATCHES]
    assert [strip.draws for strip in strips.batches] == list(map(len, batches))
    assert [strip.start for strip in strips.batches] == [
        max(start, strip.batch * batch_size) for strip in strips.batches
    ]
    several = len({label for batch in batches for label in batch})
    assert strips.coloured == (several if several <= COLOURS + 1 else COLOURS)
    assert strips.others == several - strips.coloured
    for strip, batch in zip(strips.batches, batches, strict=True):
        shown = [strips.names[cell] for cell in strip.cells]
        assert shown == (batch if batch_size <= MOST_CELLS else [])
        counts = [batch.count(name) for name in strips.names[: strips.coloured]]
        rest = [len(batch) - sum(counts)] if strips.others else []
        assert strip.counts == counts + rest
    totals = np.sum([strip.counts[: strips.coloured] for strip in strips.batches], axis=0)
    assert totals.tolist() == sorted(totals.tolist(), reverse=True)


# The contact sheet.


def pictures(paths, root, **keywords):
    """What the sheet shows of these paths, by path."""
    manifest = bs.read_manifest(pa.table({"path": pa.array(paths, pa.string())}))
    plan = bs.make_plan(manifest, shuffle=False, batch_size=keywords.pop("batch_size", 32))
    return sheet.contact_sheet(plan.bind(manifest), "path", str(root), 0, len(paths))


def noise(path, side, format="PNG"):
    """Write an image that does not compress."""
    data = random.Random(0).randbytes(side * side * 3)
    Image.frombytes("RGB", (side, side), data).save(path, format)
    return os.path.getsize(path)


def test_the_sheet_of_the_digits_has_the_bytes_of_the_first_batches():
    manifest = bs.read_manifest(DIGITS)
    plan = bs.make_plan(manifest, "label", batch_size=30)
    found = page(plan, manifest, image_column="path")
    [drawn] = bs.draw(plan, manifest, 0, 60)
    paths = manifest.read(["path"]).column("path").take(pa.array(drawn.row.tolist())).to_pylist()
    images = [a for tag, a in found.elements if tag == "img"]
    assert len(images) == 60
    for image, path, group, number in zip(images, paths, drawn.group, itertools.count()):
        data = (DIGITS.parent / path).read_bytes()
        assert sheet.base64.b64decode(image["src"].removeprefix("data:image/png;base64,")) == data
        assert image["alt"] == f"Draw {number}, {plan.labels[group]}"
        assert f"{number} {plan.labels[group]} {path}" in found.texts["figcaption"]
    assert found.texts["h3"] == ["Batch 0", "Batch 1"]
    assert "The first 60 draws, by the paths in the column path." in found.texts["p"]


def test_what_cannot_be_shown_says_why(tmp_path, monkeypatch):
    root = tmp_path / "root"
    root.mkdir()
    noise(root / "good.png", 4)
    noise(tmp_path / "outside.png", 4)
    (root / "cut.png").write_bytes((root / "good.png").read_bytes()[:40])
    (root / "page.svg").write_text("<svg onload=alert(1)>")
    (root / "folder").mkdir()
    os.mkfifo(root / "pipe")
    (root / "large.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    monkeypatch.setattr(sheet, "LARGEST_FILE_BYTES", 4096)
    reasons = {
        "good.png": "",
        "no.png": f"'{root}/no.png' cannot be read: No such file or directory; fix it, or leave its "
        "row out",
        "cut.png": "'cut.png' cannot be used: it ends too early for a PNG image; fix it, or leave "
        "its row out",
        "page.svg": "'page.svg' cannot be used: it is no PNG, JPEG, GIF, BMP or WebP image; fix "
        "it, or leave its row out",
        "folder": f"'{root}/folder' cannot be read: Is a directory; fix it, or leave its row out",
        "pipe": f"'{root}/pipe' cannot be read: it is not a regular file; fix it, or leave its row out",
        "large.png": "the file is larger than 0 MiB, and was not read",
        "../outside.png": f"'../outside.png' leads out of '{root}'; pass another image_root, "
        "or write absolute paths",
        None: "there is no path; leave the row out of the manifest",
        "a\0b": r"'a\x00b' has a zero byte in it; fix the manifest",
    }
    found = pictures(list(reasons), root)
    assert [picture.reason for picture in found] == list(reasons.values())
    assert [bool(picture.uri) for picture in found] == [True] + [False] * 9
    manifest = bs.read_manifest([{"path": path} for path in reasons])
    html = page(bs.make_plan(manifest), manifest, image_column="path", image_root=str(root))
    assert len([tag for tag, _ in html.elements if tag == "img"]) == 1
    assert set(reasons.values()) - {""} <= set(html.texts["p"])
    assert (
        "The first 10 draws, by the paths in the column path. 9 cannot be shown: each says why."
        in html.texts["p"]
    )


def test_large_images_are_scaled_down_with_pillow_and_keep_their_shape(tmp_path):
    Image.frombytes("RGB", (400, 200), random.Random(0).randbytes(240_000)).save(tmp_path / "a.png")
    Image.new("LA", (10, 10)).save(tmp_path / "small.png")
    large, small = pictures(["a.png", "small.png"], tmp_path)
    assert (large.width, large.height) == (400, 200)
    assert large.uri.startswith("data:image/jpeg;base64,")
    assert len(large.uri) < 60_000
    assert small.uri.startswith("data:image/png;base64,")
    (tmp_path / "broken.png").write_bytes(
        (tmp_path / "a.png").read_bytes().replace(b"IDAT", b"IDAX")
    )
    [broken] = pictures(["broken.png"], tmp_path)
    assert broken.reason.startswith("it cannot be decoded: ")


def test_without_pillow_images_are_taken_as_they_are_unless_they_are_large(tmp_path, monkeypatch):
    sizes = [noise(tmp_path / "middle.png", 200), noise(tmp_path / "large.png", 700)]
    assert sheet.SMALL_BYTES < sizes[0] < sheet.PLAIN_BYTES < sizes[1]
    real = builtins.__import__

    def without_pillow(name, *arguments):
        if name == "PIL":
            raise ImportError
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_pillow)
    middle, large = pictures(["middle.png", "large.png"], tmp_path)
    assert middle.uri.startswith("data:image/png;base64,")
    assert len(middle.uri) > sizes[0]
    assert large.reason == (
        f"the file has {sizes[1]:,} bytes; with Pillow it would be shown small: pip install pillow"
    )


def test_the_images_of_a_page_are_limited_in_number_and_bytes(tmp_path, monkeypatch):
    size = noise(tmp_path / "a.png", 100)
    assert len(pictures(["a.png"] * 500, tmp_path)) == 64
    assert len(pictures(["a.png"] * 500, tmp_path, batch_size=40)) == 40
    assert len(pictures(["a.png"] * 500, tmp_path, batch_size=1000)) == 64
    assert len(pictures(["a.png"] * 500, tmp_path, batch_size=1)) == MOST_BATCHES
    monkeypatch.setattr(sheet, "MOST_BYTES", 10 * size)
    found = pictures(["a.png"] * 12, tmp_path)
    assert [bool(picture.uri) for picture in found] == [True] * 7 + [False] * 5
    assert sum(len(picture.uri) for picture in found) <= 10 * size
    assert found[-1].reason == "left out: the images before it fill the 0 MiB of this page"


# The commands.


def test_the_command_writes_the_page_and_says_where(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("report", "-g", "folder")
    assert (result.code, result.out) == (0, b"")
    assert result.err == f"{NOTICE}brevetti-sample: the report is in report.html\n"
    found = Page((tmp_path / "report.html").read_text())
    assert found.data["groups"]["names"] == ["good", "bad_cap", "missing_cap"]
    assert "brevetti-sample report --groupby folder --output report.html" in found.texts["code"]
    assert run("report", "-g", "folder", "-q", "-o", "-").text.startswith("<!doctype html>")


def test_stats_writes_the_same_page_beside_its_table(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["-g", "folder", "-w", "log", "-b", 8, "-n", 50, "-q"]
    assert run("report", *options, "-o", "a.html").code == 0
    first = (tmp_path / "a.html").read_bytes()
    both = run("stats", *options, "--report", "a.html")
    assert (both.code, both.err) == (0, "")
    assert both.out == run("stats", *options).out
    assert (tmp_path / "a.html").read_bytes() == first


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("-g", "folder", "-w", "square root", "--seed", -1, "-b", 5, "--batches", 7),
        ("-g", "folder", "--weights", "good=1,bad_cap=2.5,missing_cap=0", "--start", 9, "-n", 5),
        ("-g", "folder", "-g", "purpose", "--no-shuffle", "--repeat", 3, "--epochs", 2),
        ("--stream", "brevettiai", "--shuffle", "--image-column", "path", "--image-root", "x y"),
        ("{csv}", "-g", "folder"),
        ("--plan", "it's a plan.json"),
        ("-g", "a\nb", "--", "-odd.csv"),
    ],
    ids=lambda arguments: " ".join(map(str, arguments)),
)
def test_the_command_on_the_page_makes_the_page_again(
    run, run_process, tmp_path, monkeypatch, listing, arguments
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-odd.csv").write_text('"a\nb"\n1\n2\n')
    plan = bs.make_plan(bs.bundled_manifest(), "folder", draws=70)
    (tmp_path / "it's a plan.json").write_text(plan.to_json())
    filled = [str(part).format(csv=listing) for part in arguments]
    assert run("report", "-q", "-o", "first page.html", *filled).code == 0
    first = (tmp_path / "first page.html").read_text()
    [command] = [text for text in Page(first).texts["code"] if text.startswith("brevetti-sample r")]
    (tmp_path / "first page.html").unlink()
    program = f"{shlex.quote(sys.executable)} -m brevetti_sample"
    done = subprocess.run(
        ["bash", "-c", command.replace("brevetti-sample", program, 1)],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stdout) == (0, b"")
    assert (tmp_path / "first page.html").read_text() == first


def test_a_piped_manifest_is_a_dash_in_the_command(run_process, listing, tmp_path):
    result = run_process(
        "report", "-g", "folder", "-o", "-", stdin=None, input=listing.read_bytes()
    )
    assert result.code == 0
    assert "brevetti-sample report - --groupby folder --output -" in Page(result.text).texts["code"]


BAD = [
    (
        ("report", "-g", "foldr"),
        2,
        "the bundled listing has no column 'foldr'; did you mean 'folder'?",
    ),
    (
        ("report", "--image-column", "pat"),
        2,
        "the bundled listing has no column 'pat'; did you mean 'path'?",
    ),
    (
        ("report", "--image-root", "x"),
        2,
        "--image-root needs an --image-column, the column with the paths",
    ),
    (
        ("report", "numbers.csv", "--image-column", "n"),
        2,
        "column 'n' is int64, not text; choose the column with the paths",
    ),
    (("report", "-o", "no/r.html"), 5, "cannot write no/r.html: No such file or directory"),
    (("report", "-o", "."), 5, "cannot write .: it is a folder; name a file in it"),
    (
        ("report", "numbers.csv", "-o", "numbers.csv"),
        2,
        "numbers.csv is the manifest itself; name another file to write",
    ),
    (
        ("report", "--start", 180),
        2,
        "there are no draws from 180 to before 180: a range must begin at 0 "
        "or later, end after its start, and at 2^60 at the latest; choose how many to draw",
    ),
    (
        ("report", "no.csv"),
        3,
        "file 'no.csv' does not exist; give a CSV or Parquet file, a folder or a pattern",
    ),
    (
        ("report", "--plan", "no.json"),
        3,
        "cannot read the plan 'no.json': No such file or directory; save one with plan --save-plan",
    ),
    (
        ("stats", "--report", "-"),
        2,
        "a report is written to a file, not to standard output; name one",
    ),
    (("stats", "--report", "r.csv", "-o", "r.csv"), 2, "--report and --output must be two files"),
    (
        ("stats", "numbers.csv", "--report", "numbers.csv"),
        2,
        "numbers.csv is the manifest itself; name another file to write",
    ),
    (("reprot",), 2, "no command 'reprot'; did you mean 'report'?"),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: " ".join(map(str, case[0])))
def test_bad_input_gives_one_line_and_an_exit_code(run, tmp_path, monkeypatch, case):
    arguments, code, message = case
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numbers.csv").write_text("n\n1\n2\n")
    result = run(*arguments, *(["-q"] if len(arguments) > 1 else []))
    assert (result.code, result.err, result.out) == (code, f"error: {message}\n", b"")
    assert os.listdir(tmp_path) == ["numbers.csv"]


def test_a_page_that_cannot_be_written_leaves_the_old_one(run, tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("old")
    monkeypatch.setattr(os, "replace", lambda *names: (_ for _ in ()).throw(OSError(28, "full")))
    result = run("report", "-q", "-o", path)
    assert (result.code, result.err) == (5, f"error: cannot write {path}: full\n")
    assert (path.read_text(), os.listdir(tmp_path)) == ("old", ["r.html"])


def test_the_data_of_a_page_is_json_that_no_markup_ends():
    manifest = manifest_of(dict.fromkeys(HOSTILE, 1))
    html = bs.make_report(bs.make_plan(manifest, "group"), manifest)
    data = html.partition('id="data">')[2].partition("</script>")[0]
    assert not set("<>&") & set(data)
    assert len(json.loads(data)["groups"]["names"]) == len(HOSTILE)
