"""Tracks of contribution scores along sequences, every base as a letter of its score's height."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from chrominterpret.errors import InputError
from chrominterpret.motifs.letters import draw_letters, tidy_axes


def draw_track(axes: Axes, scores: ArrayLike, *, start: int = 0, title: str | None = None) -> None:
    """Draw the letters of one sequence.

    Parameters
    ----------
    axes : matplotlib Axes
        Axes to draw on.
    scores : array of shape (L, 4)
        Contributions (0 but for the base that is there) or hypothetical contributions, of A, C, G,
        T; letters below 0 hang upside down.
    start : int
        Coordinate of the first position.
    title : str or None
        Text above.
    """
    draw_letters(axes, scores, start=start)
    axes.axhline(0, color="0.3", linewidth=0.5, zorder=0.5)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))
    tidy_axes(axes)
    if title is not None:
        axes.set_title(title, fontsize=8, loc="left", pad=3)


def contribution_tracks(
    scores: ArrayLike,
    *,
    titles: Sequence[str] | None = None,
    window: tuple[int, int] | None = None,
    starts: Sequence[int] | None = None,
    y_label: str = "contribution",
    x_label: str = "position (bp)",
    share_y: bool = False,
    width: float | None = None,
    height: float = 1.1,
) -> Figure:
    """Draw the contribution scores of one or several sequences, one below the other.

    Parameters
    ----------
    scores : array of shape (L, 4) or (N, L, 4)
        Contributions or hypothetical contributions; channels A, C, G, T.
    titles : sequence of N str, or None
        Text above each track.
    window : (int, int) or None
        First position and the one after the last to show, in 0 to L; None shows all.
    starts : sequence of N int, or None
        Coordinate of position 0 of each sequence, e.g. its place in the chromosome.
    y_label, x_label : str
        Labels of the axes.
    share_y : bool
        Whether all tracks have one scale.
    width : float or None
        Inches; None takes 0.09 per base, between 5 and 16.
    height : float
        Inches per track.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InputError
        If the shape is wrong, the window is not in the sequence, or a number of titles or starts is
        not N.
    """
    tracks = _checked_scores(scores)
    n, length = tracks.shape[:2]
    first, last = _checked_window(window, length)
    _check_count("titles", titles, n)
    _check_count("starts", starts, n)
    inches = min(max(5.0, 0.09 * (last - first)), 16.0) if width is None else width
    figure = Figure(figsize=(inches, n * height + 0.35), layout="constrained")
    rows: list[Axes] = figure.subplots(n, 1, squeeze=False)[:, 0].tolist()
    for row, axes in enumerate(rows):
        start = first + (0 if starts is None else starts[row])
        title = None if titles is None else titles[row]
        draw_track(axes, tracks[row, first:last], start=start, title=title)
    if share_y:
        _share_y(rows)
    rows[-1].set_xlabel(x_label, fontsize=8)
    figure.supylabel(y_label, fontsize=8)
    return figure


def top_sequences(scores: ArrayLike, *, count: int) -> NDArray[np.int64]:
    """Return the sequences with the largest sum of absolute scores, largest first.

    Parameters
    ----------
    scores : array of shape (N, L, 4)
        Contributions.
    count : int
        Number of sequences; all where there are fewer.
    """
    if count < 1:
        raise InputError(f"expected a count of at least 1; received {count}")
    size = np.abs(_checked_scores(scores)).sum(axis=(1, 2))
    return np.argsort(-size, kind="stable")[:count]


def _checked_scores(scores: ArrayLike) -> NDArray[np.float64]:
    tracks = np.asarray(scores, dtype=np.float64)
    if tracks.ndim == 2:
        tracks = tracks[None]
    if tracks.ndim != 3 or tracks.shape[2] != 4 or not tracks.size:
        raise InputError(f"expected scores of shape (L, 4) or (N, L, 4); received {tracks.shape}")
    return tracks


def _checked_window(window: tuple[int, int] | None, length: int) -> tuple[int, int]:
    first, last = (0, length) if window is None else window
    if not 0 <= first < last <= length:
        raise InputError(f"expected a window in 0 to {length}; received {first} to {last}")
    return first, last


def _check_count(what: str, values: Sequence[object] | None, n: int) -> None:
    if values is not None and len(values) != n:
        raise InputError(f"expected {n} {what}, one per sequence; received {len(values)}")


def _share_y(rows: Sequence[Axes]) -> None:
    limits = [axes.get_ylim() for axes in rows]
    low, high = min(limit[0] for limit in limits), max(limit[1] for limit in limits)
    for axes in rows:
        axes.set_ylim(low, high)
