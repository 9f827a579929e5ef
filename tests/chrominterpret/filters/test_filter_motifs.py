import keras
import numpy as np
import pytest

from chrominterpret.filters.filter_motifs import FilterMotif, filter_motifs
from chrominterpret.motifs.jaspar import jaspar_motifs
from chrominterpret.motifs.pwm import Motif, pssm
from chrominterpret.motifs.tomtom import best_matches, tomtom

layers = keras.layers
WIDTH, LENGTH, N = 15, 80, 400


def random_onehot(n: int, length: int, seed: int) -> np.ndarray:
    return np.eye(4, dtype=np.float32)[np.random.default_rng(seed).integers(0, 4, (n, length))]


def plant(x: np.ndarray, motif: Motif, seed: int) -> None:
    """Put one sample of a motif into every sequence."""
    generator = np.random.default_rng(seed)
    for row in x:
        start = generator.integers(0, x.shape[1] - len(motif) + 1)
        for i, p in enumerate(motif.ppm):
            row[start + i] = np.eye(4)[generator.choice(4, p=p)]


def model_with(kernel: np.ndarray, bias: np.ndarray, **options: object) -> keras.Model:
    """Convolution with a given kernel (K, 4, F), batch norm, ReLU and a small head."""
    given = keras.Input((LENGTH, 4))
    first = layers.Conv1D(kernel.shape[2], kernel.shape[0], name="first", **options)
    hidden = layers.ReLU()(layers.BatchNormalization()(first(given)))
    model = keras.Model(given, layers.Dense(1)(layers.GlobalMaxPooling1D()(hidden)))
    first.set_weights([kernel, bias])
    return model


@pytest.fixture(scope="module")
def database() -> list[Motif]:
    return jaspar_motifs("nematodes")


@pytest.fixture(scope="module")
def planted(database: list[Motif]) -> Motif:
    return next(motif for motif in database if motif.alt_name == "pha-4")


@pytest.fixture(scope="module")
def x(planted: Motif) -> np.ndarray:
    sequences = random_onehot(N, LENGTH, 0)
    plant(sequences, planted, 1)
    return sequences


def kernel_of(planted: Motif, seed: int = 2) -> np.ndarray:
    """Filter 0 is the motif's PSSM, 1 and 2 are random, 3 is dead."""
    kernel = np.random.default_rng(seed).normal(0, 0.3, (WIDTH, 4, 4)).astype(np.float32)
    kernel[:, :, 0] = 0
    kernel[2 : 2 + len(planted), :, 0] = pssm(planted)
    return kernel


@pytest.fixture(scope="module")
def model(planted: Motif) -> keras.Model:
    return model_with(kernel_of(planted), np.array([0.0, 0, 0, -1000]))


@pytest.mark.parametrize("rule", ["threshold", "top"])
def test_a_planted_motif_is_found_and_named(
    model: keras.Model, x: np.ndarray, planted: Motif, database: list[Motif], rule: str
) -> None:
    found = filter_motifs(model, x, rule=rule, filter_names=["pha", "r1", "r2", "dead"])
    motif = found[0].motif
    assert motif is not None
    assert len(motif) == WIDTH
    inner = motif.ppm[2 : 2 + len(planted)]
    assert np.corrcoef(inner.ravel(), planted.ppm.ravel())[0, 1] > 0.9
    motifs = [each.motif for each in found if each.motif is not None]
    best = best_matches(tomtom(motifs, database), motifs).set_index("query")
    assert best.loc["pha", "target_id"] == planted.name
    assert best.loc["pha", "q_value"] < 1e-3


def naive(
    model: keras.Model, x: np.ndarray, rule: str, pad: int
) -> tuple[list[np.ndarray], list[int]]:
    """Both rules as plain loops: the windows of every filter's sites, added up; their number."""
    inner = keras.Model(model.inputs, model.layers[3].output)
    activation = inner.predict(x, verbose=0)
    counts, sites = [], []
    for f in range(activation.shape[2]):
        places = [
            (n, j) for n in range(len(x)) for j in range(LENGTH) if 0 <= j - pad <= LENGTH - WIDTH
        ]
        places = [(n, j) for n, j in places if j < activation.shape[1]]
        values = np.array([activation[n, j, f] for n, j in places])
        if rule == "threshold":
            cut = np.float32(
                values.mean(dtype=float) + 0.5 * (values.max() - values.mean(dtype=float))
            )
            chosen = [place for place, value in zip(places, values, strict=True) if value > cut]
        else:
            by_row = values.reshape(len(x), -1)
            best = np.argsort(-by_row.max(axis=1), kind="stable")[:20]
            best = [n for n in best if by_row[n].max() > by_row.min()]
            chosen = [places[n * by_row.shape[1] + by_row[n].argmax()] for n in best]
        windows = [x[n, j - pad : j - pad + WIDTH] for n, j in chosen]
        counts.append(np.sum(windows, axis=0) if windows else np.zeros((WIDTH, 4)))
        sites.append(len(chosen))
    return counts, sites


@pytest.mark.parametrize("rule", ["threshold", "top"])
@pytest.mark.parametrize(("padding", "pad"), [("valid", 0), ("same", 7)])
def test_counts_agree_with_plain_loops(planted: Motif, rule: str, padding: str, pad: int) -> None:
    kernel = kernel_of(planted)[:, :, :3]
    model = model_with(kernel, np.array([0.0, 0, 1]), padding=padding)
    x = random_onehot(50, LENGTH, 5)
    x[:, 30:34] = 0  # N
    counts, sites = naive(model, x, rule, pad)
    found = filter_motifs(model, x, rule=rule, n_top=20, min_sites=1, batch_size=7)
    for each, count, n in zip(found, counts, sites, strict=True):
        assert each.n_sites == n > 0
        assert each.motif is not None
        assert each.motif.nsites == n
        expected = (count + 1) / (count + 1).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(each.motif.ppm, expected, atol=1e-6)


def test_dead_and_rare_filters_are_reported(model: keras.Model, x: np.ndarray) -> None:
    for rule in ("threshold", "top"):
        found: list[FilterMotif] = filter_motifs(model, x, rule=rule)
        assert [each.name for each in found] == ["f0", "f1", "f2", "f3"]
        dead = found[3]
        assert dead.dead
        assert (dead.motif, dead.n_sites, dead.max_activation) == (None, 0, 0.0)
        assert dead.reason == "dead: its activation is 0 everywhere"
        assert not any(each.dead or each.reason for each in found[:3])
    few = filter_motifs(model, x, min_sites=10**6)[0]
    assert (few.motif, few.dead) == (None, False)
    assert few.reason == f"{few.n_sites} sites; at least 1000000 are needed"


def test_top_rule_takes_one_site_a_sequence(model: keras.Model, x: np.ndarray) -> None:
    assert [each.n_sites for each in filter_motifs(model, x, rule="top")] == [100, 100, 100, 0]
    assert filter_motifs(model, x[:30], rule="top")[1].n_sites == 30


def test_options_are_checked(model: keras.Model, x: np.ndarray) -> None:
    with pytest.raises(ValueError, match="'threshold' or 'top'; received 'max'"):
        filter_motifs(model, x, rule="max")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fraction from 0 to below 1; received 1"):
        filter_motifs(model, x, fraction=1)
    with pytest.raises(ValueError, match="at least 1; received 0 and 10"):
        filter_motifs(model, x, n_top=0)
    with pytest.raises(ValueError, match=r"received \(400, 70, 4\)"):
        filter_motifs(model, x[:, :70])
