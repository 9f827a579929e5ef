"""Position weight matrices: information, logo heights, scores against a background, scanning.

All matrices have one row per position and the columns A, C, G, T: shape ``(W, 4)``.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chrominterpret import sequences
from chrominterpret.errors import InputError
from chrominterpret.sequences import BASES

DEFAULT_NSITES: Final = 20.0
"""Sites assumed where a motif does not say how many it was made of (MEME's own default)."""

_ROW_SUM_TOLERANCE: Final = 1e-6
_IUPAC: Final = {
    "AC": "M", "AG": "R", "AT": "W", "CG": "S", "CT": "Y", "GT": "K",
    "ACG": "V", "ACT": "H", "AGT": "D", "CGT": "B",
}  # fmt: skip

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Motif:
    """A motif as the probability of each base at each position.

    Attributes
    ----------
    name : str
        Identifier, unique in its collection, e.g. ``"MA0260.1"`` or ``"f12"``.
    ppm : ndarray of shape (W, 4), float64
        Position probability matrix; columns A, C, G, T; rows sum to 1. Read-only.
    alt_name : str
        Second name, e.g. that of the transcription factor; may be empty.
    nsites : float or None
        Number of sites that the matrix was made of, where known.
    """

    name: str
    ppm: Floats
    alt_name: str = ""
    nsites: float | None = None

    def __post_init__(self) -> None:
        ppm = np.array(self.ppm, dtype=np.float64)
        _check_ppm(ppm, f"motif {self.name!r}")
        if self.nsites is not None and not self.nsites > 0:
            raise InputError(
                f"motif {self.name!r}: expected nsites above 0 or None; received {self.nsites}"
            )
        ppm.flags.writeable = False
        object.__setattr__(self, "ppm", ppm)

    def __len__(self) -> int:
        return len(self.ppm)

    @property
    def label(self) -> str:
        """Both names, e.g. ``"MA0260.1 che-1"``."""
        return f"{self.name} {self.alt_name}".strip()


def _check_ppm(ppm: Floats, what: str) -> None:
    if ppm.ndim != 2 or ppm.shape[1] != 4 or not len(ppm):
        raise InputError(f"{what}: expected a matrix of shape (W, 4); received {ppm.shape}")
    if not (np.isfinite(ppm).all() and (ppm >= 0).all()):
        raise InputError(f"{what}: expected probabilities of at least 0; received {ppm.min()}")
    worst = np.abs(ppm.sum(axis=1) - 1).argmax()
    total = ppm[worst].sum()
    if abs(total - 1) > _ROW_SUM_TOLERANCE:
        raise InputError(f"{what}: expected rows that sum to 1; row {worst} sums to {total:.6g}")


def motif_from_counts(
    name: str, counts: ArrayLike, *, alt_name: str = "", pseudocount: float = 0.0
) -> Motif:
    """Make a motif of base counts.

    Parameters
    ----------
    name, alt_name : str
        Names of the motif.
    counts : array of shape (W, 4)
        Number of sites with A, C, G, T at each position. Rows may differ in their sums.
    pseudocount : float
        Pseudocount of each of the four bases (Basset adds 1).

    Returns
    -------
    Motif
        ``nsites`` is the largest row sum, pseudocounts not counted.

    Raises
    ------
    InputError
        If the shape is wrong, a count is negative, or a row has no sites and no pseudocount.
    """
    counts = np.asarray(counts, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[1] != 4 or not len(counts):
        raise InputError(f"motif {name!r}: expected counts of shape (W, 4); got {counts.shape}")
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise InputError(f"motif {name!r}: expected counts of at least 0; got {counts.min()}")
    totals = counts.sum(axis=1)
    padded = counts + pseudocount
    if not (padded.sum(axis=1) > 0).all():
        raise InputError(f"motif {name!r}: row {totals.argmin()} has no counts")
    ppm = padded / padded.sum(axis=1, keepdims=True)
    return Motif(name, ppm, alt_name=alt_name, nsites=round(float(totals.max()), 6) or None)


def motif_from_sites(name: str, onehot: ArrayLike, *, pseudocount: float = 0.0) -> Motif:
    """Make a motif of aligned sites.

    Parameters
    ----------
    name : str
        Name of the motif.
    onehot : array of shape (S, W, 4)
        Aligned sites; channels A, C, G, T; an N is four zeros and adds nothing.
    pseudocount : float
        Pseudocount of each of the four bases.
    """
    onehot = np.asarray(onehot)
    if onehot.ndim != 3 or onehot.shape[2] != 4:
        raise InputError(f"expected aligned sites of shape (S, W, 4); received {onehot.shape}")
    return motif_from_counts(name, onehot.sum(axis=0), pseudocount=pseudocount)


def small_sample_correction(nsites: float) -> float:
    """Return e_n = 3 / (2 ln2 n), in bits: the bias of the entropy of n sites of four bases.

    Source: Schneider, Stormo, Gold and Ehrenfeucht 1986, J Mol Biol 188:415.
    """
    if not nsites > 0:
        raise InputError(f"expected a number of sites above 0; received {nsites}")
    return 3 / (2 * np.log(2) * nsites)


def information_content(ppm: ArrayLike, *, nsites: float | None = None) -> Floats:
    """Return the information of each position, R_i = log2 4 − (H_i + e_n), in bits.

    Parameters
    ----------
    ppm : array of shape (W, 4)
        Position probability matrix.
    nsites : float or None
        Number of sites n of the small-sample correction e_n; None leaves the correction out.

    Returns
    -------
    ndarray of shape (W,), float64
        Bits, 0 to 2; may be below 0 with the correction.

    Raises
    ------
    InputError
        If the shape is another, such as (4, W).

    Notes
    -----
    Schneider and Stephens 1990, Nucleic Acids Res 18:6097.
    """
    ppm = np.asarray(ppm, dtype=np.float64)
    if ppm.ndim != 2 or ppm.shape[1] != 4:
        raise InputError(f"expected a matrix of shape (W, 4); received {ppm.shape}")
    logs = np.log2(ppm, out=np.zeros_like(ppm), where=ppm > 0)
    entropy = -(ppm * logs).sum(axis=1)
    correction = 0.0 if nsites is None else small_sample_correction(nsites)
    return 2.0 - (entropy + correction)


def logo_heights(ppm: ArrayLike, *, nsites: float | None = None) -> Floats:
    """Return the letter heights of a logo, f × R, in bits; positions below 0 bits become 0.

    Parameters and shapes are those of `information_content`; the result has shape (W, 4).
    """
    ppm = np.asarray(ppm, dtype=np.float64)
    information = np.maximum(information_content(ppm, nsites=nsites), 0.0)
    return ppm * information[:, None]


def checked_background(background: ArrayLike | None) -> Floats:
    """Return background frequencies (4,) that sum to 1; None means 0.25 each."""
    if background is None:
        return np.full(4, 0.25)
    background = np.asarray(background, dtype=np.float64)
    if background.shape != (4,) or not (background > 0).all():
        raise InputError(f"expected four background frequencies above 0; received {background}")
    return background / background.sum()


def pssm(motif: Motif, *, background: ArrayLike | None = None, pseudocount: float = 1.0) -> Floats:
    """Return the log-odds matrix log2(p / p_bg), in bits.

    With n sites, p = (n f + pseudocount · p_bg) / (n + pseudocount).

    Parameters
    ----------
    motif : Motif
        Motif; n is its ``nsites``, or 20 where it has none.
    background : array of shape (4,) or None
        Frequencies of A, C, G, T; None means 0.25 each.
    pseudocount : float
        Total number of added sites, spread over the bases as the background is.

    Returns
    -------
    ndarray of shape (W, 4), float64
        ``-inf`` where a base never occurs and the pseudocount is 0.
    """
    if pseudocount < 0:
        raise InputError(f"expected a pseudocount of at least 0; received {pseudocount}")
    p_bg = checked_background(background)
    n = DEFAULT_NSITES if motif.nsites is None else motif.nsites
    p = (n * motif.ppm + pseudocount * p_bg) / (n + pseudocount)
    with np.errstate(divide="ignore"):
        return np.log2(p / p_bg)


def trim(motif: Motif, *, min_information: float = 0.2) -> Motif | None:
    """Cut the flanking positions whose information is below ``min_information`` bits.

    Returns None where no position has that much. Positions between informative ones stay.
    The default is Basset's.
    """
    kept = np.flatnonzero(information_content(motif.ppm) >= min_information)
    if not len(kept):
        return None
    return replace(motif, ppm=motif.ppm[kept[0] : kept[-1] + 1])


def reverse_complement(motif: Motif) -> Motif:
    """Return the motif as it reads on the other strand."""
    return replace(motif, ppm=sequences.reverse_complement(motif.ppm))


def consensus(motif: Motif, *, iupac: bool = False) -> str:
    """Return the consensus sequence.

    Parameters
    ----------
    motif : Motif
        Motif to read.
    iupac : bool
        False: the most probable base of each position, the first of ACGT on ties. True: IUPAC
        codes by the rules of Cavener 1987 (Nucleic Acids Res 15:1353): one base where it has at
        least a half and twice the second; two where they have three quarters; three where the
        fourth never occurs; else N.
    """
    if not iupac:
        return "".join(BASES[i] for i in motif.ppm.argmax(axis=1))
    return "".join(_cavener(row) for row in motif.ppm)


def _cavener(row: Floats) -> str:
    order = np.argsort(-row, kind="stable")
    p = row[order]
    if p[0] >= 0.5 and p[0] >= 2 * p[1]:
        return BASES[order[0]]
    if p[0] + p[1] >= 0.75:
        return _IUPAC["".join(BASES[i] for i in sorted(order[:2]))]
    if p[3] == 0:
        return _IUPAC["".join(BASES[i] for i in sorted(order[:3]))]
    return "N"


@dataclass(frozen=True, eq=False)
class Sites:
    """Places of a motif in sequences, sorted by sequence, start and strand.

    Attributes
    ----------
    sequence, start : ndarray of shape (S,), int64
        Sequence and first position of each site, from 0, on the given strand's sequence.
    strand : ndarray of shape (S,), int8
        +1, or −1 where the reverse complement matches.
    score : ndarray of shape (S,), float64
        Score of the site, in bits where the matrix is a `pssm`.
    """

    sequence: NDArray[np.int64]
    start: NDArray[np.int64]
    strand: NDArray[np.int8]
    score: Floats

    def __len__(self) -> int:
        return len(self.score)


def scan(onehot: ArrayLike, matrix: ArrayLike) -> Floats:
    """Score every position of sequences with a matrix: a convolution without padding.

    Parameters
    ----------
    onehot : array of shape (N, L, 4)
        Sequences; channels A, C, G, T; an N is four zeros and scores 0.
    matrix : array of shape (W, 4)
        Finite scores, e.g. from `pssm`.

    Returns
    -------
    ndarray of shape (N, L − W + 1), float64
        ``scores[n, i]`` is the sum over the W positions from i on.

    Raises
    ------
    InputError
        If a shape is wrong, the sequences are shorter than the matrix, or a score is infinite.
    """
    x, weights = np.asarray(onehot), np.asarray(matrix, dtype=np.float64)
    if x.ndim != 3 or x.shape[2] != 4:
        raise InputError(f"expected one-hot sequences of shape (N, L, 4); received {x.shape}")
    if weights.ndim != 2 or weights.shape[1] != 4:
        raise InputError(f"expected a matrix of shape (W, 4); received {weights.shape}")
    if not np.isfinite(weights).all():
        raise InputError("expected a matrix of finite scores; give pssm a pseudocount above 0")
    positions = x.shape[1] - len(weights) + 1
    if positions < 1:
        raise InputError(
            f"expected sequences of at least {len(weights)} bp; received {x.shape[1]} bp"
        )
    scores = np.zeros((len(x), positions))
    for offset, row in enumerate(weights):
        scores += x[:, offset : offset + positions] @ row
    return scores


def find_sites(
    onehot: ArrayLike, matrix: ArrayLike, *, threshold: float, both_strands: bool = True
) -> Sites:
    """Return the sites whose score is at least ``threshold``.

    Parameters
    ----------
    onehot, matrix
        As for `scan`.
    threshold : float
        Lowest score of a site, in the unit of the matrix.
    both_strands : bool
        Whether the reverse complement of the matrix is looked for as well.
    """
    weights = np.asarray(matrix, dtype=np.float64)
    strands = [(1, weights)]
    if both_strands:
        strands.append((-1, sequences.reverse_complement(weights)))
    found = []
    for strand, oriented in strands:
        scores = scan(onehot, oriented)
        sequence, start = np.nonzero(scores >= threshold)
        found.append((sequence, start, np.full(len(start), strand), scores[sequence, start]))
    sequence, start, strand_of, score = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.lexsort((-strand_of, start, sequence))
    return Sites(sequence[order], start[order], strand_of[order].astype(np.int8), score[order])
