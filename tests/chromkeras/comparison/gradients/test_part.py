from types import SimpleNamespace

import numpy as np
import pytest

from chrominterpret.page.blocks import HeatMap, Notes, Picture, Table
from chrominterpret.page.render import write_page
from chromkeras.comparison.gradients.part import compare_part, gradient_result
from chromkeras.model_file.beside import gradient_log_path
from chromkeras.monitoring.gradient_log import GradientLog, Moment, save_gradient_log
from chromkeras.tables import write_tsv


@pytest.fixture
def make_log():
    def make(sharing=("shared", "own"), tasks=3, moments=4):
        common = sum(s == "shared" for s in sharing)
        log = GradientLog(
            tasks=tuple(f"task{i}" for i in range(tasks)),
            layers=("conv_1", "logits"), sharing=sharing, activations=("activation_1",),
            steps_per_epoch=10, rows=8, parts=4, fingerprint="f",
        )  # fmt: skip
        random = np.random.default_rng(0)
        for step in range(moments):
            norm = random.random((tasks, 2)).astype(np.float32)
            cosine = np.broadcast_to(np.eye(tasks, dtype=np.float32), (common, tasks, tasks))
            dead = np.full((tasks, 1), step / 4, np.float32)
            log = log.with_moment(Moment(step, 1.0, norm[:, 0], norm, norm, dead, cosine))
        return log

    return make


def blocks(result, kind):
    return [b for section in result.sections for b in section.blocks if isinstance(b, kind)]


def test_sections_tables_and_facts(make_log, tmp_path):
    logs = {"hard": make_log(), "single": make_log(("own", "own"))}
    result = gradient_result(logs, [])
    facts = result.facts["gradients"]
    assert facts["hard"]["cosine"] == 0
    assert np.isnan(facts["single"]["cosine"])
    assert facts["hard"]["moments"] == 4
    assert facts["hard"]["seconds"] == 4
    assert (facts["hard"]["dead_relu"], facts["hard"]["dead_relu_layer"]) == (0.75, "activation_1")
    assert [len(rows) for rows in result.tables.values()] == [2 * 4 * 3 * 2, 2 * 3]
    assert len(blocks(result, Picture)) == len(result.figures) == 2
    assert len(blocks(result, HeatMap)) == 3
    assert ["No layer is shared" in n.lines[0] for n in blocks(result, Notes)] == [True]
    for name, rows in result.tables.items():
        write_tsv(tmp_path / name, rows)
        assert len((tmp_path / name).read_text().splitlines()) == len(rows) + 1
    write_page(tmp_path / "page.html", title="t", subtitle="", sections=list(result.sections))
    assert "Gradients of hard" in (tmp_path / "page.html").read_text()


def test_norms_are_relative_to_the_first(make_log):
    log = make_log()
    found = blocks(gradient_result({"hard": log}, []), HeatMap)[0]
    expected = np.median(log.norm / log.norm[0], axis=1).T
    np.testing.assert_allclose(found.values, expected, rtol=1e-6)
    assert found.rows == ["conv_1, shared", "logits, own"]


def test_models_that_were_not_watched_are_said(make_log, tmp_path):
    models = [
        SimpleNamespace(
            name=name, path=tmp_path / f"{name}.keras", card=SimpleNamespace(fingerprint="f")
        )
        for name in ("hard", "other", "soft")
    ]
    models[1].card.fingerprint = "g"
    for model in models[:2]:
        save_gradient_log(make_log(), gradient_log_path(model.path))
    result = compare_part(SimpleNamespace(models=models))
    lines = blocks(result, Notes)[0].lines
    assert list(result.facts["gradients"]) == ["hard"]
    assert "other.gradients.npz is of another training" in lines[0]
    assert "train with `watch_gradients`" in lines[1]
    alone = compare_part(SimpleNamespace(models=models[2:]))
    assert len(alone.sections) == 1
    assert not blocks(alone, Table)
