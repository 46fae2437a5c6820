"""Texts on their way into TensorFlow: joined in Python, and taken apart inside of TensorFlow.

TensorFlow makes a tensor of Python's texts one by one, while no other Python can run. One text that
holds them all it takes at once, and splits it by itself in a fraction of the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.arrow import from_numpy

SEPARATOR = b"\xff"
"""A byte that UTF-8 does not use."""


def as_bytes(texts: pa.Array) -> pa.Array:
    r"""Make large_binary of texts or bytes of any type, missing ones empty.

    Example:
        >>> as_bytes(pa.array(["ä", None]).dictionary_encode()).to_pylist()
        [b'\xc3\xa4', b'']
    """
    decoded = texts.dictionary_decode() if pa.types.is_dictionary(texts.type) else texts
    values = decoded.cast(pa.large_binary())
    return values.fill_null(b"") if values.null_count else values


def joinable(texts: pa.Array) -> bool:
    r"""Tell whether texts can be joined: whether none has the separator, as some bytes do.

    Example:
        >>> joinable(pa.array(["a", "ÿ"])), joinable(pa.array([b"a", b"\xff"]))
        (True, False)
    """
    values = as_bytes(texts.dictionary if pa.types.is_dictionary(texts.type) else texts)
    _, offsets, data = values.buffers()
    if not len(values) or data is None:
        return True
    ends = np.frombuffer(offsets, dtype=np.int64)[values.offset :]
    used = np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[len(values)]]
    return int(used.max(initial=0)) < SEPARATOR[0]


def join(texts: pa.Array) -> bytes:
    r"""Join texts, a separator behind each.

    Args:
        texts: large_binary, none missing.

    Example:
        >>> join(as_bytes(pa.array(["a", "", "b"])))
        b'a\xff\xffb\xff'
    """
    import pyarrow.compute as pc

    if not len(texts):
        return b""
    ends = from_numpy(np.array([0, len(texts)], dtype=np.int32))
    separator = pa.scalar(SEPARATOR, pa.large_binary())
    [joined] = pc.binary_join(pa.ListArray.from_arrays(ends, texts), separator)
    result: bytes = joined.as_py() + SEPARATOR
    return result


def split(joined: Any) -> Any:
    r"""Split in TensorFlow what `join` gave.

    Args:
        joined: a string tensor [].

    Returns:
        A string tensor [texts].

    Example:
        >>> split(b"a\xff\xffb\xff").numpy()
        array([b'a', b'', b'b'], dtype=object)
    """
    import tensorflow as tf

    return tf.raw_ops.StringSplitV2(input=[joined], sep=SEPARATOR).values[:-1]
