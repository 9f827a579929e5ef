import hashlib
from dataclasses import replace

import numpy as np
import pytest

from chrominterpret.motifs.motif_files import read_meme, write_meme
from chrominterpret.motifs.pwm import Motif
from chromkeras.baselines.kmer import Options, fit
from chromkeras.data.hdf5 import load_dataset, save_dataset
from chromkeras.importers.motif_choice import WORM_MOTIFS, choose_motifs
from chromkeras.importers.simulate import (
    causal_instances,
    demo_dataset,
    describe,
    motif_sets,
    simulate,
)
from chromkeras.importers.simulation import Simulation
from chromkeras.statistics.metrics import auroc

SMALL = Simulation(sequences=600)


@pytest.fixture(scope="module")
def dataset():
    return simulate(SMALL)


def present(dataset):
    out = np.zeros((len(dataset), len(dataset.truth.names)), bool)
    out[dataset.truth.row, dataset.truth.motif] = True
    return out


def test_labels_are_those_of_the_rule(dataset):
    names = list(dataset.truth.names)
    has = present(dataset)
    for t, (task, motifs) in enumerate(motif_sets(dataset).items()):
        assert len(motifs) == SMALL.motifs_per_task
        columns = [names.index(name) for name in motifs]
        np.testing.assert_array_equal(dataset.labels[:, t], has[:, columns].any(axis=1), task)


def test_no_two_tasks_have_the_same_set(dataset):
    sets = list(motif_sets(dataset).values())
    assert len(set(sets)) == len(sets) == SMALL.tasks
    names = dataset.truth.names
    for t, motifs in enumerate(sets):
        assert [name for name in names[:4] if name in motifs] == [names[t]], "one of its own"
        assert sum(names[5] in other or names[4] in other for other in sets) == 4, "one shared"


def test_more_tasks_than_motifs_share_them_all():
    data = simulate(replace(SMALL, tasks=9, motifs=WORM_MOTIFS[:5], sequences=2000))
    sets = list(motif_sets(data).values())
    assert len(set(sets)) == 9
    assert {len(s) for s in sets} == {2}


def test_background_is_open_nowhere_and_holds_no_truth(dataset):
    background = dataset.kind == "background"
    assert background.sum() == 150
    assert (dataset.labels[background] == 0).all()
    assert not background[dataset.truth.row].any()


def test_planted_sites_score_as_their_motif_does(dataset):
    motifs = choose_motifs(SMALL)
    assert dataset.truth.names == tuple(motif.name for motif in motifs)
    codes = dataset.codes(np.arange(len(dataset)))
    truth = dataset.truth
    for m, motif in enumerate(motifs):
        words = []
        for i in np.flatnonzero(truth.motif == m):
            word = codes[truth.row[i], truth.start[i] : truth.end[i]]
            words.append(word if truth.strand[i] == 1 else 3 - word[::-1])
        shares = np.stack([np.bincount(c, minlength=4) for c in np.array(words).T]) / len(words)
        np.testing.assert_allclose(shares, motif.ppm, atol=0.12)


def test_sites_stay_in_the_span_and_apart(dataset):
    truth = dataset.truth
    assert truth.start.min() >= 200
    assert truth.end.max() <= 400
    same = truth.row[1:] == truth.row[:-1]
    assert (truth.start[1:] >= truth.end[:-1])[same].all()
    counts = np.zeros((len(dataset), len(truth.names)), int)
    np.add.at(counts, (truth.row, truth.motif), 1)
    assert set(np.unique(counts)) == {0, 3, 4, 5}


def test_rates_and_splits_are_met():
    big = simulate(Simulation(sequences=8000, positive_rate=0.3, background_fraction=0.5, length=80,
                              span=80, copies=(1, 1)))  # fmt: skip
    np.testing.assert_allclose((big.labels == 1).mean(axis=0), 0.15, atol=0.02)
    sizes = {name: len(big.rows(name)) for name in ("train", "valid", "test")}
    assert sizes == {"train": 6400, "valid": 800, "test": 800}


def test_crowded_rows_lose_copies_and_keep_their_motifs():
    crowded = simulate(replace(SMALL, span=100, copies=(9, 9)))
    np.testing.assert_allclose((crowded.labels == 1).mean(axis=0), 0.3, atol=0.06)
    counts = np.zeros((len(crowded), len(crowded.truth.names)), int)
    np.add.at(counts, (crowded.truth.row, crowded.truth.motif), 1)
    spread = [row[row > 0].max() - row[row > 0].min() for row in counts if row.any()]
    assert max(spread) <= 1
    assert counts.max() < 10


def test_same_seed_same_data_other_seed_other_data(dataset):
    assert simulate(SMALL).fingerprint == dataset.fingerprint
    assert simulate(replace(SMALL, seed=1)).fingerprint != dataset.fingerprint


def test_truth_and_motifs_survive_the_file(dataset, tmp_path):
    save_dataset(dataset, tmp_path / "sim.h5")
    back = load_dataset(tmp_path / "sim.h5")
    for name in ("row", "start", "end", "motif", "strand"):
        np.testing.assert_array_equal(getattr(back.truth, name), getattr(dataset.truth, name))
    assert back.truth.names == dataset.truth.names
    (tmp_path / "motifs.meme").write_text(back.motifs)
    read = read_meme(tmp_path / "motifs.meme")
    assert [motif.name for motif in read] == list(dataset.truth.names)
    assert [motif.alt_name for motif in read] == list(WORM_MOTIFS[:6])


def test_motifs_can_be_learnt(dataset):
    assert fit(dataset, Options(strengths=(0.01,))).scores.mean() > 0.7


def test_description_names_motifs_and_counts(dataset):
    lines = describe(dataset)
    assert len(lines) == SMALL.tasks + 1
    assert all(line.startswith(f"cell_{i + 1}: MA") for i, line in enumerate(lines[:-1]))
    assert any("elt-2" in line for line in lines)
    assert lines[-1] == f"planted: {len(dataset.truth.row):,} motif instances"


def test_named_motifs_in_no_set_are_planted_and_mean_nothing():
    names = ("elt-2", "MA0545.2", "skn-1", "efl-1")
    data = simulate(replace(SMALL, tasks=1, motifs=names))
    assert len(data.truth.names) == 4
    (own,) = motif_sets(data).values()
    assert len(own) == 2
    has = present(data)
    others = [m for m, name in enumerate(data.truth.names) if name not in own]
    assert has[data.labels[:, 0] == 0][:, others].any()


def test_motifs_from_a_meme_file(tmp_path):
    words = ("ACGTACGT", "GGGCCCTT", "TTAACCGG")
    motifs = [Motif(f"m{i}", np.eye(4)[["ACGT".index(c) for c in w]]) for i, w in enumerate(words)]
    write_meme(tmp_path / "own.meme", motifs)
    data = simulate(replace(SMALL, tasks=2, source=str(tmp_path / "own.meme")))
    assert sorted(data.truth.names) == ["m0", "m1", "m2"]


@pytest.mark.parametrize("source", ["jaspar:fungi", "jaspar:vertebrates"])
def test_other_sources_give_their_strongest_motifs(source):
    data = simulate(replace(SMALL, source=source, copies=(1, 1)))
    assert len(data.truth.names) == 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tasks": 0}, "tasks of at least 1, received 0"),
        ({"positive_rate": 1.0}, "positive rate strictly between 0 and 1, received 1.0"),
        ({"background_fraction": 1.0}, "from 0 to below 1, received 1.0"),
        ({"copies": (3, 2)}, "1 <= fewest <= most, received 3-2"),
        ({"valid_fraction": 0.5, "test_fraction": 0.5}, "a sum below 1, received 0.5 and 0.5"),
        ({"seed": -1}, "seed of at least 0, received -1"),
        ({"span": 601}, "at most the length 600, received 601"),
        ({"motifs": ("elt-22", "hlh-1")}, "'elt-22'; did you mean elt-2"),
        ({"motifs": ("elt-2", "MA1701.2")}, "MA1701.2 elt-2 is named twice"),
        ({"source": "missing.meme"}, "no file 'missing.meme'"),
        ({"source": "jaspar:worms"}, "taxonomic group.*received 'worms'"),
        ({"tasks": 200}, "16 motifs give 120 sets"),
        ({"motifs": ("elt-2",)}, "1 motifs give 0 sets"),
        ({"span": 8}, "does not fit in 8 bp"),
        ({"span": 20, "length": 20}, "do not fit in 20 bp, even once each"),
        ({"sequences": 3, "background_fraction": 0.9}, "came out negative in all"),
        ({"label_noise": (0.1, 0.5)}, r"at least 0 and below 0\.5, received 0\.1 and 0\.5"),
        ({"gc": 0.0}, "GC content strictly between 0 and 1, received 0.0"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        simulate(replace(SMALL, **options))


def test_demo_is_kept_and_made_anew_when_damaged(tmp_path):
    first = demo_dataset(tmp_path)
    (file,) = tmp_path.iterdir()
    stamp = file.stat().st_mtime_ns
    assert demo_dataset(tmp_path).fingerprint == first.fingerprint
    assert file.stat().st_mtime_ns == stamp
    file.write_bytes(file.read_bytes()[:5000])
    assert demo_dataset(tmp_path).fingerprint == first.fingerprint
    assert load_dataset(file).fingerprint == first.fingerprint


def test_demo_is_no_toy():
    """A model that knew every planted site could not call all labels right, in no task alike."""
    dataset = demo_dataset()
    planted = np.zeros_like(dataset.labels)
    rows, tasks = np.nonzero(dataset.truth.causal)
    planted[dataset.truth.row[rows], tasks] = 1
    best = auroc(dataset.labels, planted)
    assert ((best > 0.85) & (best < 0.97)).all()
    assert (np.diff(best) < 0).all()


def test_demo_of_another_seed_is_another_file(tmp_path):
    assert demo_dataset(tmp_path).fingerprint != demo_dataset(tmp_path, seed=1).fingerprint
    assert len(list(tmp_path.iterdir())) == 2


def test_demo_heeds_xdg_and_does_without_a_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    demo_dataset()
    assert len(list((tmp_path / "chromkeras").iterdir())) == 1
    (tmp_path / "blocked").write_text("a file where a folder is wanted")
    assert len(demo_dataset(tmp_path / "blocked")) == Simulation().sequences


def test_label_noise_turns_labels_of_elements_and_nothing_else():
    clean = simulate(replace(SMALL, sequences=4000, tasks=3))
    noisy = simulate(replace(SMALL, sequences=4000, tasks=3, label_noise=(0.0, 0.2)))
    wrong = clean.labels != noisy.labels
    elements = clean.elements
    assert not wrong[~elements].any()
    np.testing.assert_allclose(wrong[elements].mean(axis=0), [0.0, 0.1, 0.2], atol=0.02)
    np.testing.assert_array_equal(noisy.split, clean.split)
    np.testing.assert_array_equal(noisy.dna.packed, clean.dna.packed)
    np.testing.assert_array_equal(noisy.truth.causal, clean.truth.causal)


@pytest.mark.parametrize("part", ["valid_fraction", "test_fraction"])
def test_a_fraction_is_a_number(part):
    with pytest.raises(ValueError, match="expected validation and test fractions"):
        Simulation(**{part: float("nan")})


@pytest.mark.parametrize(
    ("options", "data", "planted"),
    [
        ({}, "245f32b2e112ba79", "eff3934f0a4c2883"),
        (
            {"sequences": 300, "tasks": 2, "length": 150, "span": 100, "copies": (1, 2), "seed": 3},
            "a9f115ad15424a29",
            "61de2d79d1e61bc3",
        ),
        (
            {"sequences": 300, "gc": 0.4, "tasks": 9, "motifs": WORM_MOTIFS[:5], "seed": 5},
            "7edc4480d183df9b",
            "e8ae1e4a2b9f5626",
        ),
    ],
)
def test_same_data_as_before_there_were_grammars(options, data, planted):
    dataset = simulate(Simulation(**options))
    assert dataset.fingerprint == data
    digest = hashlib.sha256()
    for name in ("row", "start", "end", "motif", "strand"):
        digest.update(np.ascontiguousarray(getattr(dataset.truth, name)).data)
    digest.update("\0".join(dataset.kind).encode())
    digest.update(dataset.motifs.encode())
    assert digest.hexdigest()[:16] == planted


def test_causal_instances_of_old_files_are_read_off_the_labels(dataset):
    old = replace(dataset, truth=replace(dataset.truth, causal=None))
    np.testing.assert_array_equal(causal_instances(old), dataset.truth.causal)
    assert motif_sets(old) == motif_sets(dataset)
    with pytest.raises(ValueError, match="holds no planted motifs"):
        causal_instances(replace(dataset, truth=None))
