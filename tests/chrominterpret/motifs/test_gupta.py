"""TomTom's p-values against the definition: complete scoring, nothing hashed or cached.

Gupta et al. 2007 (Genome Biol 8:R24) with the scores of columns that lie beyond the other motif
taken as their median (Tanaka et al. 2011, doi:10.1093/bioinformatics/btr257), as MEME has it since.
"""

import numpy as np

from chrominterpret.motifs.jaspar import jaspar_motifs
from chrominterpret.motifs.p_values import compare

BINS = 100  # steps of a column's score, as in the paper


def reference(query: np.ndarray, targets: list[np.ndarray], bins: int = BINS) -> np.ndarray:
    """Return the p-value of a query (W, 4) at each target (L, 4), both strands."""
    both = [strand for t in targets for strand in (t, t[::-1, ::-1])]
    columns = np.concatenate(both)
    scores = -np.linalg.norm(query[:, None] - columns[None], axis=2)
    scores -= np.median(scores, axis=1, keepdims=True)
    steps = np.round(scores * bins / (scores.max() - scores.min())).astype(int)
    tails = span_tails(steps)
    starts = np.cumsum([0, *map(len, both)])
    p = []
    for forward in range(0, len(both), 2):
        spans, best = [], []
        for strand in (forward, forward + 1):
            length, first = len(both[strand]), starts[strand]
            for offset in range(1 - len(query), length):
                a, b = max(0, -offset), min(len(query), length - offset)
                places = first + offset + np.arange(a, b)
                spans.append((a, b))
                best.append(steps[np.arange(a, b), places].sum())
        # The best of all offsets is that much by chance unless every one of them is less.
        above = np.array([tails[span](max(best)) for span in spans])
        p.append(-np.expm1(np.log1p(-np.minimum(above, 1 - 1e-16)).sum()))
    return np.array(p)


def span_tails(steps: np.ndarray) -> dict:
    """Return, for query columns a to b, the function P(sum of scores >= s) under chance."""
    least = steps.min()
    counts = [np.bincount(row - least, minlength=steps.max() - least + 1) for row in steps]
    tails = {}
    for a in range(len(steps)):
        chances = np.ones(1)
        for b in range(a + 1, len(steps) + 1):
            chances = np.convolve(chances, counts[b - 1] / steps.shape[1])
            above = np.append(np.cumsum(chances[::-1])[::-1], 0)
            tails[a, b] = lambda s, above=above, least=(b - a) * least: above[
                min(max(s - least, 0), len(above) - 1)
            ]
    return tails


def test_a_single_column_by_hand():
    # Scores of A against A, T (its other strand), and CG twice: the best, A on A, has one of six.
    a, cg = np.eye(4)[[0]], np.eye(4)[[1, 2]]
    p = reference(a, [a, cg])
    np.testing.assert_allclose(p, [1 - (5 / 6) ** 2, 1.0], rtol=1e-12)


def test_hashed_p_values_are_close_to_the_definition():
    targets = [motif for motif in jaspar_motifs("fungi") if len(motif) < 16]
    queries = targets[::24]
    found = np.concatenate([results[0] for results in compare(queries, targets)])
    expected = np.array([reference(q.ppm, [t.ppm for t in targets]) for q in queries])
    small = expected < 0.05
    assert small.sum() > 80
    found, expected = found[small], expected[small]
    # Seen: a median of 1.02, and 0.91 to 1.21.
    low, median, high = np.quantile(found / expected, [0.05, 0.5, 0.95])
    assert 0.85 < low < 1 < high < 1.3
    assert 0.97 < median < 1.07
    logs = np.log10(np.maximum([found, expected], 1e-12))
    assert np.corrcoef(logs)[0, 1] > 0.999
