"""Texts on their way into TensorFlow: joined, and split again."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.training.string_tensors import SEPARATOR, as_bytes, join, joinable, split

TEXTS = [[], [""], ["", ""], ["a"], ["a", "", "ÿ\0", "€" * 40, ""]]


@pytest.mark.tensorflow
@pytest.mark.parametrize("texts", TEXTS, ids=str)
def test_tensorflow_splits_what_is_joined(texts):
    joined = join(as_bytes(pa.array(texts, pa.string())))
    assert [value.decode() for value in split(joined).numpy()] == texts


@given(st.lists(st.one_of(st.none(), st.text())))
def test_texts_end_with_the_separator_which_they_do_not_hold(texts):
    column = pa.array(texts, pa.string())
    assert joinable(column)
    *parts, rest = join(as_bytes(column)).split(SEPARATOR)
    assert [part.decode() for part in parts] == [text or "" for text in texts]
    assert rest == b""


@given(st.lists(st.sampled_from([b"", b"a", b"b\xff"])), st.integers(0, 3), st.booleans())
def test_bytes_can_be_joined_if_none_is_the_separator(values, start, dictionary):
    column = pa.array(values, pa.binary())
    column = (column.dictionary_encode() if dictionary else column)[start:]
    kept = values if dictionary else values[start:]
    assert joinable(column) == (SEPARATOR not in b"".join(kept))


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["ab", None], pa.string()),
        pa.array(["ab", None], pa.large_string()),
        pa.array(["ab", None]).dictionary_encode(),
        pa.DictionaryArray.from_arrays([0, 1], ["ab", None]),
        pa.array([b"ab", None], pa.binary()),
        pa.array([b"ab", None], pa.large_binary()),
        pa.array([b"ab", None], pa.binary(2)),
    ],
    ids=lambda column: str(column.type),
)
def test_texts_of_all_types_become_bytes_missing_ones_empty(column):
    values = as_bytes(column)
    assert (values.type, values.to_pylist()) == (pa.large_binary(), [b"ab", b""])
    assert joinable(column)


def test_what_is_no_text_although_its_type_says_so_is_told():
    offsets, data = np.array([0, 1, 2], np.int32), b"a\xff"
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    assert not joinable(pa.Array.from_buffers(pa.string(), 2, buffers))
