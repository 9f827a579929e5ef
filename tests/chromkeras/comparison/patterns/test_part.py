import numpy as np

from chrominterpret.motifs.modisco import Patterns
from chrominterpret.motifs.motif_files import write_meme
from chrominterpret.motifs.pwm import Motif
from chrominterpret.page.blocks import Notes, Table
from chrominterpret.page.render import render_page
from chromkeras.comparison.core.comparison import CompareOptions, Comparison
from chromkeras.comparison.patterns import compared_patterns
from chromkeras.comparison.patterns.part import pattern_result
from chromkeras.comparison.patterns.pattern_search import Searched

WORD = "TTATCAGTGT"


def part_of(searched, make_model, dataset, folder, monkeypatch):
    random = np.random.default_rng(3)
    known = [Motif(f"M{i}", random.dirichlet([0.15] * 4, 12), f"known{i}") for i in range(30)]
    write_meme(folder / "known.meme", known)
    monkeypatch.setattr(compared_patterns, "search_all", lambda comparison: searched)
    names = dict.fromkeys(each.model for each in searched)
    models = tuple(make_model("hard" if n[0] == "h" else "single", name=n, seed=int(n[1:]))
                   for n in names)  # fmt: skip
    options = CompareOptions(motifs=str(folder / "known.meme"), modisco=6)
    return pattern_result(Comparison(models, dataset, dataset, np.arange(24), options, 0, ()))


def searched(model: str, height: float, *patterns) -> Searched:
    contributions = np.full((30, 60), 0.1)
    contributions[:, 4:14] = height
    why = "" if patterns else "nothing"
    return Searched(model, "task0", contributions, Patterns(patterns, 0, why, (None, None)))


def test_the_page_says_who_uses_what(make_pattern, make_model, tiny_dataset, tmp_path, monkeypatch):
    found = [
        searched("s0", 2.0, make_pattern(WORD)),
        searched("h0", 0.1),
        searched("h1", 0.1, make_pattern(WORD, seqlets=10)),
    ]
    result = part_of(found, make_model, tiny_dataset(rows=24), tmp_path, monkeypatch)
    counts, figure, uses, pairs, notes = result.sections[0].blocks
    assert all(isinstance(block, Table) for block in (counts, uses, pairs))
    assert figure.svg.startswith("<svg")
    assert notes.lines == ("h0, task0: nothing.",)
    names = [row[0] for row in counts.rows]
    assert names == ["s0", "h (2 seeds)"]
    assert [row[-2:] for row in counts.rows] == [
        ["P1 TTATCAGTGT (task0)", "none"], ["none", "P1 TTATCAGTGT (task0)"]
    ]  # fmt: skip
    row = dict(zip(uses.columns, uses.rows[0], strict=True))
    assert row["weak in"] == "h"
    assert row["s0"].text == f"30 · {2 / (2.5 / 6):.1f}×"
    assert row["h (2 seeds)"].text == "5 (1 of 2) · 1.0×"
    assert [r[2] for r in pairs.rows] == ["models", "models", "two seeds"]
    assert set(result.tables) == {"patterns.tsv", "pattern_pairs.tsv"}
    assert set(result.figures) == {"patterns.png"}
    assert "TTATCAGTGT" in render_page(title="t", subtitle="s", sections=result.sections)


def test_nothing_found_is_a_note(make_model, tiny_dataset, tmp_path, monkeypatch):
    none = [searched("s0", 1.0), searched("h0", 1.0)]
    result = part_of(none, make_model, tiny_dataset(rows=24), tmp_path, monkeypatch)
    (notes,) = result.sections[0].blocks
    assert isinstance(notes, Notes)
    assert result.facts["patterns"]["found"] == 0
    assert result.tables == result.figures == {}
