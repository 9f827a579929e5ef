import numpy as np

from chrominterpret.matching import match_one_to_one
from chrominterpret.motifs.pairwise import motif_p_values, shuffled_motifs
from chrominterpret.motifs.pwm import Motif, reverse_complement


def motifs(count: int, seed: int = 0, width: int = 10) -> list[Motif]:
    random = np.random.default_rng(seed)
    return [Motif(f"m{i}", random.dirichlet([0.2] * 4, width)) for i in range(count)]


def test_turned_motifs_match_and_shuffled_ones_do_not():
    known = motifs(30)
    turned = [reverse_complement(m) for m in known][::-1]
    p_values = motif_p_values(known, turned, seed=0)
    rows, columns, _ = match_one_to_one(-np.log10(p_values))
    assert (rows + columns).tolist() == [29] * 30
    random = motif_p_values(known, shuffled_motifs(known, seed=3), seed=0)
    assert (random < 0.01).mean() < 0.02


def test_motifs_that_say_nothing_have_no_p_value():
    known: list[Motif | None] = [*motifs(4), None, Motif("flat", np.full((8, 4), 0.25))]
    p_values = motif_p_values(known, known, seed=0)
    assert np.isnan(p_values).sum(axis=0).tolist() == [2, 2, 2, 2, 6, 6]
    assert np.isnan(motif_p_values([None], known, seed=0)).all()


def test_the_seed_decides():
    known = motifs(5)
    np.testing.assert_array_equal(
        motif_p_values(known, known, seed=1), motif_p_values(known, known, seed=1)
    )
