from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from chrominterpret.motifs.jaspar import jaspar_motifs
from chrominterpret.motifs.letters import save_figure
from chrominterpret.motifs.logos import LogoPair, logo, logo_grid, logo_pairs
from chrominterpret.motifs.pwm import Motif, reverse_complement
from chrominterpret.motifs.tomtom import tomtom


@pytest.fixture(scope="module")
def database() -> list[Motif]:
    return jaspar_motifs("nematodes")


def tops(figure: Figure) -> float:
    return max(p.get_path().get_extents().y1 for axes in figure.axes for p in axes.patches)


def test_logo_is_in_bits() -> None:
    motif = Motif("m", np.array([[1.0, 0, 0, 0], [0.5, 0.5, 0, 0]]), alt_name="x", nsites=5)
    figure = logo(motif)
    axes = figure.axes[0]
    assert axes.get_ylim() == (0, 2)
    assert axes.get_title() == "m x"
    assert tops(figure) == pytest.approx(2)
    corrected = tops(logo(motif, correct_small_samples=True))
    assert corrected == pytest.approx(2 - 3 / (2 * np.log(2) * 5))


def test_logo_without_information_is_empty() -> None:
    figure = logo(Motif("m", np.full((5, 4), 0.25)))
    assert not figure.axes[0].patches


def test_pairs_follow_the_matches(database: list[Motif]) -> None:
    target = database[4]
    turned = reverse_complement(target)
    ends = np.full((2, 4), 0.25)
    queries = [
        Motif("flat", ends),
        Motif("rc", np.concatenate([ends, turned.ppm, ends]), nsites=31),
        Motif("weak", np.array([[0.5, 0.5, 0, 0], [0.5, 0, 0.5, 0]])),
    ]
    pairs = logo_pairs(queries, database, tomtom(queries, database))
    assert [pair.title for pair in pairs] == ["rc (31 sites)", "weak"]
    match, none = pairs
    assert match.target is not None
    np.testing.assert_array_equal(match.target.ppm, turned.ppm)
    shown = match.target.ppm[max(match.offset, 0) :][: len(match.query)]
    np.testing.assert_allclose(match.query.ppm[: len(shown)], shown)
    assert match.caption.startswith(f"{target.label} (-)  q = ")
    assert (none.target, none.caption) == (None, "no match")


def test_grid_aligns_the_pairs(database: list[Motif]) -> None:
    """A query and the part of the target that it is: the letters have the same places."""
    sharp = np.eye(4)[[0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]]
    target = Motif("t", sharp)
    pair = LogoPair(Motif("q", sharp[8:12]), "q", target, 8, "t")
    figure = logo_grid([pair], columns=3)
    axes = figure.axes[0]
    vertices = next(p for p in axes.patches if p.get_label() == "A").get_path().vertices
    letters = vertices.reshape(-1, len(vertices) // 5, 2)
    middles = (letters[..., 0].min(axis=1) + letters[..., 0].max(axis=1)) / 2
    # one A in the query; in the target, of which 2 to 18 are shown, at 4, 8, 12 and 16
    cell = figure.get_size_inches()[0] / 2 - 0.05
    np.testing.assert_allclose(middles[2] - middles[0], cell)
    np.testing.assert_allclose(np.diff(middles[1:]), 4 * 0.13)


def test_grid_of_many_is_saved(tmp_path: Path, database: list[Motif]) -> None:
    pairs = [LogoPair(m, m.label, m, 0, "same") for m in database[:40]]
    pairs.append(LogoPair(database[0], "alone"))
    figure = logo_grid(pairs, columns=3)
    assert len(figure.axes[0].patches) == 4
    words = [text.get_text() for text in figure.axes[0].texts]
    assert words.count("same") == 40
    assert "no match" in words
    save_figure(figure, tmp_path / "grid.svg")
    assert (tmp_path / "grid.svg").stat().st_size > 10_000
    with pytest.raises(ValueError, match="one pair and one column; received 0 and 2"):
        logo_grid([])
