"""Names for the array types that the modules pass to each other, and how they are gathered."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import numpy as np

# What `numpy.typing.NDArray` stands for, without importing it.
Int32Array: TypeAlias = np.ndarray[Any, np.dtype[np.int32]]
Int64Array: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
UInt8Array: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
UInt16Array: TypeAlias = np.ndarray[Any, np.dtype[np.uint16]]
UInt32Array: TypeAlias = np.ndarray[Any, np.dtype[np.uint32]]
UInt64Array: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]
Float64Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
BoolArray: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

UNCHECKED: Final[Literal["wrap"]] = "wrap"
"""The mode of `numpy.take` where no index is out of bounds: twice as fast as checking each."""
