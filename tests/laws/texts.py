"""Random texts and JSON values that break parsers."""

from __future__ import annotations

import json

from hypothesis import strategies as st

# line ends of every standard, the words of the framing, tags, halves of characters
_AWKWARD = ("\n", "\r\n", "\u2028", "data: ", "[DONE]", '"', "\\", "</think>", "<think>", "👩‍👩‍👧", "\x00", "é", " ")
texts = st.one_of(
    st.text(max_size=12), st.lists(st.sampled_from(_AWKWARD), min_size=1, max_size=3).map("".join), st.just("Hello.")
)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(texts, _values, max_size=3)


def written(values: st.SearchStrategy[object]) -> st.SearchStrategy[str]:
    """The values as JSON, however a model may write it."""
    return st.builds(
        lambda value, indent, ascii: json.dumps(value, indent=indent, ensure_ascii=ascii),
        values,
        st.sampled_from((None, 1)),
        st.booleans(),
    )
