"""TF-MoDISco: recurring patterns among the contributions of one task.

Shrikumar et al. 2018 (arXiv:1811.00416), by modisco-lite 3. Its random seeds are fixed, so the
same input gives the same patterns.
"""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import h5py
import numpy as np
from modiscolite.io import save_hdf5
from modiscolite.tfmodisco import TFMoDISco
from numpy.typing import ArrayLike, NDArray

from chrominterpret.errors import InputError
from chrominterpret.files import replacing
from chrominterpret.hdf5 import hdf5_sink, read_hdf5
from chrominterpret.motifs.compiled import announce, keep_compiled, modisco_kernels
from chrominterpret.motifs.pwm import Floats, Motif, Sites

Sign = Literal["pos", "neg"]

Seqlets = Literal["narrow", "wide"]
_SIZES: Final[dict[Seqlets, dict[str, int]]] = {
    "narrow": {
        "sliding_window_size": 11,
        "flank_size": 5,
        "trim_to_window_size": 15,
        "initial_flank_to_add": 5,
    },
    "wide": {
        "sliding_window_size": 21,
        "flank_size": 10,
        "trim_to_window_size": 30,
        "initial_flank_to_add": 10,
    },
}

_SIGNS: Final[tuple[Sign, Sign]] = ("pos", "neg")
_CORE: Final = 0.3  # of the largest position, as in modisco-lite's report
_BESIDE: Final = 2


@dataclass(frozen=True, eq=False)
class Pattern:
    """A recurring pattern, and the seqlets (stretches of sequence) that it was made of.

    Attributes
    ----------
    name : str
        As in modisco-lite's file and report, e.g. ``"pos_patterns.pattern_0"``.
    sign : "pos" or "neg"
        Whether its contributions raise or lower the prediction.
    ppm : ndarray of shape (W, 4), float64
        Frequency of A, C, G, T among the seqlets; rows sum to 1.
    contributions : ndarray of shape (W, 4), float64
        Contribution weight matrix (CWM): mean contribution.
    hypothetical : ndarray of shape (W, 4), float64
        Mean hypothetical contribution.
    seqlets : Sites
        Places of the seqlets, W bp each; the score is the sum of the contributions in `core`.
    """

    name: str
    sign: Sign
    ppm: Floats
    contributions: Floats
    hypothetical: Floats
    seqlets: Sites

    def __len__(self) -> int:
        return len(self.ppm)

    @property
    def core(self) -> slice:
        """Positions from the first to the last with 30 % of the largest contribution."""
        return _core(self.contributions)

    def motif(self) -> Motif:
        """Return the core and 2 bp on either side as a motif, for TomTom and motif files."""
        rows = slice(max(self.core.start - _BESIDE, 0), self.core.stop + _BESIDE)
        return Motif(self.name, self.ppm[rows], nsites=float(len(self.seqlets)))

    def core_sites(self) -> Sites:
        """Return where the cores of the seqlets lie, ``core.stop − core.start`` bp each."""
        core, at = self.core, self.seqlets
        shift = np.where(at.strand > 0, core.start, len(self) - core.stop)
        return Sites(at.sequence, at.start + shift, at.strand, at.score)


def _core(contributions: Floats) -> slice:
    weight = np.abs(contributions).sum(axis=1)
    kept = np.flatnonzero(weight >= _CORE * weight.max())
    return slice(int(kept[0]), int(kept[-1]) + 1)


@dataclass(frozen=True, eq=False)
class Patterns:
    """Patterns that TF-MoDISco found.

    Attributes
    ----------
    patterns : tuple of Pattern
        Patterns, those that raise the prediction first, each sign by falling number of seqlets.
    window : int
        Length in bp of the middle of the sequences that was searched.
    reason : str
        Reason why there is no pattern; empty where there is one.
    """

    patterns: tuple[Pattern, ...]
    window: int
    reason: str
    _found: tuple[Any, Any]  # modisco-lite's own objects, for its file

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write modisco-lite's HDF5 file, atomically, for its report and other tools.

        Positions in the file count from the start of the window, as those tools expect.
        """
        with replacing(path) as temporary, hdf5_sink(temporary) as file:
            save_hdf5(file, *self._found, self.window)


def modisco(
    one_hot: ArrayLike,
    hypothetical: ArrayLike,
    *,
    window: int | None = 400,
    seqlets: Seqlets = "narrow",
    min_seqlets: int = 20,
    max_seqlets: int = 20_000,
    leiden_runs: int = 2,
) -> Patterns:
    """Find recurring patterns in the contributions of one task.

    Parameters
    ----------
    one_hot : array of shape (N, L, 4)
        Sequences; channels A, C, G, T; an N is four zeros.
    hypothetical : array of shape (N, L, 4)
        Hypothetical contributions of one task, e.g. those of `deep_lift.deep_lift_shap`.
    window : int or None
        Length in bp of the middle of every sequence that is searched; None, or a length above L,
        means all of it.
    seqlets : "narrow" or "wide"
        Size of seqlets: chosen by the contributions of 11 bp and seen with 5 bp on either side, or
        of 21 and 10, as is modisco-lite's own. Narrow ones hold one motif where others lie close by
        at changing distances, so fewer sequences suffice; wide ones hold motifs of above 20 bp and
        pairs of motifs at a fixed distance.
    min_seqlets : int
        Number of seqlets below which a pattern is dropped, and below which contributions of one
        sign are not looked at (modisco-lite's own: 20 and 100).
    max_seqlets : int
        Number of seqlets of one sign that are used; further ones, of the last sequences, are not.
    leiden_runs : int
        Clusterings from different seeds, of which the best is kept. modisco-lite's own is 50; ten
        take three times as long as two, and give the same large patterns, a few seqlets more or
        less.

    Returns
    -------
    Patterns
        Without patterns, and with the reason, where the contributions hold none.

    Raises
    ------
    InputError
        If the shapes do not fit, a value is not finite or an option is out of range.

    Notes
    -----
    The first run on a computer compiles for 15 to 30 seconds; the outcome is kept on disk.
    modisco-lite drops seqlets whose neighbours are no better defined than by chance. So where all
    contributions of one sign show one and the same motif, as in a simulation, it may find nothing.
    """
    x, h = _checked(one_hot, hypothetical)
    _check_options(window, seqlets, min_seqlets, max_seqlets, leiden_runs)
    width = min(window or x.shape[1], x.shape[1])
    first = (x.shape[1] - width) // 2
    searched = np.s_[:, first : first + width]
    found, error = _run(
        np.ascontiguousarray(x[searched]),
        np.ascontiguousarray(h[searched]),
        _shortest(seqlets),
        min_metacluster_size=min_seqlets - 1,  # modisco-lite wants more than that
        final_min_cluster_size=min_seqlets,
        max_seqlets_per_metacluster=max_seqlets,
        n_leiden_runs=leiden_runs,
        **_SIZES[seqlets],
    )
    patterns = tuple(
        _to_pattern(sign, index, pattern, first)
        for sign, group in zip(_SIGNS, found, strict=True)
        for index, pattern in enumerate(group or ())
    )
    nothing = error or f"no pattern of at least {min_seqlets} seqlets in {len(x)} sequences"
    return Patterns(patterns, width, "" if patterns else nothing, found)


def _checked(
    one_hot: ArrayLike, hypothetical: ArrayLike
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    x, h = np.asarray(one_hot, np.float32), np.asarray(hypothetical, np.float32)
    if x.ndim != 3 or x.shape[2] != 4 or not len(x) or x.shape != h.shape:
        raise InputError(
            "expected sequences and hypothetical contributions of the same shape (N, L, 4); "
            f"received {x.shape} and {h.shape}"
        )
    if not np.isfinite(h).all():
        raise InputError("expected finite contributions; received NaN or infinity")
    return x, h


def _shortest(seqlets: Seqlets) -> int:
    """Return the length in bp of a seqlet with its flanks; there is no room for it in less."""
    sizes = _SIZES[seqlets]
    return sizes["sliding_window_size"] + 2 * sizes["flank_size"]


def _check_options(
    window: int | None, seqlets: Seqlets, min_seqlets: int, max_seqlets: int, leiden_runs: int
) -> None:
    if seqlets not in _SIZES:
        raise InputError(f"expected seqlets {' or '.join(_SIZES)}; received {seqlets!r}")
    if window is not None and window < (least := _shortest(seqlets)):
        raise InputError(f"expected a window of at least {least} bp or None; received {window}")
    if not 2 <= min_seqlets <= max_seqlets:
        raise InputError(
            "expected 2 <= min_seqlets <= max_seqlets; "
            f"received min_seqlets {min_seqlets}, max_seqlets {max_seqlets}"
        )
    if leiden_runs < 1:
        raise InputError(f"expected leiden_runs of at least 1; received {leiden_runs}")


def _run(
    x: NDArray[np.float32], h: NDArray[np.float32], shortest: int, **options: int
) -> tuple[tuple[Any, Any], str]:
    """Return what modisco-lite found, and why it could not look."""
    if x.shape[1] < shortest:
        return (None, None), f"sequences of {x.shape[1]} bp; at least {shortest} bp are needed"
    if not (x * h).any():
        return (None, None), "all contributions are 0"
    # modisco-lite keeps it only where it may fork, and other threads, such as TensorFlow's, forbid
    # that: every process would compile for some 20 s.
    keep_compiled(kernels := modisco_kernels())
    announce("TF-MoDISco", kernels, "about half a minute")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # it forks helpers that use NumPy alone, which JAX warns of
            warnings.filterwarnings("ignore", message=r".*fork", category=RuntimeWarning)
            return TFMoDISco(x, h, **options), ""
    except (ValueError, IndexError, ZeroDivisionError) as error:
        # how it fails where contributions have one sign only, or all seqlets are the same
        return (None, None), f"modisco-lite found nothing to compare: {error}"


def _to_pattern(sign: Sign, index: int, found: Any, first: int) -> Pattern:
    seqlets = found.seqlets
    return _pattern(
        sign,
        index,
        [found.sequence, found.contrib_scores, found.hypothetical_contribs],
        np.array([seqlet.example_idx for seqlet in seqlets]),
        np.array([seqlet.start for seqlet in seqlets]) + first,
        np.array([seqlet.is_revcomp for seqlet in seqlets]),
        np.array([seqlet.contrib_scores for seqlet in seqlets]),
    )


def _pattern(
    sign: Sign,
    index: int,
    matrices: Sequence[ArrayLike],
    sequence: NDArray[Any],
    start: NDArray[Any],
    turned: NDArray[Any],
    contributions: NDArray[Any],
) -> Pattern:
    frequencies, cwm, hypothetical = (np.array(m, np.float64) for m in matrices)
    score = contributions[:, _core(cwm)].sum(axis=(1, 2), dtype=np.float64)
    strand = np.where(turned, -1, 1).astype(np.int8)
    order = np.lexsort((-strand, start, sequence))
    at = Sites(sequence[order], start[order], strand[order], score[order])
    name = f"{sign}_patterns.pattern_{index}"
    return Pattern(name, sign, _to_ppm(frequencies), cwm, hypothetical, at)


def _to_ppm(frequencies: Floats) -> Floats:
    """Return rows that sum to 1: an N adds nothing, and a row of Ns is even."""
    total = frequencies.sum(axis=1, keepdims=True)
    return np.where(total > 0, frequencies / np.maximum(total, 1e-12), 0.25)


def read_patterns(
    path: str | os.PathLike[str], *, length: int | None = None
) -> tuple[Pattern, ...]:
    """Read the patterns of a modisco-lite HDF5 file.

    Parameters
    ----------
    path : path
        File of `Patterns.write`, or of modisco-lite itself.
    length : int or None
        Length in bp of the sequences that it was made of. Positions then count from their start;
        with None they count from the start of the window, as they do in the file.

    Raises
    ------
    InputError
        If the sequences would be shorter than the window, or a pattern lacks something.
    """
    with read_hdf5(path) as file:
        window = int(file.attrs.get("window_size", length or 0))
        first = 0 if length is None else (length - window) // 2
        if first < 0:
            raise InputError(f"{path}: expected length of at least {window}; received {length}")
        try:
            return tuple(
                _read_pattern(sign, index, group[f"pattern_{index}"], first)
                for sign in _SIGNS
                if (group := file.get(f"{sign}_patterns")) is not None
                for index in range(len(group))
            )
        except KeyError as error:
            raise InputError(f"{path}: expected patterns of modisco-lite; {error}") from error


def _read_pattern(sign: Sign, index: int, group: h5py.Group, first: int) -> Pattern:
    seqlets = group["seqlets"]
    return _pattern(
        sign,
        index,
        [group[name][:] for name in ("sequence", "contrib_scores", "hypothetical_contribs")],
        seqlets["example_idx"][:],
        seqlets["start"][:] + first,
        seqlets["is_revcomp"][:],
        seqlets["contrib_scores"][:],
    )
