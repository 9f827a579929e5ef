import numpy as np
import pytest

from chromkeras.cli.app import run
from chromkeras.data.hdf5 import save_dataset
from chromkeras.evaluation.predict import predict_logits
from chromkeras.model_file.card import read_card
from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.recipe.recipe import BalanceRecipe, SharingRecipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.finetune import finetune_recipe

TASKS = ("task0", "task1", "task2")


@pytest.fixture
def dataset(tiny_dataset):
    return tiny_dataset()


@pytest.fixture
def data(dataset, tmp_path):
    save_dataset(dataset, tmp_path / "data.h5")
    return tmp_path / "data.h5"


@pytest.fixture
def model_file(tiny_recipe, tmp_path):
    """Return a function that writes an untrained model of a recipe."""

    def write(plan="hard", *settings, tasks=TASKS):
        recipe = tiny_recipe(plan, "training.learning_rate=0.02", *settings)
        model = build_model(resolve_plan(recipe, tasks, {"dna": (300, 4)}, problem="binary"))
        save_model(
            tmp_path / f"{plan}.keras",
            resolve_plan(recipe, tasks, {"dna": (300, 4)}, problem="binary"),
            model.get_weights(),
            fingerprint="f",
            scores={},
        )
        return tmp_path / f"{plan}.keras"

    return write


def call(command, *words):
    return run([command, *map(str, words)])


def logits(path, dataset):
    return predict_logits(open_model(path).network, dataset, dataset.rows("valid"))


STILL = ("--epochs", 1, "--set", "training.learning_rate=1e-12", "--set", "transfer.freeze=9")


def test_own_recipe_with_a_tenth_of_the_rate(model_file):
    path = model_file("soft", "training.epochs=7", "sharing.depth=3", "balance.conflict=pcgrad")
    recipe = finetune_recipe(path)
    assert (recipe.plan, recipe.training.epochs, recipe.sharing.depth) == ("soft", 7, 3)
    assert recipe.training.learning_rate == pytest.approx(0.002)
    assert recipe.transfer.init == str(path)
    own = finetune_recipe(path, per_task=True, settings=["training.learning_rate=0.5"])
    assert (own.plan, own.sharing, own.balance) == ("single", SharingRecipe(), BalanceRecipe())
    assert own.training.learning_rate == 0.5


def test_the_model_goes_on_where_it_was(model_file, data, dataset, tmp_path, capsys):
    path = model_file()
    assert call("finetune", "--model", path, "--data", data, *STILL) == 0
    said = capsys.readouterr()
    assert f"started from {path}: tasks kept: task0, task1, task2\n" in said.err
    out = tmp_path / "hard.finetuned.keras"
    assert f"wrote {out}" in said.out
    np.testing.assert_allclose(logits(out, dataset), logits(path, dataset), atol=1e-5)
    assert {p.name for p in tmp_path.iterdir()} == {
        "data.h5", "hard.keras", "hard.finetuned.keras", "hard.finetuned.history.csv",
        "hard.finetuned.history.png",
    }  # fmt: skip


def test_every_task_gets_its_own_copy(model_file, data, dataset, tmp_path):
    path, out = model_file(), tmp_path / "own.keras"
    words = ("--model", path, "--data", data, "--out", out, "--per-task")
    assert call("finetune", *words, *STILL) == 0
    assert read_card(out).recipe["plan"] == "single"
    np.testing.assert_allclose(logits(out, dataset), logits(path, dataset), atol=1e-5)
    assert call("finetune", *words, "--epochs", 1, "--freeze", 6) == 0
    before, after = open_model(path).network, open_model(out).network
    same = {
        layer.name: np.allclose(
            after.get_layer(layer.name).get_weights()[0].reshape(3, -1),
            layer.get_weights()[0].reshape(-1 if layer.name[:4] in ("conv", "norm") else (3, -1)),
        )
        for layer in before.layers
        if layer.weights and layer.name[:4] in ("conv", "norm")
    }
    assert same == {
        f"{kind}_{block}": block < 3 for kind in ("conv", "norm") for block in (1, 2, 3)
    }


def test_new_tasks_get_new_heads(model_file, data, dataset, tmp_path, capsys):
    path, out = model_file(tasks=("task2", "old", "task0")), tmp_path / "new.keras"
    words = ("--model", path, "--data", data, "--out", out, "--freeze", 9, "--epochs", 1)
    assert call("finetune", *words) == 0
    said = capsys.readouterr().err
    assert (
        "tasks kept: task0, task2; tasks new: task1; tasks left out: old; "
        "new tasks start afresh in dense_10, dense_11, logits\n"
    ) in said
    before, after = open_model(path).network, open_model(out).network
    for name in ("conv_1", "norm_1", "norm_3"):
        for one, two in zip(
            before.get_layer(name).get_weights(), after.get_layer(name).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(one, two)
    card = read_card(out)
    assert card.tasks == TASKS
    assert card.recipe["transfer"] == {"init": str(path), "task": "", "freeze": 9, "modules": []}


def test_train_starts_from_one_task(model_file, data, dataset, tmp_path, tiny_recipe):
    path, out = model_file("single"), tmp_path / "hard.keras"
    tiny = ("--set", "architecture.filters=[6,5,4]", "--set", "architecture.dense=[7,6]")
    words = ("hard", "--data", data, "--size", "poster", "--init", path, "--out", out)
    assert call("train", *words, "--init-task", "task1", *tiny, *STILL) == 0
    expected = logits(path, dataset)[:, [1, 1, 1]]
    np.testing.assert_allclose(logits(out, dataset), expected, atol=1e-5)


BAD = {
    ("finetune",): "Missing option '--model'",
    ("finetune", "--model", "no.keras"): "model no.keras does not exist; check the path",
    ("finetune", "--model", "data.h5"): "data.h5 is damaged or is not a .keras file",
    ("finetune", "--model", "single.keras", "--data", "no.h5"): "data set no.h5 does not exist",
    ("finetune", "--model", "single.keras", "--freeze", "12"): "expected 0 to 11",
    ("finetune", "--model", "single.keras", "--freeze", "-1"): "expected at least 0",
    ("finetune", "--model", "single.keras", "--set", "transfer.frieze=1"): "did you mean",
    ("finetune", "--model", "single.keras", "--set", "sharing.depth=9"): "(transfer.task): task0",
    ("finetune", "--model", "single.keras", "--init-task", "tsk1"): "did you mean task1 or",
    ("finetune", "--model", "single.keras", "--out", "single.keras"): "is also the input",
    ("finetune", "--model", "single.keras", "--out", "m.h5"): "ends in .keras, received m.h5",
    ("finetune", "--model", "single.keras", "--resume"): "nothing to resume",
    ("finetune", "--model", "single.keras", "--data", "long.h5"): "reads 300 bases, not 400",
    ("finetune", "--model", "single.keras", "--data", "other.h5"): "nothing can be copied",
    ("train", "hard", "--init", "no.keras"): "model no.keras does not exist",
    ("train", "hard", "--init", "single.keras"): "give the same sizes",
    ("train", "hard", "--init-task", "task1"): "name that model by --init (transfer.init)",
    ("train", "hard", "--set", "transfer.freeze=12"): "expected 0 to 11",
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_one_line_and_code_2(
    arguments, model_file, data, tiny_dataset, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    model_file("single")
    save_dataset(tiny_dataset(length=400), "long.h5")
    other = tiny_dataset()
    save_dataset(type(other)(other.inputs, other.labels, ("x", "y", "z"), other.split), "other.h5")
    files = {p.name for p in tmp_path.iterdir()}
    words = arguments if "--data" in arguments else (*arguments, "--data", "data.h5")
    assert run(list(words) if len(arguments) > 1 else list(arguments)) == 2
    printed = capsys.readouterr()
    assert BAD[arguments] in printed.err
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("chromkeras: ")
    assert {p.name for p in tmp_path.iterdir()} == files
