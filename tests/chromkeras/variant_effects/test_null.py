from itertools import islice

import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.scoring.indexed_genome import IndexedGenome
from chromkeras.variant_effects import null as module
from chromkeras.variant_effects.null import (
    LEAST,
    Null,
    draw_null,
    load_null,
    random_substitutions,
    save_null,
    some_substitutions,
)
from chromkeras.variant_effects.windows import CONTEXTS


def null_of(score, context=None, active=None):
    score = np.asarray(score, np.float32)
    zeros = np.zeros(len(score), int)
    context = zeros if context is None else context
    active = zeros.astype(bool) if active is None else active
    return Null(context, active, score, np.linspace(0, 1, 11)[:, None], 0.75)


def test_percentile_and_p_by_hand():
    null = null_of(np.arange(-10, 11)[:, None] / 10)  # 21 from -1 to 1
    score = np.array([[0.0], [0.95], [-1.0], [5.0]])
    percentile, p = null.compare(np.zeros(4, int), np.zeros(4, bool), score)
    assert percentile[:, 0] == pytest.approx([50, 100 * 20 / 21, 50 / 21, 100])
    assert p[:, 0] == pytest.approx([1, 3 / 22, 3 / 22, 1 / 22], rel=1e-5)


def test_a_variant_is_compared_with_its_like_alone():
    rng = np.random.default_rng(0)
    context, active = np.repeat([0, 1, 0, 1], 100), np.repeat([False, False, True, True], 100)
    size = np.array([0.1, 1, 10, 100])[np.repeat(range(4), 100)]
    null = null_of(rng.normal(0, size)[:, None], context, active)
    p = null.compare(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1], bool), np.full((4, 1), 5.0))[1]
    assert p[0, 0] == p[1, 0] == pytest.approx(1 / 101)
    assert 0.3 < p[2, 0] < 0.9
    assert p[3, 0] > 0.9
    everything = null.compare(np.array([-1]), np.array([True]), np.full((1, 1), 5.0))[1]
    assert everything[0, 0] == pytest.approx((p[2, 0] + p[3, 0]) / 2, abs=0.01)


def test_a_small_null_is_widened():
    context = np.array([0] * (LEAST - 1) + [1] * 200)
    null = null_of(np.ones((len(context), 1)), context)
    p = null.compare(np.array([0, 1]), np.array([False, False]), np.full((2, 1), 2.0))[1]
    assert p[:, 0] == pytest.approx([1 / (len(context) + 1), 1 / 201])
    p = null.compare(np.array([0]), np.array([True]), np.full((1, 1), 2.0))[1]
    assert p[0, 0] == pytest.approx(1 / (len(context) + 1))


def test_p_of_the_same_kind_of_substitution_is_uniform():
    rng = np.random.default_rng(1)
    null = null_of(rng.standard_t(3, (2000, 4)))
    p = null.compare(np.zeros(3000, int), np.zeros(3000, bool), rng.standard_t(3, (3000, 4)))[1]
    for cut in (0.05, 0.5):
        error = np.sqrt(cut * (1 - cut) * (1 / 2000 + 1 / 3000))
        assert np.abs((p <= cut).mean(axis=0) - cut).max() < 4 * error


def test_what_is_active():
    null = null_of(np.zeros((30, 1)))
    assert null.is_active(np.array([[0.2], [0.99]])).tolist() == [False, True]


def drawn(genome, seed=0, each=2):
    def outputs(groups):
        return np.array([[(group == 0).mean(), (group == 1).mean()] for group in groups])

    with IndexedGenome(genome) as opened:
        return draw_null(
            opened, 60, (0,), outputs=outputs, ranks=lambda x: x, scale=lambda x: 10 * x,
            each=each, seed=seed, report=lambda done, total: None,
        )  # fmt: skip


def test_as_many_of_each_trinucleotide_and_kind_are_drawn(genome):
    null = drawn(genome)
    table = np.zeros((CONTEXTS, 2), int)
    np.add.at(table, (null.context, null.active.astype(int)), 1)
    assert (table == 2).all()
    assert null.score.shape == (4 * CONTEXTS, 2)
    steps = np.rint(null.score * 60 / 10)  # a base more or less of 60
    assert set(np.unique(steps)) <= {-1, 0, 1}
    assert null.counts() == {
        f"{kind}, {most} of a trinucleotide": 2
        for kind in ("active", "background")
        for most in ("fewest", "most")
    }


def test_the_draw_depends_on_the_seed_alone(genome, tmp_path):
    one, same, other = drawn(genome), drawn(genome), drawn(genome, seed=1)
    assert np.array_equal(one.score, same.score)
    assert not np.array_equal(one.score, other.score)
    save_null(one, tmp_path / "null.npz", "key")
    assert load_null(tmp_path / "null.npz", "another") is None
    assert load_null(tmp_path / "missing.npz", "key") is None
    found = load_null(tmp_path / "null.npz", "key")
    assert np.array_equal(found.score, one.score)
    assert found.cut == one.cut
    (tmp_path / "null.npz").write_bytes(b"PK damaged")
    assert load_null(tmp_path / "null.npz", "key") is None


def test_random_substitutions_lie_in_whole_windows(genome, bases):
    with IndexedGenome(genome) as opened:
        for (chrom, position, ref, alt), windows in some_substitutions(
            opened, 300, (-20, 30), seed=3, count=200
        ):
            assert bases[chrom][position - 1] == ref != alt
            assert windows.ref.shape == (2, 300)
        with pytest.raises(InputError, match="at least 5000 bases"):
            some_substitutions(opened, 5000, (0,), seed=0, count=1)


def test_every_base_is_drawn_alike_and_unwanted_trinucleotides_are_not(genome, monkeypatch):
    monkeypatch.setattr(module, "STRETCH", 700)
    wanted = np.zeros(CONTEXTS, int)
    wanted[[3, 20]] = 1
    with IndexedGenome(genome) as opened:
        drawn = random_substitutions(opened, 60, (0,), 1, together=16)
        places = [x[0][1] for x in islice(drawn, 20_000) if x is not None and x[0][0] == "chr1"]
        some = random_substitutions(opened, 60, (0,), 1, together=16, wanted=wanted)
        contexts = {x[1].context for x in islice(some, 3000) if x is not None}
    counts = np.histogram(places, bins=np.arange(31, 3971, 394))[0]
    assert np.abs(counts - counts.mean()).max() < 6 * 4 * np.sqrt(counts.mean())
    assert contexts == {3, 20}


def test_a_genome_without_some_trinucleotides_ends_the_search(tmp_path):
    path = tmp_path / "poor.fa"
    path.write_text(">one\n" + "AT" * 3000 + "\n")
    null = drawn(path)
    assert set(null.context) <= {16 + 4 * a + b for a in (0, 3) for b in (0, 3)}
    path.with_name("n.fa").write_text(">one\n" + "N" * 3000 + "\n")
    with pytest.raises(InputError, match="nearly all N"):
        drawn(path.with_name("n.fa"))
