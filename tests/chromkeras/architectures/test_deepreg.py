import numpy as np
import pytest

from chromkeras.architectures.deepreg import FORMS
from chromkeras.errors import InputError
from chromkeras.recipe.reading import make_recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

INPUTS = {"dna": (1000, 4), "regulators": (472,)}


def made(*settings, size="", inputs=INPUTS, tasks=("expression",), problem="regression", **more):
    recipe = make_recipe("hard", size=size, settings=("architecture.name=deepreg", *settings))
    return build_model(resolve_plan(recipe, tasks, inputs, problem=problem, **more))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("width", [19, 100])
def test_every_form_at_both_widths_of_the_report(form, width):
    model = made(f"architecture.form={form}", f"architecture.widths=[{width},11,7]")
    assert model.output_shape == (None, 1)
    assert model.get_layer("conv_1").kernel.shape[0] == width


def test_the_outer_product_is_bilinear_in_motifs_and_regulators():
    """Its output is h' A r + b' r + c, though h and r are never multiplied out."""
    inputs = {"dna": (30, 4), "regulators": (3,)}
    model = made("architecture.filters=[5]", "architecture.widths=[7]", inputs=inputs)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.normal(size=weight.shape))
    dna = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (8, 30))]
    regulators = rng.normal(size=(8, 3)).astype(np.float32)
    found = model.predict({"dna": dna, "regulators": regulators}, verbose=0)[:, 0]
    kernel, bias = model.get_layer("conv_1").get_weights()
    windows = np.lib.stride_tricks.sliding_window_view(dna, 7, axis=1)  # (8, 24, 4, 7)
    h = np.maximum(np.einsum("npcw,wcf->npf", windows, kernel) + bias, 0).max(axis=1)
    (w, c), (v, b) = (model.get_layer(name).get_weights() for name in ("dense_3", "logits"))
    w, c, v = w[0], c[0], v.reshape(-1)
    outer = np.einsum("nf,nr->nfr", h, regulators)
    expected = np.einsum("nfr,fr->n", outer, w * v) + regulators @ (c * v) + b.reshape(())
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_windows_of_the_report_along_the_promoter():
    steps = {15: 66, 100: 10, 491: 2, 982: 1}
    for pool, expected in steps.items():
        model = made("architecture.form=gru", f"architecture.pool={pool}")
        assert model.get_layer("alongside").output.shape[1:] == (expected, 256 + 472)


def test_a_pool_after_the_single_layer():
    model = made("architecture.form=concatenation", "architecture.pool=491")
    assert model.get_layer("flatten").output.shape[1:] == (2 * 256,)


def test_classes_have_an_output_each():
    model = made(problem="classes", classes=("neither", "up", "down"))
    assert model.output_shape == (None, 1, 3)


def test_recurrent_forms_are_refused_where_tasks_have_their_own():
    recipe = make_recipe("single", settings=["architecture.name=deepreg", "architecture.form=lstm"])
    with pytest.raises(
        InputError, match="features at every position: expected activations that all"
    ):
        build_model(resolve_plan(recipe, ("a", "b"), INPUTS, problem="regression"))


def test_sizes_that_a_form_lacks_are_named():
    with pytest.raises(InputError, match=r"architecture.filters: expected 3 .* form basset"):
        made("architecture.form=basset", "architecture.filters=[8,8]")
