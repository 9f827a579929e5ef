"""Intervals against a search through every position."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chrominterpret.engine.windows import Sliding, Span, union

LENGTH = 23


@st.composite
def layers_in_a_row(draw):
    lengths, found = [LENGTH], []
    for _ in range(draw(st.integers(1, 4))):
        layer = Sliding(
            *(draw(st.integers(1, most)) for most in (5, 3, 2)), draw(st.integers(-2, 4))
        )
        out = (lengths[-1] + draw(st.integers(0, 3)) - layer.reach) // layer.stride + 1
        if out < 1:
            break
        found.append(layer)
        lengths.append(out)
    return found, lengths


def reads(layer: Sliding, j: int) -> set[int]:
    return {j * layer.stride - layer.left + layer.dilation * i for i in range(layer.size)}


@given(layers_in_a_row())
def test_stretches_hold_everything_that_changes(case):
    layers, lengths = case
    span = Span.of_input(LENGTH)
    changed = [{p} for p in range(LENGTH)]
    for layer, out in zip(layers, lengths[1:], strict=True):
        before, span = span, span.through(layer, out)
        changed = [{j for j in range(out) if reads(layer, j) & those} for those in changed]
        for p, those in enumerate(changed):
            stretch = range(span.first[p], span.first[p] + span.width)
            assert those <= set(stretch)
            assert stretch[0] >= 0
            assert stretch[-1] < span.length == out
        first, width = span.needed_by(layer)
        own = [set().union(*(reads(layer, f + i) for i in range(span.width))) for f in span.first]
        assert [min(o) for o in own] == list(first)
        assert {max(o) - min(o) + 1 for o in own} == {width}
        assert before.length == lengths[lengths.index(out) - 1] or len(set(lengths)) < len(lengths)


def test_widths_are_no_larger_than_they_must_be():
    span = Span.of_input(600)
    conv = span.through(Sliding(size=19, left=9), 600)
    pooled = conv.through(Sliding(size=4, stride=4), 150)
    assert (conv.width, pooled.width) == (19, 6)
    assert pooled.through(Sliding(size=11, left=5), 150).width == 16


@pytest.mark.parametrize(
    ("padding", "stride", "length", "out", "left"),
    [("valid", 1, 10, 6, 0), ("same", 1, 10, 10, 2), ("same", 4, 10, 3, 1), ("causal", 1, 9, 9, 4)],
)
def test_padding(padding, stride, length, out, left):
    found = Sliding.padded(5, stride, 1, padding=padding, length=length, out_length=out)
    assert found == Sliding(5, stride, 1, left)


def test_unknown_padding():
    with pytest.raises(ValueError, match="'around'"):
        Sliding.padded(5, 1, 1, padding="around", length=9, out_length=9)


def test_where_positions_are_found():
    span = Span(np.array([1, 3]), 2, 5)
    changed, row = span.rows(np.array([-1, 2]), 4)
    assert changed.tolist() == [[0, 0, 1, 1], [0, 1, 1, 0]]
    assert row.tolist() == [[5, 0, 0, 1], [2, 0, 1, 5]]


def test_union_and_flip():
    one, other = Span(np.array([0, 2]), 2, 6), Span(np.array([3, 2]), 1, 6)
    both = union([one, other])
    assert (both.first.tolist(), both.width) == ([0, 2], 4)
    assert one.flipped().first.tolist() == [4, 2]
