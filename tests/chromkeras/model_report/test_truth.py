from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from chrominterpret.attribution import Attribution
from chrominterpret.motifs.jaspar import jaspar_motifs
from chrominterpret.motifs.pwm import Motif
from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.truth import Truth
from chromkeras.importers.grammars.registry import with_defaults
from chromkeras.importers.motif_choice import meme_text
from chromkeras.importers.simulate import motif_sets, simulate
from chromkeras.model_report.truth import (
    MEAN,
    causal_mask,
    check_planted,
    planted_motifs,
    score_motifs,
    score_positions,
    score_task_motifs,
    write_truth_table,
)


def by_hand() -> Dataset:
    """Three rows of 10 bp: motif a opens task x in row 0 and 2, b opens y in row 0, c nothing."""
    truth = Truth(
        row=np.array([0, 0, 1, 2]),
        start=np.array([1, 5, 2, 0]),
        end=np.array([3, 8, 4, 2]),
        motif=np.array([0, 1, 2, 0]),
        strand=np.array([1, -1, 1, 1], np.int8),
        names=("a", "b", "c"),
        causal=np.array([[1, 0], [0, 1], [0, 0], [1, 0]], bool),
    )
    motifs = [Motif(name, np.full((2, 4), 0.25)) for name in truth.names]
    return Dataset(
        inputs={"dna": PackedSequences.from_codes(np.zeros((3, 10), np.uint8))},
        labels=np.array([[1, 1], [0, 0], [1, 0]], np.int8),
        tasks=("x", "y"),
        split=np.array(["valid"] * 3),
        truth=truth,
        motifs=meme_text(motifs),
    )


def attribution(values: np.ndarray, names: tuple[str, ...]) -> Attribution:
    spread = values[..., None] * np.array([1, 0, 0, 0])
    return Attribution("some_method", names, "logit", spread, np.zeros(values.shape[:2]))


def test_mask_by_hand():
    mask = causal_mask(by_hand(), np.array([2, 0, 1]), ("y", "x"))
    assert mask.shape == (2, 3, 10)
    expected = np.zeros(mask.shape, bool)
    expected[1, 0, :2] = True
    expected[1, 1, 1:3] = True
    expected[0, 1, 5:8] = True
    np.testing.assert_array_equal(mask, expected)


def test_scores_by_hand():
    data, rows = by_hand(), np.array([0, 1, 2])
    values = causal_mask(data, rows, ("x", "y")).astype(float)
    values[1] *= -1
    x, y, mean = score_positions(attribution(values, ("x", "y")), data, rows, seconds=2.5)
    assert (x.method, x.task, x.auroc, x.auprc, x.sequences) == ("some_method", "x", 1, 1, 2)
    assert (y.task, y.auroc, y.sequences, y.seconds) == ("y", 0, 1, None)
    assert (mean.task, mean.auroc, mean.sequences, mean.seconds) == (MEAN, 0.5, 3, 2.5)
    assert mean.chance == pytest.approx((0.2 + 0.3) / 2)


def test_a_task_without_an_open_row_is_no_part_of_the_mean():
    data, rows = by_hand(), np.array([1, 2])
    values = causal_mask(data, rows, ("x", "y")).astype(float)
    _, y, mean = score_positions(attribution(values, ("x", "y")), data, rows)
    assert np.isnan(y.auroc)
    assert y.sequences == 0
    assert mean.auroc == 1
    _, nothing = score_positions(attribution(values[1:], ("y",)), data, rows)
    assert np.isnan(nothing.auroc)


@pytest.mark.parametrize("grammar", ["presence", "pair", "bounded_spacing"])
def test_closed_rows_and_decoys_are_no_truth(grammar):
    data = simulate(with_defaults(grammar, sequences=200))
    rows = data.rows("valid")
    mask = causal_mask(data, rows, data.tasks)
    np.testing.assert_array_equal(mask.any(axis=2), data.labels[rows].T == 1)
    assert mask.mean() < 0.25
    perfect = attribution(mask.astype(float), data.tasks)
    assert score_positions(perfect, data, rows)[-1].auroc == 1
    random = np.random.default_rng(0).normal(size=mask.shape)
    assert score_positions(attribution(random, data.tasks), data, rows)[-1].auroc == pytest.approx(
        0.5, abs=0.05
    )


def test_wrong_targets_shapes_and_data_are_refused():
    data, rows = by_hand(), np.array([0, 1])
    with pytest.raises(ValueError, match="unknown task 'x - y'"):
        score_positions(attribution(np.zeros((1, 2, 10)), ("x - y",)), data, rows)
    with pytest.raises(ValueError, match=r"expected attributions of shape \(1, 2, 10, 4\)"):
        score_positions(attribution(np.zeros((1, 3, 10)), ("x",)), data, rows)
    with pytest.raises(ValueError, match="`simulate` makes one"):
        causal_mask(replace(data, truth=None), rows, ("x",))


def test_only_motifs_that_matter_for_the_tasks_count():
    data = by_hand()
    assert [motif.name for motif in planted_motifs(data, ("x", "y"))] == ["a", "b"]
    assert [motif.name for motif in planted_motifs(data, ("y",))] == ["b"]


def test_a_motif_counts_only_in_a_task_that_it_opens():
    data = simulate(with_defaults("presence", sequences=200, tasks=2))
    known = jaspar_motifs("nematodes")
    sets = motif_sets(data)
    planted = {motif.name: motif for motif in planted_motifs(data, data.tasks)}
    first, second = (set(sets[task]) for task in data.tasks)
    own, others = (planted[(a - b).pop()] for a, b in ((first, second), (second, first)))
    stranger = next(motif for motif in known if motif.name not in planted)
    found = {
        "cell_1": [Motif("p0", own.ppm), Motif("p1", others.ppm), Motif("p2", stranger.ppm)],
        "cell_2": [],
    }
    row = score_task_motifs("TF-MoDISco", found, data, decoys=known)
    assert (row.planted, row.found, row.found_motifs) == (3, 1, own.label)
    assert (row.discovered, row.false, row.elsewhere) == (3, 1, 1)
    assert others.label in row.missed_motifs.split(", ")
    swapped = {"cell_1": found["cell_2"], "cell_2": found["cell_1"]}
    row = score_task_motifs("TF-MoDISco", swapped, data, decoys=known)
    assert (row.found_motifs, row.false, row.elsewhere) == (others.label, 1, 1)


def test_a_task_that_no_motif_opens_has_nothing_to_find():
    data = by_hand()
    causal = data.truth.causal & [True, False]
    data = replace(data, truth=replace(data.truth, causal=causal))
    known = jaspar_motifs("nematodes")
    names = [replace(motif, name=name) for motif, name in zip(known[:3], "abc", strict=True)]
    data = replace(data, motifs=meme_text(names))
    found = {"x": [], "y": [Motif("p0", known[0].ppm)]}
    row = score_task_motifs("TF-MoDISco", found, data, decoys=known[3:])
    assert (row.planted, row.found, row.discovered, row.false) == (1, 0, 1, 0)
    assert row.elsewhere == 1
    check_planted(data, ("x", "y"))
    with pytest.raises(ValueError, match="expected planted motifs that open y, received"):
        check_planted(data, ("y",))


def test_recovery_and_the_table(tmp_path):
    data = simulate(with_defaults("presence", sequences=200, tasks=2))
    known = jaspar_motifs("nematodes")
    planted = planted_motifs(data, data.tasks)
    assert {m.name for m in planted} == {n for names in motif_sets(data).values() for n in names}
    found = [Motif("f0", planted[0].ppm), Motif("f1", known[0].ppm), Motif("f2", planted[0].ppm)]
    row = score_motifs("filters", found, data, data.tasks, decoys=known)
    assert (row.source, row.planted, row.found) == ("filters", 3, 1)
    assert (row.discovered, row.false) == (3, 1)
    assert row.found_motifs == planted[0].label
    assert row.missed_motifs == ", ".join(motif.label for motif in planted[1:])

    rows = np.array([0])
    zeros = attribution(np.zeros((2, 1, data.dna.length)), data.tasks)
    positions = score_positions(zeros, data, rows, seconds=1.25)
    write_truth_table([*positions, row], tmp_path / "truth.tsv")
    table = pd.read_csv(tmp_path / "truth.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert table["task"].tolist() == ["cell_1", "cell_2", MEAN, ""]
    assert table["seconds"].tolist() == ["", "", "1.25", ""]
    assert table["found"].tolist() == ["", "", "", "1"]
    assert [path.name for path in tmp_path.iterdir()] == ["truth.tsv"]
