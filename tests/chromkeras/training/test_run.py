"""Every technique, weighting and conflict method trains; one of each with every plan."""

import numpy as np
import pytest

from chromkeras.backend.seeds import seeded
from chromkeras.cost.operations import model_cost
from chromkeras.layers.fan_out import FanOut
from chromkeras.layers.task_weights import TaskWeights
from chromkeras.model_file.open_model import open_model
from chromkeras.recipe.choices import PLANS
from chromkeras.recipe.reading import recipe_choices
from chromkeras.registry import CONFLICT_METHODS
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.run import prepare
from chromkeras.training.train import train

BALANCE = [
    f"balance.{key}={value}"
    for key, default in (("technique", ""), ("weighting", "equal"), ("conflict", "sum"))
    for value in recipe_choices(f"balance.{key}")
    if value != default
]
SHORT = ("training.epochs=2", "training.batch_size=12", "architecture.dropout=0.0")
GROUPED = ("sharing.depth=3", "sharing.grouped=9", "sharing.groups=task0,task2")


def run(dataset, recipe, folder):
    if recipe.training.loss == "auto":
        recipe = recipe.with_values("training", loss="rebalanced")
    plan = resolve_plan(recipe, dataset.tasks, dataset.shapes, problem="binary")
    with seeded(recipe.training.seed):
        return prepare(dataset, plan, folder / "model.keras", resume=False)


@pytest.mark.parametrize("setting", BALANCE)
def test_a_hard_model_trains_and_comes_back_from_its_file(
    setting, tiny_dataset, tiny_recipe, tmp_path
):
    dataset = tiny_dataset()
    result = train(dataset, tiny_recipe("hard", setting, *SHORT), tmp_path / "model.keras")
    found = open_model(result.model)
    model, card = found.network, found.card
    assert np.isfinite([row["loss"] for row in result.rows]).all()
    assert model(dataset.one_hot(np.arange(4))).shape == (4, 3)
    key, value = setting.removeprefix("balance.").split("=")
    assert card.recipe["balance"][key] == value


@pytest.mark.parametrize(
    ("plan", "conflict"),
    [
        *(("hard", name) for name in CONFLICT_METHODS.names()),
        *((plan, "pcgrad") for plan in PLANS[1:]),
    ],
)
def test_merging_stands_only_where_shared_layers_end(
    plan, conflict, tiny_dataset, tiny_recipe, tmp_path
):
    recipe = tiny_recipe(plan, f"balance.conflict={conflict}", *SHORT)
    model = run(tiny_dataset(), recipe, tmp_path).model
    found = [layer.method for layer in model.layers if isinstance(layer, FanOut)]
    shares = plan in ("hard", "basset") and conflict != "sum"
    assert found == [conflict] * shares


HYBRIDS = [("hard", "sharing.depth=3"), ("hard", "sharing.depth=2"), ("hard", *GROUPED)]


@pytest.mark.parametrize(
    ("plan", "weighting"),
    [
        *((("hard",), name) for name in recipe_choices("balance.weighting")),
        *(((plan,), "uncertainty") for plan in PLANS[1:]),
        *((hybrid, "gradnorm") for hybrid in HYBRIDS),
    ],
    ids=str,
)
def test_weights_of_tasks_fit_every_plan(plan, weighting, tiny_dataset, tiny_recipe, tmp_path):
    recipe = tiny_recipe(*plan, f"balance.weighting={weighting}", *SHORT)
    made = run(tiny_dataset(), recipe, tmp_path)
    layers = [layer for layer in made.model.layers if isinstance(layer, TaskWeights)]
    assert len(layers) == (weighting != "equal")
    assert all(layer.tasks == 3 for layer in layers)
    x, y, known = made.batches[0]
    assert np.isfinite(made.model.train_on_batch(x, y, known, return_dict=True)["loss"])


CROSSED = [
    *((technique, "equal") for technique in recipe_choices("balance.technique")),
    ("one_task", "uncertainty"),
    ("round_robin", "dwa"),
    ("warm_start", "gradnorm"),
]


@pytest.mark.parametrize(("technique", "weighting"), CROSSED)
def test_tasks_that_wait_keep_their_weights(
    technique, weighting, tiny_dataset, tiny_recipe, tmp_path
):
    settings = (f"balance.technique={technique}", f"balance.weighting={weighting}")
    fast = ("training.learning_rate=0.05", "training.schedule=constant", "training.batch_size=8")
    recipe = tiny_recipe("hard", *settings, *fast, "balance.warm_epochs=3", "training.epochs=3")
    made = run(tiny_dataset(), recipe, tmp_path)
    made.fit()
    layers = [layer for layer in made.model.layers if isinstance(layer, TaskWeights)]
    assert len(layers) == (weighting != "equal")
    for layer in layers:
        weights = np.asarray(layer.task_weights())
        assert np.isfinite(weights).all()
        if weighting == "gradnorm":  # one task at a time has nothing to be balanced with
            np.testing.assert_allclose(weights, 1.0, atol=1e-6)
        elif weighting == "dwa":
            assert weights.sum() == pytest.approx(3, rel=1e-5)
        else:
            assert np.abs(weights - 1).min() > 1e-4, "every task has had its turn"


@pytest.mark.parametrize("weighting", recipe_choices("balance.weighting"))
def test_weights_of_tasks_cost_their_own_parameters_and_no_operations(weighting, tiny_recipe):
    def build(name):
        recipe = tiny_recipe("hard", f"balance.weighting={name}")
        return build_model(resolve_plan(recipe, ("a", "b"), {"dna": (300, 4)}, problem="binary"))

    plain, weighted = build("equal"), build(weighting)
    own = [layer.count_params() for layer in weighted.layers if isinstance(layer, TaskWeights)]
    assert model_cost(weighted).parameters == model_cost(plain).parameters + sum(own)
    assert model_cost(weighted).training == model_cost(plain).training
    assert model_cost(weighted).forward == model_cost(plain).forward


def test_patience_does_not_run_while_tasks_wait(tiny_dataset, tiny_recipe, tmp_path):
    warm = ("balance.technique=warm_start", "balance.warm_epochs=4", "training.patience=1")
    made = run(tiny_dataset(), tiny_recipe("single", *warm), tmp_path)
    made.best.best_epoch[:] = 0
    assert [made.best.finished(epoch) for epoch in range(6)] == [False] * 4 + [True] * 2


def test_gradnorm_moves_the_weights_of_separate_networks(tiny_dataset, tiny_recipe, tmp_path):
    made = run(tiny_dataset(), tiny_recipe("single", "balance.weighting=gradnorm"), tmp_path)
    (layer,) = [layer for layer in made.model.layers if isinstance(layer, TaskWeights)]
    made.model.train_on_batch(*made.batches[0])
    weights = np.asarray(layer.task_weights())
    assert np.ptp(weights) > 1e-4
    assert weights.sum() == pytest.approx(3, rel=1e-5)


def test_rows_without_a_known_label_are_left_out(tiny_dataset, tiny_recipe, tmp_path):
    dataset = tiny_dataset()
    rows = dataset.rows("train")
    dataset.known[rows[:5]] = False
    made = run(dataset, tiny_recipe("hard"), tmp_path)
    assert len(made.batches.batches.all_rows) == len(rows) - 5


def test_a_motif_file_and_a_penalty_reach_the_run(tiny_dataset, tiny_recipe, tmp_path):
    motifs = tmp_path / "gata.meme"
    rows = "\n".join(f"{a} {b} {c} {d}" for a, b, c, d in np.eye(4)[[2, 0, 3, 0]])
    motifs.write_text(
        f"MEME version 4\n\nALPHABET= ACGT\n\nMOTIF GATA\n"
        f"letter-probability matrix: alength= 4 w= 4 nsites= 20\n{rows}\n",
        encoding="utf-8",
    )
    recipe = tiny_recipe("soft", f"architecture.motifs={motifs}", "sharing.schedule=rising", *SHORT)
    made = run(tiny_dataset(), recipe, tmp_path)
    kernel = np.asarray(made.model.get_layer("conv_1").kernel)[:, :, :, 0]
    peak = kernel.argmax(axis=-1)[kernel.max(axis=-1) > 0].reshape(3, -1)
    np.testing.assert_array_equal(peak, [[2, 0, 3, 0]] * 3)
    made.fit()
    penalties = [row["penalty"] for row in made.history.rows]
    assert penalties[0] == 0
    assert penalties[1] > 0


def test_an_unknown_warm_task_is_refused(tiny_dataset, tiny_recipe, tmp_path):
    recipe = tiny_recipe("hard", "balance.technique=warm_start", "balance.warm_task=task9")
    with pytest.raises(ValueError, match=r"unknown balance\.warm_task 'task9'"):
        run(tiny_dataset(), recipe, tmp_path)
