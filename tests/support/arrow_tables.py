"""Arrow tables of every type that an example can hold, drawn by Hypothesis."""

from __future__ import annotations

import decimal

import pyarrow as pa
from hypothesis import strategies as st

# Lengths around 128 and 16384, where the length of a length grows by a byte.
_SIZES = st.one_of(
    st.integers(0, 9), st.sampled_from([100, 115, 120, 126, 127, 128, 129, 16370, 16384])
)
_TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    _SIZES.map(lambda n: "x" * n),
)
_BYTES = st.one_of(st.binary(max_size=5), _SIZES.map(bytes))


def _integers(bits, signed=True):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    edges = [
        e for b in range(7, 64, 7) for e in (1 << b, (1 << b) - 1, -(1 << b)) if low <= e <= high
    ]
    return st.one_of(st.integers(low, high), st.sampled_from([*edges, 0, low, high]))


def _decimals(scale):
    return st.integers(-(10**7) + 1, 10**7 - 1).map(lambda n: decimal.Decimal(n).scaleb(-scale))


SCALARS = [
    *((pa.type_for_alias(f"int{bits}"), _integers(bits)) for bits in (8, 16, 32, 64)),
    *((pa.type_for_alias(f"uint{bits}"), _integers(bits, False)) for bits in (8, 16, 32, 64)),
    (pa.bool_(), st.booleans()),
    (pa.float16(), st.floats(width=16)),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats()),
    (pa.decimal128(7, 3), _decimals(3)),
    (pa.decimal256(60, 0), _decimals(0)),
    (pa.string(), _TEXTS),
    (pa.large_string(), _TEXTS),
    (pa.string_view(), _TEXTS),
    (pa.binary(), _BYTES),
    (pa.large_binary(), _BYTES),
    (pa.binary_view(), _BYTES),
    (pa.binary(3), st.binary(min_size=3, max_size=3)),
    (pa.date32(), st.dates()),
    (pa.timestamp("us"), st.datetimes()),
    (pa.dictionary(pa.int8(), pa.string()), _TEXTS),
    (pa.dictionary(pa.int32(), pa.int64()), _integers(64)),
    (pa.null(), st.none()),
]


@st.composite
def types_and_values(draw, depth=2):
    """A type, and a strategy of its values, missing ones among them."""
    shape = draw(st.sampled_from(["scalar", "scalar", "list", "struct"] if depth else ["scalar"]))
    if shape == "struct":
        names = draw(st.lists(st.sampled_from("xyzé"), min_size=1, max_size=3, unique=True))
        fields = {name: draw(types_and_values(depth - 1)) for name in names}
        kind = pa.struct([(name, kind) for name, (kind, _) in fields.items()])
        values = st.fixed_dictionaries({name: value for name, (_, value) in fields.items()})
        return kind, st.none() | values
    kind, values = draw(st.sampled_from(SCALARS))
    if shape == "scalar":
        return kind, st.none() | values
    make = draw(st.sampled_from([pa.list_, pa.large_list, pa.list_view, pa.large_list_view, None]))
    if pa.types.is_null(kind) or make is None:
        return pa.list_(kind, 2), st.none() | st.lists(st.none() | values, min_size=2, max_size=2)
    return make(kind), st.none() | st.lists(st.none() | values, max_size=4)


@st.composite
def tables(draw):
    """A table, often a slice of a longer one, sometimes in chunks."""
    count = draw(st.integers(1, 7))
    names = draw(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), max_size=9)
            | st.just("n" * 130),
            min_size=1,
            max_size=4,
            unique=True,
        )
    )
    columns = []
    for _ in names:
        kind, values = draw(types_and_values())
        columns.append(pa.array(draw(st.lists(values, min_size=count, max_size=count)), kind))
    table = pa.Table.from_arrays(columns, names=names)
    start = draw(st.integers(0, count - 1))
    sliced = table.slice(start, draw(st.integers(0, count - start)))
    if draw(st.booleans()):
        return pa.concat_tables([sliced, table])
    return sliced
