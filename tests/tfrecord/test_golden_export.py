"""The SHA-256 of the shards of small exports, as literals.

Bytes are part of the interface: an export that was begun by one version is finished by another.
"""

from __future__ import annotations

import hashlib

import pytest

import brevetti_sample as bs
from support.exports import DIGITS


def hashes(folder):
    return [hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.glob("*.tfrecord-*"))]


def test_the_shards_of_the_listing_have_these_bytes(tmp_path):
    manifest = bs.bundled_manifest()
    plan = bs.make_plan(manifest, groupby="folder", weighting="square root", seed=1)
    bs.export_tfrecord(manifest, plan, tmp_path, bs.ExportOptions(shards=2))
    assert hashes(tmp_path) == [
        "048e976546add3158e98be52db9ada3ff34adaa53e92bf07419399f3e6aaeec3",
        "6a7333ef5f5e80560da53cd64df472a4f1b805d352e0f3d9990dcfd9f43a62ae",
    ]


@pytest.mark.parametrize(
    "sha256, shards",
    [
        (
            True,
            [
                "f58eeb9f44a10ac85cc214d4a2cc62b64a7fcd4539c1c37c74657cad5e634228",
                "485e677a70344076b77b0e3b7f55a257f232f340f49729cdd0d5ab452f723459",
            ],
        ),
        (
            False,
            [
                "cad0fe28789ee538654d04fd751a39add3a4574e8cb40613868653535196d78f",
                "24a4fdc33c155608a1ee369fa0d8241226ef190d1c944df63f33c5e0b4f00424",
            ],
        ),
    ],
)
def test_the_shards_of_the_digits_have_these_bytes(tmp_path, sha256, shards):
    manifest = bs.read_manifest(DIGITS)
    plan = bs.make_plan(manifest, groupby="label", weighting="square root", seed=1)
    options = bs.ExportOptions(
        shards=2,
        image_column="path",
        image_root=str(DIGITS.parent),
        label_column="label",
        sha256=sha256,
    )
    bs.export_tfrecord(manifest, plan, tmp_path, options)
    assert hashes(tmp_path) == shards
