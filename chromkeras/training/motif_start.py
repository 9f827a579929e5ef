"""Initialisation of first-layer filters by known motifs."""

import os

import keras
import numpy as np

from chrominterpret.motifs.motif_files import read_motifs
from chrominterpret.motifs.pwm import Motif, information_content, pssm
from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.sharing.model_layers import layer_table


def start_from_motifs(model: keras.Model, path: str | os.PathLike[str]) -> int:
    """Put the PSSMs of a motif file into the first filters of a model; the rest stay drawn.

    Every other motif stands as its reverse complement. A filter keeps the L2 norm that it was
    drawn with, so the motifs change where filters start but not their scale. Where every task,
    or group of tasks, has filters of its own, all start from the same motifs.

    Parameters
    ----------
    model
        Model of chromkeras; the kernel of its first convolution on DNA has shape (W, 4, F), or
        (networks, W, 4, F).
    path
        MEME (or JASPAR) file. Where it has more motifs than there are filters, those of the
        highest information content are taken, in the order of the file.

    Returns
    -------
    int
        Number of filters that start from a motif.

    Raises
    ------
    InputError
        The file is missing, malformed or without a motif that carries information.
    """
    motifs = _informative(read_motifs(require_file(path, "motif file")))
    if not motifs:
        raise InputError(f"motif file {path} has no motif that carries information")
    kernel = model.get_layer(layer_table(model).first_convolution().name).kernel
    drawn = keras.ops.convert_to_numpy(kernel)
    width, _, filters = drawn.shape[-3:]
    patterns = [motif_filter(motif, width) for motif in _chosen(motifs, filters)]
    patterns = [p[::-1, ::-1] if i % 2 else p for i, p in enumerate(patterns)]
    unit = np.stack([p / np.linalg.norm(p) for p in patterns], axis=-1)
    started = drawn.copy()
    norms = np.sqrt((drawn**2).sum(axis=(-3, -2), keepdims=True))[..., : len(patterns)]
    started[..., : len(patterns)] = unit * norms
    kernel.assign(started)
    return len(patterns)


def motif_filter(motif: Motif, width: int) -> np.ndarray:
    """Return a motif as a filter of ``width`` positions.

    Parameters
    ----------
    motif
        Motif of any width. Of one longer than the filter, the stretch of the highest
        information content is taken.
    width
        Filter width W.

    Returns
    -------
    np.ndarray
        Shape (W, 4), columns A C G T: log2(p / 0.25) with one pseudocount (see
        ``chrominterpret.motifs.pwm.pssm``) in the middle, 0 at both sides, where one position
        more is on the right if they cannot be equal.
    """
    scores = pssm(motif)
    if len(motif) > width:
        window = np.ones(width)
        start = int(np.convolve(information_content(motif.ppm), window, mode="valid").argmax())
        scores = scores[start : start + width]
    left = (width - len(scores)) // 2
    out = np.zeros((width, 4))
    out[left : left + len(scores)] = scores
    return out


def _information(motif: Motif) -> float:
    return float(information_content(motif.ppm).sum())


def _informative(motifs: list[Motif]) -> list[Motif]:
    return [motif for motif in motifs if _information(motif) > 0]


def _chosen(motifs: list[Motif], count: int) -> list[Motif]:
    ranked = np.argsort([-_information(motif) for motif in motifs], kind="stable")
    return [motifs[i] for i in sorted(ranked[:count])]
