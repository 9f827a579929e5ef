from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from chrominterpret.motifs.letters import BASE_COLOURS, draw_letters, save_figure, stack_bottoms

HEIGHTS = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 6), st.just(4)), elements=st.floats(-5, 5, width=16)
)


@given(HEIGHTS)
def test_letters_of_a_stack_touch_and_do_not_overlap(heights: np.ndarray) -> None:
    bottoms = stack_bottoms(heights)
    for row, bottom in zip(heights, bottoms, strict=True):
        for sign in (1, -1):
            chosen = row * sign > 0
            spans = sorted(zip(bottom[chosen], (bottom + np.abs(row))[chosen], strict=True))
            edges = [edge for span in spans for edge in span]
            np.testing.assert_allclose(edges[1:-1:2], edges[2::2], atol=1e-9)
            if spans:
                assert (edges[0] if sign > 0 else edges[-1]) == pytest.approx(0, abs=1e-9)


def test_stack_by_hand() -> None:
    bottoms = stack_bottoms([[1.0, 3.0, -2.0, -1.0]])
    np.testing.assert_allclose(bottoms, [[0, 1, -3, -1]])


def patches(heights: np.ndarray, **options: float) -> dict[str, PathPatch]:
    axes = Figure().subplots()
    draw_letters(axes, heights, **options)
    return {patch.get_label(): patch for patch in axes.patches}


def test_one_patch_a_base_that_covers_its_letters() -> None:
    heights = np.array([[1.0, 0, 0, 0], [0, 0, 2.0, 0], [-0.5, 0, 0, 0]])
    drawn = patches(heights, start=10)
    assert set(drawn) == {"A", "G"}
    box = drawn["A"].get_path().get_extents()
    np.testing.assert_allclose([box.y0, box.y1], [-0.5, 1])
    np.testing.assert_allclose([box.x0, box.x1], [10 - 0.47, 12 + 0.47])
    box = drawn["G"].get_path().get_extents()
    assert 0 <= box.y0 < 0.1
    assert 1.9 < box.y1 <= 2
    assert (box.x0 + box.x1) / 2 == pytest.approx(11, abs=0.05)


def test_letters_below_zero_hang_upside_down() -> None:
    """An A has its widest part at its feet, away from the axis when it hangs."""
    up = patches(np.array([[1.0, 0, 0, 0]]))["A"].get_path().vertices
    down = patches(np.array([[-1.0, 0, 0, 0]]))["A"].get_path().vertices
    np.testing.assert_allclose(down[:, 1], -up[:, 1])


def test_colours_stay_apart_for_the_colour_blind() -> None:
    """Distances after the protan and deutan matrices of Machado et al. 2009 (severity 1)."""
    rgb = np.array(
        [[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in BASE_COLOURS.values()]
    )
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    protan = [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
    deutan = [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ]
    for matrix in (protan, deutan):
        seen = np.clip(linear @ np.array(matrix).T, 0, 1)
        distances = np.linalg.norm(seen[:, None] - seen[None], axis=2)
        assert distances[np.triu_indices(4, 1)].min() > 0.15


def test_malformed_heights() -> None:
    with pytest.raises(ValueError, match=r"\(L, 4\); received \(3, 5\)"):
        patches(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="finite letter heights"):
        patches(np.array([[np.nan, 0, 0, 0]]))


@pytest.mark.parametrize(
    ("ending", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_saved_figures(tmp_path: Path, ending: str, magic: bytes) -> None:
    figure = Figure(figsize=(2, 1))
    draw_letters(figure.subplots(), np.eye(4))
    path = tmp_path / f"a.{ending}"
    save_figure(figure, path)
    assert path.read_bytes().startswith(magic)
    assert list(tmp_path.iterdir()) == [path]


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'png', 'svg', 'pdf'.*received .*a\.gif"):
        save_figure(Figure(), tmp_path / "a.gif")
