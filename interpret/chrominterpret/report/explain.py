"""Explanation of any Keras model: attributions, filters, motifs and patterns on one page."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chrominterpret.errors import InputError
from chrominterpret.files import filling
from chrominterpret.filters.rules import Rule
from chrominterpret.locks import locked
from chrominterpret.methods.base.explained import explained_model
from chrominterpret.methods.base.references import Choice
from chrominterpret.motifs.jaspar import load_motifs
from chrominterpret.motifs.pwm import Motif
from chrominterpret.report.explanation import DEFAULT_METHODS, SUMMARY, Choices, Explanation
from chrominterpret.report.places import Coordinates, find_places, named


def explain(
    model: Any,
    x: Any,
    *,
    out: str | os.PathLike[str],
    task_names: Sequence[str] | None = None,
    targets: Any = None,
    head: str | int | None = None,
    wrt: str | None = None,
    output: str = "logit",
    motifs: str | os.PathLike[str] | Sequence[Motif] = "jaspar",
    coordinates: Coordinates = None,
    methods: Sequence[str] = DEFAULT_METHODS,
    references: Choice = None,
    n_references: int = 20,
    sequences: int = 48,
    scan: int = 1000,
    modisco: int = 500,
    rule: Rule = "threshold",
    layer: str | None = None,
    title: str = "",
    seed: int = 0,
) -> dict[str, Any]:
    """Write what a Keras model reads to a folder: a page, arrays, tracks, motifs and patterns.

    Of all sequences some are attributed, the first convolution's filters become motifs that TomTom
    compares with known ones, and TF-MoDISco searches the contributions to each target. The folder
    holds ``report.html``, which needs no network; ``summary.json``; ``METHOD.npz`` and ``.h5`` of
    each method; ``tracks/``; ``bigwig/`` where coordinates are known; ``sequences.tsv``;
    ``filters.tsv``, ``.meme``, ``.png`` and ``.npz``; ``tomtom.tsv``; and ``modisco/``.

    Parameters
    ----------
    model
        Functional Keras model or built ``Sequential``.
    x
        Sequences as the attribution methods take them: one-hot (N, L, 4), letters, a FASTA file, a
        mapping from name to letters, or all inputs of the model.
    out
        Folder; made when missing. Its files appear together at the end or not at all.
    task_names, targets, head, wrt, output
        Names of the outputs or tracks, what to explain, name or position of the output, name of the
        attributed input, and whether a final sigmoid or softmax is left out; see
        `chrominterpret.methods.base.method.Method`.
    motifs
        Known motifs, or where they are; see `chrominterpret.motifs.jaspar.load_motifs`.
    coordinates
        Where the sequences lie: a BED file, or a list of "chr1:100-300" or (chromosome, start); see
        `chrominterpret.report.places.find_places`. Names of a FASTA file may tell it too.
    methods
        Names of attribution methods, of ``METHODS.names()``.
    references, n_references
        What sequences are compared with, by the methods that compare.
    sequences
        Number of sequences to attribute.
    scan
        Number of sequences for the filters to scan, at even distances.
    modisco
        Number of sequences of each target that TF-MoDISco searches, at most; 0 for none. It takes
        the contributions by DeepLIFT, or where that is not among them by the first of ``methods``
        that says what each base would contribute.
    rule, layer
        How sites of filters are found, and name of the convolution, where it is not the first one;
        see `chrominterpret.filters.filter_motifs.filter_motifs`.
    title
        Name of the model on the page; by default its own.
    seed
        Seed of all random choices.

    Returns
    -------
    dict
        What ``summary.json`` holds.

    Raises
    ------
    InputError
        The model or an option does not fit; then nothing has been written.

    Examples
    --------
    >>> import tempfile
    >>> import keras
    >>> import numpy as np
    >>> from chrominterpret.motifs.pwm import Motif
    >>> from chrominterpret.sequences import one_hot
    >>> model = keras.Sequential(
    ...     [
    ...         keras.Input((40, 4)),
    ...         keras.layers.Conv1D(4, 9, activation="relu"),
    ...         keras.layers.GlobalMaxPooling1D(),
    ...         keras.layers.Dense(2, activation="sigmoid"),
    ...     ]
    ... )
    >>> rng = np.random.default_rng(0)
    >>> x = one_hot(rng.integers(0, 4, (30, 40)))
    >>> known = [Motif(f"m{i}", rng.dirichlet([0.3] * 4, 8)) for i in range(30)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     summary = explain(
    ...         model, x, out=folder, task_names=["liver", "brain"], motifs=known,
    ...         sequences=1, n_references=2, modisco=0,
    ...     )
    ...     sorted(path.name for path in Path(folder).glob("*.*"))[:3]
    ['deep_lift_shap.h5', 'deep_lift_shap.npz', 'filters.meme']
    >>> summary["targets"]
    ['liver', 'brain']
    """
    x, names = named(x)
    if references is not None and not isinstance(references, str):
        references = np.asarray(references, np.float32)
    explained = explained_model(
        model, x, targets=targets, task_names=task_names, wrt=wrt, head=head, output=output
    )
    if not explained.is_dna:
        raise InputError(
            f"expected one-hot DNA (N, L, 4) to explain, received numbers {explained.x.shape}"
        )
    choices = Choices(
        methods=tuple(methods),
        options={
            "wrt": wrt, "head": head, "output": output, "references": references,
            "n_references": n_references, "seed": seed, "integrate": True,
        },
        motifs=load_motifs(motifs) if isinstance(motifs, str | os.PathLike) else list(motifs),
        sequences=sequences,
        scan=scan,
        modisco=modisco,
        rule=rule,
        layer=layer,
        title=title or f"{getattr(model, 'name', '') or 'the model'}",
    )  # fmt: skip
    n, length = explained.x.shape[:2]
    places = find_places(coordinates, n, length, names)
    explanation = Explanation(explained, names, places, choices)
    explanation.check()
    with locked(Path(out) / SUMMARY), filling(out) as folder:
        return explanation.write(folder)
