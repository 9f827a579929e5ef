from dataclasses import replace

import keras
import numpy as np
import pytest

from chromkeras.data.batches import Batches
from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable, feed
from chromkeras.evaluation.predict import predict_logits
from chromkeras.model_file.open_model import open_model
from chromkeras.recipe.choices import PLANS
from chromkeras.recipe.reading import make_recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.sharing.shared_rows import shared_by_model, weights_of, with_shared_rows
from chromkeras.training.train import train

GENES, CONDITIONS, TASKS = 12, 8, ("a", "b")


@pytest.fixture
def pairs() -> Dataset:
    """Rows are pairs of a gene, which has the DNA, and a condition."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, (GENES, 120), dtype=np.uint8)
    regulators = rng.normal(size=(CONDITIONS, 6)).astype(np.float32)
    gene = np.repeat(np.arange(GENES), CONDITIONS)
    condition = np.tile(np.arange(CONDITIONS), GENES)
    mixed = rng.permutation(len(gene))
    gene, condition = gene[mixed], condition[mixed]
    signal = (codes == 1).mean(axis=1)[gene] * regulators[condition, 0]
    return Dataset(
        inputs={
            "dna": replace(PackedSequences.from_codes(codes), stranded=True),
            "regulators": DenseTable(regulators),
        },
        index={"dna": gene, "regulators": condition},
        labels=np.stack([signal, -signal], axis=1).astype(np.float32),
        tasks=TASKS,
        problem="regression",
        split=np.array(["train"] * 8 + ["valid"] * 2 + ["test"] * 2)[gene],
    )


def recipe_of(plan, form, *settings):
    return make_recipe(
        plan,
        settings=[
            "architecture.name=deepreg",
            f"architecture.form={form}",
            "architecture.filters=[4,3,3]",
            "architecture.widths=[5,3,3]",
            "architecture.dense=[6]",
            "architecture.regulator_dense=[5]",
            "data.shift=0",
            *settings,
        ],
    )


def built(plan, form, pairs):
    model = build_model(
        resolve_plan(recipe_of(plan, form), TASKS, pairs.shapes, problem="regression")
    )
    rng = np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(np.abs(rng.normal(size=weight.shape)) * 0.3)
    return model


@pytest.mark.backend
@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("form", ["outer_product", "concatenation", "two_layers"])
def test_outputs_are_those_of_the_model_row_by_row(plan, form, pairs):
    model, rows = built(plan, form, pairs), np.arange(len(pairs))
    shared = with_shared_rows(model, ("dna",))
    assert shared_by_model(shared) == ("dna",)
    assert shared_by_model(model) == ()
    x = pairs.batch(rows, shared=("dna",), multiple=8)
    assert x["dna"].shape == (16, 120, 4)  # twelve genes, to a multiple of eight
    expected = model.predict(feed(tuple(pairs.inputs), pairs.batch(rows)), verbose=0)
    found = keras.ops.convert_to_numpy(shared(x))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        predict_logits(model, pairs, rows[:70]), expected[:70], rtol=1e-4, atol=1e-5
    )


def test_weights_go_back_to_the_order_of_the_model(pairs):
    model = built("hard", "two_layers", pairs)
    shared = with_shared_rows(model, ("dna",))
    for ours, theirs in zip(
        weights_of(model, shared, shared.get_weights()), model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_rows_of_one_gene_come_in_runs(pairs):
    rows = pairs.rows("train")
    batches = Batches(pairs, rows, batch_size=16, seed=3, together=4, shared=("dna",))
    gene = pairs.index["dna"][batches.order]
    assert sorted(batches.order) == sorted(rows)
    assert (gene.reshape(-1, 4) == gene[::4, None]).all()
    assert (np.diff(gene[::4]) != 0).any()
    x, _, _ = batches[0]
    np.testing.assert_array_equal(x["dna"][x["dna_rows"]], pairs.one_hot(batches.order[:16]))
    first = batches.order.copy()
    batches.on_epoch_end()
    assert not np.array_equal(first, batches.order)


def test_inputs_along_the_dna_are_augmented_alike(pairs):
    """A track of each row's own turns around where the shared DNA does."""
    ramp = np.tile(np.arange(120, dtype=np.float32)[:, None], (len(pairs), 1, 1))
    tracks = DenseTable(ramp, along_dna=True)
    dna = replace(pairs.dna, stranded=False)
    data = replace(pairs, inputs=pairs.inputs | {"dna": dna, "track": tracks})
    batches = Batches(data, data.rows("train"), batch_size=16, seed=3, together=4, shared=("dna",))
    for number in range(len(batches)):
        x, _, _ = batches[number]
        rows = batches.order[number * 16 : (number + 1) * 16]
        turned = (x["dna"][x["dna_rows"]] != data.one_hot(rows)).any(axis=(1, 2))
        np.testing.assert_array_equal(turned, x["track"][:, 0, 0] == 119)
    other = pairs.index["dna"][::-1].copy()
    apart = replace(data, index=data.index | {"track": other})
    assert apart.shared_inputs(apart.inputs) == ()


@pytest.mark.parametrize("form", ["outer_product", "basset"])
def test_a_model_learns_from_shared_rows_and_resumes(form, pairs, tmp_path, monkeypatch):
    recipe = recipe_of(
        "hard", form, "data.together=4", "training.batch_size=16", "training.epochs=3",
        "training.learning_rate=0.01", "architecture.pools=[2,2,2]",
    )  # fmt: skip
    whole = train(pairs, recipe, tmp_path / "whole.keras")
    assert whole.rows[-1]["loss"] < whole.rows[0]["loss"]
    opened = open_model(tmp_path / "whole.keras")
    assert {tensor.name for tensor in opened.network.inputs} == {"dna", "regulators"}
    valid = pairs.rows("valid")
    found = opened.problem.scores(pairs.values(valid), predict_logits(opened.network, pairs, valid))
    np.testing.assert_allclose(found, list(whole.scores["validation_pearson"].values()), rtol=1e-4)

    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 6:  # in the second epoch
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("chromkeras.training.run.StopOnDivergence", Interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(pairs, recipe, tmp_path / "broken.keras")
    resumed = train(pairs, recipe, tmp_path / "broken.keras", resume=True)
    assert [row["loss"] for row in resumed.rows] == [row["loss"] for row in whole.rows]
