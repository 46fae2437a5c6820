"""Structures of keys, and the values that take their places."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from brevetti_sample.errors import UsageError
from brevetti_sample.training.structure import check_structure, keys_of, map_output_structure


class Pair(NamedTuple):
    first: Any
    second: Any


X = {"image": 1, "label": 2, "path": 3}


@pytest.mark.parametrize(
    "structure, expected",
    [
        ("image", 1),
        (("image", "label"), (1, 2)),
        (["image", "label"], (1, 2)),
        ((("image", "path"), "label"), ((1, 3), 2)),
        ({"x": "image", "y": ("label",)}, {"x": 1, "y": (2,)}),
        (Pair("label", "image"), Pair(2, 1)),
    ],
    ids=str,
)
def test_values_take_the_places_of_their_keys(structure, expected):
    arranged = map_output_structure(X, structure)
    assert (arranged, type(arranged)) == (expected, type(expected))


@pytest.mark.parametrize(
    "elements, structure, message",
    [
        (X, "imag", "the structure has the key 'imag', the samples do not; did you mean 'image'?"),
        (
            X,
            ("q", "r", "path"),
            "the structure has the key 'q', 'r', the samples do not; "
            "the keys are 'image', 'label', 'path'",
        ),
        (X, (None, "path"), "the structure has the key 'None', the samples do not; the keys are"),
        (X, (), "the structure has no key; name some, or ask for none: structure=None"),
        (
            (1, 2),
            "image",
            "a structure of keys needs a dictionary, but the last map returns a tuple; let it "
            "return a dictionary, or ask for no structure: structure=None",
        ),
    ],
    ids=str,
)
def test_a_structure_that_does_not_fit_is_refused(elements, structure, message):
    with pytest.raises(UsageError) as caught:
        check_structure(elements, structure)
    assert str(caught.value).startswith(message)


def test_keys_are_listed_as_tensorflow_flattens_them():
    assert keys_of({"b": ("x", "y"), "a": "z"}) == ["z", "x", "y"]
