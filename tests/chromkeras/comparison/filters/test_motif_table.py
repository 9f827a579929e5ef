import numpy as np

from chrominterpret.motifs.pwm import Motif
from chromkeras.comparison.filters.motif_table import motif_table


def database(count: int = 80) -> list[Motif]:
    random = np.random.default_rng(0)
    return [Motif(f"M{i}", random.dirichlet([0.1] * 4, 10), f"factor{i}") for i in range(count)]


def named(motif: Motif, name: str) -> Motif:
    return Motif(name, motif.ppm)


def test_it_says_which_model_found_which_motif():
    known = database()
    noise = np.random.default_rng(9).dirichlet([5.0] * 4, 10)
    found = {
        "one": [named(known[3], "f0"), named(known[7], "f1"), Motif("f2", noise)],
        "two": [named(known[3], "Intest:f5")],
        "none": [],
    }
    table = motif_table(found, known, seed=0)
    labels = [motif.name for motif in table.motifs]
    assert labels[0] == "M3"
    assert "M7" in labels
    assert table.found[labels.index("M3")].tolist() == [True, True, False]
    assert table.found[labels.index("M7")].tolist() == [True, False, False]
    assert table.best[0][:2] == ("f0", "Intest:f5")
    assert table.only_in()["one"][0] == "M7 factor7"
    assert table.only_in()["none"] == []
    assert np.isnan(table.q_value[:, 2]).all()
    assert (table.queries, table.searched + table.left_out) == ((3, 1, 0), 80)
    assert table.found.sum(axis=0)[2] == 0


def test_motifs_that_shuffled_ones_match_are_left_out():
    random = np.random.default_rng(4)
    # all filters say the same base throughout, and so do their shuffles
    run = np.tile([0.94, 0.02, 0.02, 0.02], (10, 1))
    filters = [Motif(f"f{i}", 0.9 * run + 0.1 * random.dirichlet([1.0] * 4, 10)) for i in range(9)]
    table = motif_table({"one": filters}, [*database(), Motif("run", run)], seed=0)
    assert table.left_out >= 1
    assert "run" not in [motif.name for motif in table.motifs]
    assert table.searched + table.left_out == 81
