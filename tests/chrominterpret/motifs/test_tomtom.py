from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chrominterpret.motifs.chance import calibrated, matches_by_chance
from chrominterpret.motifs.jaspar import jaspar_motifs
from chrominterpret.motifs.p_values import shuffled
from chrominterpret.motifs.pwm import Motif, reverse_complement
from chrominterpret.motifs.tomtom import (
    COLUMNS,
    best_matches,
    calibrate,
    tomtom,
    write_matches,
)

FLAT = Motif("flat", np.full((6, 4), 0.25))


@pytest.fixture(scope="module")
def database() -> list[Motif]:
    return jaspar_motifs("fungi")


def disguised(motif: Motif, name: str, *, flank: int = 3) -> Motif:
    """The motif, softened and with uninformative flanks, as a filter would show it."""
    ends = np.full((flank, 4), 0.25)
    return Motif(name, np.concatenate([ends, 0.85 * motif.ppm + 0.0375, ends]))


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """q_i = min over j with p_j >= p_i of p_j · m / rank_j, in plain NumPy."""
    order = np.argsort(p)
    q = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.minimum.accumulate(q[::-1])[::-1]
    result = np.empty_like(p)
    result[order] = np.minimum(q, 1)
    return result


def test_known_motifs_are_found_on_both_strands(database: list[Motif]) -> None:
    known = database[::9]
    queries = [disguised(m, f"f{i}") for i, m in enumerate(known)]
    queries += [replace(reverse_complement(query), name=f"{query.name}_rc") for query in queries]
    best = best_matches(tomtom(queries, database), queries)
    expected = [m.name for m in known] * 2
    # JASPAR has near twins, so the exact motif is not always the first
    assert (best["target_id"] == expected).mean() > 0.75
    hits = best[best["target_id"] == expected]
    reverse = hits["query"].str.endswith("_rc")
    assert (hits["strand"][~reverse] == "+").mean() > 0.9
    assert (hits["strand"][reverse] == "-").mean() > 0.9
    assert (hits["q_value"] < 0.1).mean() > 0.9


def test_offset_is_where_the_query_starts_in_the_target(database: list[Motif]) -> None:
    target = next(m for m in database if len(m) == 12)
    part = Motif("part", target.ppm[3:11])
    whole = Motif("whole", np.concatenate([target.ppm[:2][::-1], target.ppm]))
    table = tomtom([part, whole], database, min_information=None)
    rows = table[table["target_id"] == target.name].set_index("query")
    assert rows.loc["part", ["offset", "overlap", "strand"]].tolist() == [3, 8, "+"]
    assert rows.loc["whole", ["offset", "overlap", "strand"]].tolist() == [-2, 12, "+"]
    turned = tomtom([reverse_complement(part)], database, min_information=None)
    row = turned[turned["target_id"] == target.name].iloc[0]
    assert (row["offset"], row["strand"]) == (12 - 11, "-")


def test_q_values_are_over_all_pairs(database: list[Motif]) -> None:
    queries = [disguised(m, f"f{i}") for i, m in enumerate(database[:7])]
    table = tomtom(queries, database, n_shuffled=0)
    assert tuple(table.columns) == COLUMNS
    assert table["calibrated_p"].isna().all()
    assert len(table) == 7 * len(database)
    expected = benjamini_hochberg(table["p_value"].to_numpy())
    np.testing.assert_allclose(table["q_value"], expected, rtol=1e-12)
    assert table["query"].drop_duplicates().tolist() == [q.name for q in queries]
    assert table.groupby("query")["p_value"].is_monotonic_increasing.all()
    few = tomtom(queries, database, n_best=3, n_shuffled=0)
    pd.testing.assert_frame_equal(
        few, table.groupby("query", sort=False).head(3).reset_index(drop=True)
    )


def test_batches_of_queries_change_nothing(
    database: list[Motif], monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = [disguised(m, f"f{i}") for i, m in enumerate(database[:5])]
    whole = tomtom(queries, database, n_shuffled=5)
    monkeypatch.setattr("chrominterpret.motifs.p_values._QUERIES_AT_ONCE", 2)
    pd.testing.assert_frame_equal(tomtom(queries, database, n_shuffled=5), whole)


def test_queries_without_information_have_no_match(database: list[Motif]) -> None:
    queries = [FLAT, disguised(database[0], "f0")]
    table = tomtom(queries, database)
    assert set(table["query"]) == {"f0"}
    best = best_matches(table, queries)
    assert best["query"].tolist() == ["flat", "f0"]
    assert best["target_id"].tolist() == ["", database[0].name]
    assert np.isnan(best["p_value"][0])
    nothing = tomtom([FLAT], database)
    assert nothing.empty
    assert tuple(nothing.columns) == COLUMNS
    assert best_matches(nothing, [FLAT])["target_id"].tolist() == [""]
    assert best_matches(tomtom([], database), []).empty


@pytest.mark.parametrize("how", ["columns", "bases", "both"])
def test_shuffles_keep_what_they_say(database: list[Motif], how: str) -> None:
    motifs = database[:5]
    for before, after in zip(motifs, shuffled(motifs, seed=3, how=how), strict=True):
        rows, changed = np.sort(before.ppm, axis=1), np.sort(after.ppm, axis=1)
        if how == "bases":
            np.testing.assert_array_equal(rows, changed)
        else:
            assert sorted(map(tuple, rows)) == sorted(map(tuple, changed))
        if how == "columns":
            assert sorted(map(tuple, before.ppm)) == sorted(map(tuple, after.ppm))
    again = shuffled(motifs, seed=3, how=how)
    assert all(
        (a.ppm == b.ppm).all()
        for a, b in zip(again, shuffled(motifs, seed=3, how=how), strict=True)
    )


def test_random_filters_are_mostly_not_significant(database: list[Motif]) -> None:
    real = [disguised(m, f"f{i}") for i, m in enumerate(database[:60])]
    random = shuffled(real, seed=0, how="both")
    best = best_matches(tomtom(random, database), random)
    assert (best["q_value"] < 0.1).mean() < 0.2


def test_calibration_tells_real_from_shuffled(database: list[Motif]) -> None:
    queries = [*(disguised(m, f"f{i}") for i, m in enumerate(database[:40])), FLAT]
    result = calibrate(queries, database, seed=1, n_shuffles=2)
    assert (result.n_queries, result.n_shuffled, result.q_cut) == (40, 80, 0.1)
    assert result.share > 0.9
    assert result.shuffled_share < 0.5
    assert result.shuffled_share <= result.shuffled_share_at_p
    table = tomtom(queries, database, n_shuffled=0)
    passed = table[table["q_value"] <= 0.1]
    assert result.share == passed["query"].nunique() / 40
    assert result == calibrate(queries, database, seed=1, n_shuffles=2)
    empty = calibrate([FLAT], database, seed=1)
    assert (empty.n_queries, np.isnan(empty.share)) == (0, True)


def test_table_round_trip(tmp_path: Path, database: list[Motif]) -> None:
    queries = [FLAT, disguised(database[3], "f 3")]
    best = best_matches(tomtom(queries, database), queries)
    write_matches(tmp_path / "best.tsv", best)
    back = pd.read_csv(tmp_path / "best.tsv", sep="\t", keep_default_na=False, na_values={})
    assert back.columns.tolist() == list(COLUMNS)
    assert back.loc[0].tolist() == ["flat", *[""] * 9, False]
    assert float(back.loc[1, "p_value"]) == pytest.approx(best.loc[1, "p_value"], rel=1e-5)
    assert list(tmp_path.iterdir()) == [tmp_path / "best.tsv"]


def test_targets_that_match_by_chance_are_flagged_last(database: list[Motif]) -> None:
    flanks = np.full((20, 4), 0.25)
    long = Motif("long", np.concatenate([flanks, database[0].ppm, flanks]))
    targets = [*database, long]
    draw = np.random.default_rng(0).dirichlet([2.0] * 4, size=(8, 19))
    diffuse = [Motif(f"f{i}", ppm) for i, ppm in enumerate(draw)]
    queries = [*diffuse, disguised(database[5], "known")]
    options = {"seed": 3, "n_shuffled": 200}
    table = tomtom(queries, targets, **options)
    kept, flagged = table[~table["by_chance"]], table[table["by_chance"]]
    bad = matches_by_chance(queries, targets, **options)
    assert bad.any()
    assert set(flagged["target_id"]) == {t.name for t, out in zip(targets, bad, strict=True) if out}
    assert (flagged["q_value"] == 1).all()
    np.testing.assert_allclose(kept["q_value"], benjamini_hochberg(kept["p_value"].to_numpy()))
    assert table.groupby("query")["by_chance"].is_monotonic_increasing.all()
    # A flagged target is matched as well by many shuffles, the known motif by none.
    assert flagged.loc[flagged["p_value"] < 1e-3, "calibrated_p"].median() > 0.02
    assert table.loc[table["query"] == "known", "calibrated_p"].iloc[0] == 1 / 201
    pd.testing.assert_frame_equal(
        tomtom(queries, targets, n_best=1, **options),
        table.groupby("query", sort=False).head(1).reset_index(drop=True),
    )


def test_calibrated_p_by_hand() -> None:
    p, chance = np.array([[0.1, 0.5]]), np.array([[0.1, 0.6], [0.2, 0.7], [0.05, 0.9]])
    np.testing.assert_allclose(calibrated(p, chance), [[3 / 4, 1 / 4]])


def test_few_targets_warn(database: list[Motif]) -> None:
    queries = [disguised(database[0], "f0")]
    with pytest.warns(UserWarning, match="fewer than 25 targets"):
        tomtom(queries, database[:5])


@pytest.mark.parametrize("compiled", [True, False])
def test_a_compilation_is_announced_where_it_is_due(
    database: list[Motif],
    compiled: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("chrominterpret.motifs.compiled.is_compiled", lambda kernels: compiled)
    caplog.set_level("INFO")
    tomtom([disguised(database[0], "f0")], database, n_shuffled=0)
    said = [message for message in caplog.messages if message.startswith("TomTom is compiled now")]
    assert len(said) == (not compiled)


def test_options_are_checked(database: list[Motif]) -> None:
    with pytest.raises(ValueError, match="class Motif; received a ndarray"):
        tomtom([np.eye(4)], [np.eye(4)])
    with pytest.raises(ValueError, match="at least one target"):
        tomtom([FLAT], [])
    with pytest.raises(ValueError, match="different names"):
        tomtom([FLAT, FLAT], database)
    with pytest.raises(ValueError, match="n_best of at least 1 or None; received 0"):
        tomtom([FLAT], database, n_best=0)
    with pytest.raises(ValueError, match="n_shuffled of at least 0; received -1"):
        tomtom([FLAT], database, n_shuffled=-1)
    with pytest.raises(ValueError, match="'columns', 'bases' or 'both'; received 'rows'"):
        shuffled([FLAT], seed=0, how="rows")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="0 < q_cut <= 1"):
        calibrate([FLAT], database, seed=0, q_cut=0)
