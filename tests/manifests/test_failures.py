"""Manifests that go away, change or fail while they are read: what is said, and the exit code."""

from __future__ import annotations

import errno
import os
import shutil

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

import brevetti_sample as bs
from support.program import LISTING


@pytest.fixture(params=["csv", "csv.gz", "parquet"])
def path(request, tmp_path):
    path = tmp_path / f"m.{request.param}"
    if request.param == "parquet":
        shutil.copy(LISTING.with_suffix(".parquet"), path)
    else:
        with pa.output_stream(str(path)) as stream:
            stream.write(LISTING.with_suffix(".csv").read_bytes())
    return path


USES = {
    "read": lambda manifest: manifest.read(["folder"]),
    "tally": lambda manifest: manifest.tally(["folder"]),
    "fingerprint": lambda manifest: manifest.fingerprint(),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_manifest_that_is_gone_or_written_again_is_no_longer_read(path, use):
    manifest = bs.read_manifest(path)
    use(manifest)
    manifest = bs.read_manifest(path)
    other = path.with_name("other")
    shutil.copy(path, other)
    os.utime(other, ns=(1, 1))
    os.replace(other, path)
    with pytest.raises(bs.ManifestError, match="has changed while it was read; run again"):
        use(manifest)
    path.unlink()
    with pytest.raises(bs.ManifestError, match="cannot be read: No such file or directory"):
        use(manifest)


@pytest.mark.parametrize(
    "number, kind, text",
    [
        (errno.EMFILE, bs.OutputError, "too many files are open at once"),
        (errno.ENFILE, bs.OutputError, "too many files are open at once"),
        (errno.ENOMEM, MemoryError, "Cannot allocate memory"),
        (errno.EIO, bs.ManifestError, "cannot be read: Input/output error"),
        (errno.ESTALE, bs.ManifestError, "cannot be read: Stale file handle"),
    ],
)
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_lack_of_files_or_memory_is_not_the_fault_of_the_file(
    path, monkeypatch, use, number, kind, text
):
    manifest = bs.read_manifest(path)

    def fail(*arguments, **keywords):
        # As Arrow has it, which the other two are opened by.
        raise OSError(number, f"Failed to open. Detail: [errno {number}] {os.strerror(number)}")

    monkeypatch.setattr(os, "open", fail)
    monkeypatch.setattr(pa, "OSFile", fail)
    monkeypatch.setattr(pa, "input_stream", fail)
    monkeypatch.setattr(pq, "ParquetFile", fail)
    monkeypatch.setattr(pa_csv, "open_csv", fail)
    with pytest.raises(kind) as caught:
        use(manifest)
    assert text in str(caught.value)
    assert "fix the file" not in str(caught.value)


@pytest.mark.skipif(not os.geteuid(), reason="root may read everything")
def test_a_folder_that_cannot_be_listed_is_not_left_out_in_silence(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.csv").write_text("x\n1\n")
    (tmp_path / "b").chmod(0)
    with pytest.raises(bs.ManifestError, match="cannot be read: Permission denied"):
        bs.read_manifest(tmp_path)


def test_a_folder_is_searched_to_the_bottom_in_the_order_of_the_paths(tmp_path):
    for name in ("b/c/1.csv", "b/2.csv", "a.csv", ".d/3.csv", "b/.hidden.csv", "b/_4.csv"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"x\n{name}\n")
    (tmp_path / "link.csv").symlink_to("b/2.csv")
    (tmp_path / "nowhere.csv").symlink_to("none")
    (tmp_path / "folder.csv").mkdir()
    rows = bs.read_manifest(tmp_path).read(["x"]).column("x").to_pylist()
    assert rows == [".d/3.csv", "a.csv", "b/2.csv", "b/c/1.csv", "b/2.csv"]
