from pathlib import Path

import pytest

from chromkeras.comparison.core.model_names import Replicates, model_names, seed_replicates
from chromkeras.model_file.card import RunCard


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/single.keras", "a/hard.keras"], ["single", "hard"]),
        (["single.0/model.keras", "hard.0/model.keras"], ["single.0", "hard.0"]),
        (["a/b/model.keras", "c/b/model.keras"], ["{}/a/b/model.keras", "{}/c/b/model.keras"]),
        (["b/one.keras", "c/one.keras", "b/two.keras"], ["b/one", "c", "two"]),
        (["x/m.keras", "x/m.keras", "y/m.keras"], ["x (1)", "x (2)", "y"]),
        (["m.keras", "./m.keras"], ["m (1)", "m (2)"]),
        (["a/m.keras", "b/m.keras", "a.keras"], ["a", "b", "a"]),
    ],
)
def test_names_are_short_and_unique(paths, names, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    got = model_names([Path(path) for path in paths])
    assert len(set(got)) == len(got)
    if len(set(names)) == len(names):
        assert got == [name.format(tmp_path) for name in names]


def card(plan, seed, tasks=("a", "b"), fingerprint="f", **training):
    recipe = {"plan": plan, "training": {"seed": seed, "epochs": 3} | training}
    return RunCard(tasks, recipe, fingerprint)


def test_seeds_of_one_recipe_are_one_line():
    cards = [card("single", 0), card("hard", 0), card("single", 1), card("hard", 1)]
    replicates = seed_replicates(cards, ["single.0", "hard.0", "single.1", "hard.1"])
    assert replicates == (Replicates("single", (0, 2)), Replicates("hard", (1, 3)))
    assert [group.label for group in replicates] == ["single (2 seeds)", "hard (2 seeds)"]


@pytest.mark.parametrize(
    "other",
    [card("hard", 1, epochs=4), card("hard", 1, tasks=("a",)), card("hard", 1, fingerprint="g"),
     card("hard", 0), card("hard", 0, epochs=3)],
)  # fmt: skip
def test_other_recipes_tasks_data_and_copies_are_not_grouped(other):
    replicates = seed_replicates([card("single", 0), card("hard", 0), other], ["s", "h", "o"])
    assert [group.members for group in replicates] == [(0,), (1,), (2,)]


def test_seeds_of_only_one_recipe_are_compared_with_each_other():
    replicates = seed_replicates([card("hard", seed) for seed in range(3)], ["a", "b", "c"])
    assert replicates == (Replicates("a", (0,)), Replicates("b", (1,)), Replicates("c", (2,)))


@pytest.mark.parametrize(
    ("names", "common"),
    [
        (["soft_1e-3.10", "soft_1e-3.11"], "soft_1e-3"),
        (["hard-a", "hard-b"], "hard"),
        (["12", "13"], "1"),
    ],
)
def test_a_line_is_called_by_what_is_left_without_the_seeds(names, common):
    cards = [card("soft", 10), card("soft", 11), card("hard", 0)]
    assert seed_replicates(cards, [*names, "other"])[0].name == common


def test_lines_without_a_common_name_are_called_by_all():
    cards = [card("single", 0), card("single", 1), card("hard", 0)]
    assert seed_replicates(cards, ["x", "y", "hard"])[0] == Replicates("x, y", (0, 1))
