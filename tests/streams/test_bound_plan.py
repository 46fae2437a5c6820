"""A plan bound to its manifest: checked, grouped and hashed once."""

from __future__ import annotations

from unittest import mock

import pytest

import brevetti_sample as bs
from brevetti_sample.errors import PlanError, UsageError
from brevetti_sample.groups import grouping
from brevetti_sample.manifests.manifest import Manifest
from support.exports import DIGITS

ROWS = [{"folder": name} for name in "aabbb"]


def rows_of(draws):
    return [row for part in draws for row in part.row.tolist()]


def test_what_takes_a_plan_and_a_manifest_takes_a_bound_plan(tmp_path):
    plan = bs.make_plan(ROWS, "folder", seed=3)
    manifest, bound = bs.read_manifest(ROWS), plan.bind(ROWS)
    assert rows_of(bs.draw(bound, stop=5)) == rows_of(bs.draw(plan, manifest, stop=5))
    assert bs.make_report(bound) == bs.make_report(plan, manifest)
    assert bs.frequency_table(bound).drawn.tolist() == bs.frequency_table(plan).drawn.tolist()
    one = bs.export_tfrecord(bound, folder=tmp_path / "one").shards
    assert one == bs.export_tfrecord(manifest, plan, tmp_path / "two").shards


def test_a_plan_is_bound_to_whatever_a_manifest_is_read_from():
    plan = bs.make_plan(DIGITS, groupby="label")
    for source in (DIGITS, str(DIGITS), [DIGITS], bs.read_manifest(DIGITS), DIGITS.read_bytes()):
        assert plan.bind(source).index.rows.shape == (300,)
        assert bs.make_plan(source, groupby="label") == plan


def test_counting_alone_binds_to_the_same_groups():
    plan = bs.make_plan(ROWS, "folder")
    counted, grouped = plan.bind(ROWS, sizes_only=True), plan.bind(ROWS)
    assert counted.grouping.keys == grouped.grouping.keys
    assert counted.index.rows.tolist() == grouped.index.rows.tolist()


def test_another_manifest_is_refused_when_it_is_bound():
    plan = bs.make_plan(ROWS, "folder")
    with pytest.raises(PlanError, match="^the table is not the manifest of the plan: group 'b'"):
        plan.bind(ROWS[:-1])
    with pytest.raises(PlanError, match="not the manifest of the plan: it has no column 'folder'"):
        plan.bind([{"path": "a"}])


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda plan: bs.draw(plan.bind(ROWS), ROWS),
            "plan is bound to its manifest already; leave out manifest",
        ),
        (
            bs.draw,
            "plan needs the manifest that it was made for; pass it too, or bind the plan: "
            "plan.bind(manifest)",
        ),
        (
            lambda plan: bs.export_tfrecord(ROWS),
            "plan is missing; make one with make_plan",
        ),
        (
            lambda plan: bs.make_plan(bs.group_rows(bs.read_manifest(ROWS), "folder"), "folder"),
            "groupby is that of the groups already; leave it out, or pass the manifest instead of "
            "its groups",
        ),
    ],
)
def test_a_manifest_too_many_or_too_few_is_refused(call, message):
    with pytest.raises(UsageError) as caught:
        call(bs.make_plan(ROWS, "folder"))
    assert str(caught.value) == message


def test_an_export_groups_the_rows_once_and_hashes_the_manifest_once(run, tmp_path):
    with (
        mock.patch.object(Manifest, "_hash", autospec=True, side_effect=Manifest._hash) as hashed,
        mock.patch.object(grouping, "_group", side_effect=grouping._group) as grouped,
    ):
        assert run("export-tfrecord", DIGITS, "-g", "label", "-o", tmp_path / "a").code == 0
        assert (hashed.call_count, grouped.call_count) == (1, 1)
        bound = bs.make_plan(DIGITS, groupby="label").bind(DIGITS)
        hashed.reset_mock()
        grouped.reset_mock()
        bs.export_tfrecord(bound, folder=tmp_path / "b")
        assert (hashed.call_count, grouped.call_count) == (1, 0)
