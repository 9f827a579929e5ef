import time
from pathlib import Path

import numpy as np
import pytest

from chrominterpret.motifs.letters import save_figure
from chrominterpret.tracks.tracks import contribution_tracks, top_sequences


def contributions(n: int, length: int) -> np.ndarray:
    generator = np.random.default_rng(0)
    onehot = np.eye(4)[generator.integers(0, 4, (n, length))]
    return onehot * generator.normal(size=(n, length, 1))


def test_every_base_of_every_sequence_is_drawn() -> None:
    scores = contributions(3, 50)
    figure = contribution_tracks(
        scores, titles=["a", "b", "c"], starts=[0, 1000, 5], y_label="DeepLIFT"
    )
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["a", "b", "c"]
    assert figure.axes[1].get_xlim() == (999.5, 1049.5)
    assert figure.get_supylabel() == "DeepLIFT"
    for row, axes in zip(scores, figure.axes, strict=True):
        boxes = [patch.get_path().get_extents() for patch in axes.patches]
        assert max(box.y1 for box in boxes) == pytest.approx(row.max())
        assert min(box.y0 for box in boxes) == pytest.approx(row.min())


def test_window_and_shared_scale() -> None:
    scores = contributions(2, 50)
    scores[0] *= 10
    figure = contribution_tracks(scores, window=(10, 30), share_y=True)
    first, second = figure.axes
    assert first.get_xlim() == (9.5, 29.5)
    assert first.get_ylim() == second.get_ylim()
    alone = contribution_tracks(scores[1], window=(10, 30)).axes[0]
    box = max(p.get_path().get_extents().y1 for p in alone.patches)
    assert box == pytest.approx(scores[1, 10:30].max())


def test_scores_of_zero_are_an_empty_track(tmp_path: Path) -> None:
    figure = contribution_tracks(np.zeros((10, 4)))
    assert not figure.axes[0].patches
    save_figure(figure, tmp_path / "empty.png")
    assert (tmp_path / "empty.png").exists()


@pytest.mark.slow
def test_600_bp_take_less_than_3_seconds_by_the_clock(tmp_path: Path) -> None:
    figure = contribution_tracks(np.ones((2, 4)))  # the font is found once
    save_figure(figure, tmp_path / "a.png")
    began = time.process_time()
    save_figure(contribution_tracks(contributions(1, 600)), tmp_path / "a.png")
    assert time.process_time() - began < 3  # 0.4 s on a quiet machine; logomaker takes 8 s


def test_top_sequences_by_absolute_score() -> None:
    scores = np.zeros((4, 3, 4))
    scores[:, 0, 0] = [1, -5, 0, 3]
    assert top_sequences(scores, count=2).tolist() == [1, 3]
    assert top_sequences(scores, count=9).tolist() == [1, 3, 0, 2]


def test_options_are_checked() -> None:
    scores = contributions(2, 20)
    with pytest.raises(ValueError, match=r"received \(2, 4, 20\)"):
        contribution_tracks(scores.transpose(0, 2, 1))
    with pytest.raises(ValueError, match="window in 0 to 20; received 5 to 21"):
        contribution_tracks(scores, window=(5, 21))
    with pytest.raises(ValueError, match="2 titles, one per sequence; received 1"):
        contribution_tracks(scores, titles=["a"])
    with pytest.raises(ValueError, match="2 starts, one per sequence; received 3"):
        contribution_tracks(scores, starts=[1, 2, 3])
    with pytest.raises(ValueError, match="count of at least 1; received 0"):
        top_sequences(scores, count=0)
