import csv
import os
import signal
import subprocess
import sys
import time

import pytest

from chromkeras.data.hdf5 import save_dataset
from chromkeras.errors import InputError
from chromkeras.recipe.reading import make_recipe
from chromkeras.search import claims
from chromkeras.search.tune import tune
from chromkeras.training.train import train

RATES = (0.001, 0.003, 0.01, 0.03)
SPACE = {
    "training": {
        "learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
        "batch_size": {"choices": [8, 16, 32]},
    }
}
GRID = {"training": {"learning_rate": {"choices": RATES}, "batch_size": {"choices": [8, 16]}}}
SHORT = ("training.epochs=2", "training.batch_size=16", "training.learning_rate=0.01")
PATIENCE = 300  # seconds for a process to begin, on a busy machine
STORAGES = ("study.db", pytest.param("study.log", marks=pytest.mark.slow))
# A process whose trainings take as long as the file "wait" is there, and say when they begin.
PROCESS = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
import chromkeras
from chromkeras.search import run_trial
folder, storage, pause = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
dataset = chromkeras.load_dataset(folder / "data.h5")

def train(dataset, recipe, out, *, stop_when, verbose):
    rate = recipe.training.learning_rate
    with (folder / "begun").open("a") as file:
        file.write(f"{rate}\\n")
    time.sleep(pause)
    while (folder / "wait").exists():
        time.sleep(0.01)
    stop_when(1, rate)
    return SimpleNamespace(scores={"validation_auroc_mean": rate, "parameters": 1})

run_trial.train = train
space = {"training": {"learning_rate": {"choices": [0.001, 0.003, 0.01, 0.03]}}}
recipe = chromkeras.make_recipe("hard", settings=["training.epochs=1"])
result = chromkeras.tune(dataset, recipe, space, folder / "out", sampler="grid",
                         storage=folder / storage)
print(result.counts)
"""


def tried(result):
    return [tuple(record.values.values()) for record in result.trials]


@pytest.fixture
def begin(tmp_path):
    """Return a function that begins a process; all of them have ended after the test."""
    processes = []

    def begin(storage, pause=0.0):
        words = [sys.executable, "-c", PROCESS, str(tmp_path), storage, str(pause)]
        pipe = subprocess.PIPE
        processes.append(subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def begun(folder):
    path = folder / "begun"
    return path.read_text().splitlines() if path.exists() else []


def wait_until(true, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def data(tiny_dataset, tmp_path):
    dataset = tiny_dataset(length=100)
    save_dataset(dataset, tmp_path / "data.h5")
    return dataset


def test_a_grid_is_visited_once_and_its_best_recipe_trains_again(
    tiny_dataset, tiny_recipe, tmp_path
):
    dataset, recipe = tiny_dataset(), tiny_recipe("hard", *SHORT)
    space = {
        "training": {"learning_rate": {"choices": [0.001, 0.02]}},
        "architecture": {"dense": {"choices": [[7, 6], [5]]}},
    }
    result = tune(dataset, recipe, space, tmp_path, sampler="grid")
    assert sorted(tried(result)) == sorted((r, d) for r in (0.001, 0.02) for d in ("[7, 6]", "[5]"))
    assert result.counts == {"done": 4}
    assert result.best.score == max(record.score for record in result.trials)
    assert {path.name for path in tmp_path.iterdir()} == {
        "best.toml", "importance.png", "parallel_coordinates.png", "ranking.png", "search.json",
        "study.db", "trials.tsv",
    }  # fmt: skip
    assert all(path.stat().st_size > 1000 for path in tmp_path.glob("*.png"))
    with (tmp_path / "trials.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [int(row["trial"]) for row in rows] == [0, 1, 2, 3]
    assert {row["epochs"] for row in rows} == {"2"}
    again = make_recipe("hard", size="small", file=tmp_path / "best.toml")
    assert again == result.recipe
    trained = train(dataset, again, tmp_path / "best.keras")
    assert trained.scores["validation_auroc_mean"] == result.best.score


@pytest.mark.grid
def test_every_architecture_and_plan(
    architecture, plan, tiny_dataset, tiny_recipe, skip_refused, tmp_path
):
    dataset = tiny_dataset(architecture=architecture)
    recipe = tiny_recipe(plan, "training.epochs=1", architecture=architecture)
    skip_refused(recipe)
    space = {"training": {"learning_rate": {"low": 1e-3, "high": 1e-2}}}
    result = tune(dataset, recipe, space, tmp_path, trials=1)
    assert result.counts == {"done": 1}
    assert result.recipe.plan == plan
    assert not (tmp_path / "importance.png").exists()


@pytest.mark.parametrize(("sampler", "trials"), [("tpe", 13), ("random", 4)])
def test_one_seed_gives_the_same_trials_also_after_a_stop(sampler, trials, quick, data, tmp_path):
    def run(name, trials, seed=3):
        recipe = make_recipe("hard", settings=["training.epochs=1"])
        options = {"sampler": sampler, "trials": trials, "seed": seed}
        return tried(tune(data, recipe, SPACE, tmp_path / name, **options))

    whole = run("a", trials)
    assert len(set(whole)) == trials
    assert run("b", trials - 2) == whole[:-2]
    assert run("b", trials) == whole
    assert run("c", 2, seed=4) != whole[:2]


def test_trials_count_those_of_earlier_runs(quick, data, tmp_path):
    recipe = make_recipe("hard")
    for trials in (3, 3, 2):
        result = tune(data, recipe, SPACE, tmp_path, trials=trials)
        assert len(result.trials) == len(quick) == 3


def test_the_pruner_ends_trials_early(quick, data, tmp_path):
    recipe = make_recipe("hard", settings=["training.epochs=6"])
    options = {"sampler": "random", "trials": 10}
    results = {
        pruner: tune(data, recipe, SPACE, tmp_path / pruner, pruner=pruner, **options)
        for pruner in ("auto", "halving", "none")
    }
    assert results.pop("none").counts == {"done": 10}
    for result in results.values():
        pruned = [record for record in result.trials if record.state == "pruned"]
        assert pruned
        assert all(3 <= record.epochs < 6 for record in pruned)
        assert all(record.epochs == 6 for record in result.trials if record.state == "done")
        assert result.best.state == "done"


def test_a_trial_that_cannot_be_trained_is_told_and_the_search_goes_on(
    tiny_dataset, tiny_recipe, tmp_path
):
    space = {
        "architecture": {"filters": {"choices": [[6, 5, 4], [6, 5]]}},
        "training": {"learning_rate": {"choices": [0.01, 1e30]}},
    }
    recipe = tiny_recipe("hard", *SHORT)
    result = tune(tiny_dataset(), recipe, space, tmp_path / "a", sampler="grid")
    assert result.counts == {"done": 1, "failed": 3}
    errors = [record.error for record in result.trials]
    assert "as many architecture.filters as widths" in errors[2]
    assert "no longer numbers" in errors[1] or "the loss became" in errors[1]
    assert result.best.number == 0
    long = {"architecture": {"pools": {"choices": [[50, 50, 50], [60, 50, 50]]}}}
    with pytest.raises(InputError, match="none of 2 trials could be trained; the last failed with"):
        tune(tiny_dataset(), recipe, long, tmp_path / "b", sampler="grid")


def test_replicates_are_averaged(quick, data, tmp_path):
    recipe = make_recipe("hard", settings=["training.seed=5"])
    result = tune(data, recipe, GRID, tmp_path, sampler="grid", replicates=3, trials=2)
    assert [recipe.training.seed for recipe in quick] == [5, 6, 7] * 2
    for record in result.trials:
        assert len(record.scores) == 3
        assert record.score == pytest.approx(sum(record.scores) / 3)
    assert result.recipe.training.seed == 5


@pytest.mark.parametrize("storage", ["study.db", "study.log"])
def test_a_stopped_trial_is_run_again(storage, quick, data, tmp_path, monkeypatch):
    from chromkeras.search import run_trial

    recipe, train = make_recipe("hard"), run_trial.train

    def stop(*arguments, **options):
        if len(quick) == 3:
            raise KeyboardInterrupt
        return train(*arguments, **options)

    path = tmp_path / storage
    monkeypatch.setattr(run_trial, "train", stop)
    with pytest.raises(KeyboardInterrupt):
        tune(data, recipe, GRID, tmp_path, sampler="grid", storage=path)
    monkeypatch.setattr(run_trial, "train", train)
    result = tune(data, recipe, GRID, tmp_path, sampler="grid", storage=path)
    assert len(quick) == len(tried(result)) == len(set(tried(result))) == 8
    assert result.counts == {"done": 8}
    assert not (tmp_path / ".trials").exists()


@pytest.mark.parametrize("storage", STORAGES)
def test_two_processes_run_each_trial_once(storage, data, begin, tmp_path):
    processes = [begin(storage, pause=0.5) for _ in range(2)]
    printed, errors = zip(*(each.communicate(timeout=PATIENCE) for each in processes), strict=True)
    assert "{'done': 4}\n" in printed, errors
    assert [each.returncode for each in processes] == [0, 0], errors
    assert sorted(begun(tmp_path)) == sorted(map(str, RATES))


@pytest.mark.parametrize("storage", STORAGES)
def test_a_killed_process_loses_no_trial(storage, data, begin, tmp_path):
    (tmp_path / "wait").touch()
    first = begin(storage)
    wait_until(lambda: len(begun(tmp_path)) == 1)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    (tmp_path / "wait").unlink()
    printed, errors = begin(storage).communicate(timeout=PATIENCE)
    assert printed == "{'done': 4}\n", errors
    assert begun(tmp_path) == [str(rate) for rate in (RATES[0], *RATES)]  # the lost one first


@pytest.mark.parametrize("alive", [True, False])
def test_a_trial_of_another_machine_is_taken_over_when_it_falls_silent(
    alive, quick, data, tmp_path, monkeypatch
):
    monkeypatch.setattr(claims, "SILENCE", 1.5)
    monkeypatch.setattr(claims, "BEAT", 0.1)
    recipe, took = make_recipe("hard"), claims.Claims._take

    def take(self):
        """Claim the first trial for a machine far away."""
        if not self.study.get_trials(deepcopy=False):
            own, self._own = self._own, {"host": "far away", "process": 1, "token": "other"}
            trial = took(self)
            self._own = own
            sign = self.study.get_trials  # what the other machine would do
            if alive:
                monkeypatch.setattr(
                    self.study,
                    "get_trials",
                    lambda **options: (_sign(trial), sign(**options))[1],
                )
        return took(self)

    monkeypatch.setattr(claims.Claims, "_take", take)
    result = tune(data, recipe, GRID, tmp_path, sampler="grid")
    expected = {"running": 1, "done": 7} if alive else {"done": 8}
    assert result.counts == expected
    assert len(quick) == expected["done"]


def _sign(trial):
    trial.set_user_attr(claims.ALIVE, trial.user_attrs.get(claims.ALIVE, 0) + 1)


def test_signs_of_life_are_given(quick, data, tmp_path, monkeypatch):
    monkeypatch.setattr(claims, "BEAT", 0.02)
    from chromkeras.search import run_trial

    def slow(*arguments, train=run_trial.train, **options):
        time.sleep(0.3)
        return train(*arguments, **options)

    monkeypatch.setattr(run_trial, "train", slow)
    tune(data, make_recipe("hard"), GRID, tmp_path, sampler="grid", trials=1)
    import optuna

    storage = f"sqlite:///{tmp_path / 'study.db'}"
    (trial,) = optuna.load_study(study_name="chromkeras", storage=storage).trials
    assert trial.user_attrs[claims.ALIVE] > 1


def test_another_search_in_the_same_storage_is_refused(quick, tiny_dataset, tmp_path):
    data, recipe = tiny_dataset(length=100), make_recipe("hard")
    tune(data, recipe, SPACE, tmp_path, trials=1)
    other = {
        "sampler was tpe, is now random": {"sampler": "random"},
        "seed was 0, is now 1": {"seed": 1},
        "replicates was 1, is now 2": {"replicates": 2},
        "pruner was median, is now none": {"pruner": "none"},
    }
    for message, options in other.items():
        with pytest.raises(InputError, match=message):
            tune(data, recipe, SPACE, tmp_path, trials=1, **options)
    changed = make_recipe("hard", settings=["training.epochs=3"])
    with pytest.raises(InputError, match=r"recipe training\.epochs was 15, is now 3"):
        tune(data, changed, SPACE, tmp_path, trials=1)
    with pytest.raises(InputError, match=r"plan was hard, is now soft"):
        tune(data, make_recipe("soft"), SPACE, tmp_path, trials=1)
    with pytest.raises(InputError, match=r"space training\.learning_rate was .*, is now"):
        tune(data, recipe, GRID, tmp_path, trials=1)
    with pytest.raises(InputError, match="data was"):
        tune(tiny_dataset(length=100, seed=1), recipe, SPACE, tmp_path, trials=1)
    assert len(quick) == 1
    # a value that is searched may be anything in the recipe
    changed = make_recipe("hard", settings=["training.learning_rate=0.5"])
    tune(data, changed, SPACE, tmp_path, trials=1)


def test_bad_input_leaves_nothing(tiny_dataset, tmp_path):
    data, recipe, out = tiny_dataset(), make_recipe("hard"), tmp_path / "out"
    one_class = tiny_dataset()
    one_class.labels[:] = 1
    cases = [
        (data, {"sampler": "tp"}, "unknown sampler 'tp'"),
        (data, {"pruner": "medan"}, "did you mean median"),
        (data, {"trials": 0}, "`trials`: expected at least 1, received 0"),
        (data, {"replicates": 0}, "`replicates`: expected at least 1, received 0"),
        (data, {"seed": -1}, "`seed`: expected at least 0, received -1"),
        (data, {"storage": "study.txt"}, r"expected a file that ends in \.db"),
        (data, {"storage": tmp_path / "a.db"}, "is a folder"),
        (one_class, {}, "task0"),
    ]
    (tmp_path / "a.db").mkdir()
    for dataset, options, message in cases:
        with pytest.raises(InputError, match=message):
            tune(dataset, recipe, SPACE, out, **options)
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]
