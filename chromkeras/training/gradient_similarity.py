"""Similarity of the tasks' gradients in a short run of the hard-shared model."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from chrominterpret.engine.backend import compile_gradient
from chromkeras.backend.operations import compile_model
from chromkeras.backend.seeds import seeded
from chromkeras.data.batches import Batches
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.losses.task_loss import make_loss
from chromkeras.optimizers.optimizers import make_optimizer
from chromkeras.progress import progress
from chromkeras.recipe.recipe import Recipe, SharingRecipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.model_layers import layer_table
from chromkeras.sharing.plan import Plan, resolve_plan

STEPS = 300
PROBES = 16


def gradient_similarity(
    recipe: Recipe, dataset: Dataset, *, steps: int = STEPS, probes: int = PROBES
) -> np.ndarray:
    """Return the mean cosine of the tasks' gradients where they leave the shared backbone.

    The architecture is trained with plan ``hard`` for ``steps`` steps. Then, for each probe batch
    with backbone features z, the gradient ∂L_i/∂z of each task's loss is taken as one vector, and
    the cosines between tasks are averaged over the batches. The gradient at z bounds the one at all
    shared weights (Sener and Koltun 2018, NeurIPS, MGDA-UB). All heads start from one draw: from
    draws of their own, the gradients are nearly at right angles whatever the labels say.

    Parameters
    ----------
    recipe
        Recipe of which architecture, data and training are used, but not the sharing plan.
    dataset
        Data set, of which only the training split is used.
    steps, probes
        Numbers of batches to train on, in as many epochs as that takes, and to average over, at
        most.

    Returns
    -------
    np.ndarray
        Shape (T, T), float64; 0 where a task has no gradient.
    """
    training = replace(recipe.training, epochs=1, accumulate=1)
    sharing = SharingRecipe(same_start=True)
    short = Recipe("hard", recipe.data, recipe.architecture, sharing=sharing, training=training)
    plan = resolve_plan(
        short, dataset.tasks, dataset.shapes, problem=dataset.problem, classes=dataset.classes
    )
    loss = make_loss(training.loss, dataset)
    batches = _batches(plan, dataset)
    with seeded(training.seed):
        model = build_model(plan)
        compile_model(model, make_optimizer(training, steps), loss)
        with progress("short run to compare the tasks' gradients") as report:
            for step in range(steps):
                model.train_on_batch(*batches[step % len(batches)])
                report(step + 1, steps)
                if (step + 1) % len(batches) == 0:
                    batches.on_epoch_end()
        return _mean_cosine(model, batches, loss, probes)


def _batches(plan: Plan, dataset: Dataset) -> Batches:
    recipe = plan.recipe
    return Batches(
        dataset,
        dataset.rows("train"),
        inputs=tuple(plan.inputs),
        batch_size=recipe.training.batch_size,
        seed=recipe.training.seed,
        reverse_complement=recipe.data.reverse_complement,
        shift=recipe.data.shift,
    )


def _mean_cosine(model: keras.Model, batches: Batches, loss: Any, probes: int) -> np.ndarray:
    """Average the cosines over whole batches: a smaller one would compile the gradient anew."""
    backbone, head = _halves(model)
    tasks = len(layer_table(model).tasks)

    def total(features: Any, labels: Any, known: Any) -> tuple[Any, Any]:
        # Each task reads its own copy of the features, so the sum of the losses keeps them apart.
        value = keras.ops.reshape(loss(labels, head(features), known), (1, 1))
        return value, value

    compiled = compile_gradient(total, model.variables)
    whole = max(batches.count // batches.batch_size, 1)
    cosines = []
    for index in range(min(probes, whole)):
        x, labels, known = batches[index]
        features = keras.ops.convert_to_numpy(backbone(keras.tree.flatten(x))[0])
        copies = np.broadcast_to(features, (tasks, *features.shape))
        _, _, gradients = compiled(copies, np.ones((1, 1), np.float32), labels, known)
        cosines.append(_cosine(gradients[0].reshape(tasks, -1).astype(np.float64)))
    return np.mean(cosines, axis=0)


def _halves(model: keras.Model) -> tuple[Any, Any]:
    """Return the backbone, and a function from one copy of its features per task to outputs."""
    table = layer_table(model)
    first = next(entry for entry in table.weighted if entry.number > table.backbone)
    features = model.get_layer(first.name).input
    # Functions, not models, which would add nodes to the layers.
    backbone = keras.Function(model.inputs, [features])
    after = [layer for layer in model.layers if layer.name in _following(model, first.name)]
    for layer in after:
        if isinstance(layer.input, list) and len(layer.input) > 1:
            raise InputError(
                "sharing.groups gradients:N: expected an architecture whose head reads the "
                f"backbone alone, received one where {layer.name} also reads something else; "
                "use labels:N"
            )

    def head(x: Any) -> Any:
        for layer in after:
            x = layer(x)
        return x

    return backbone, head


def _following(model: keras.Model, name: str) -> set[str]:
    names = [layer.name for layer in model.layers]
    return set(names[names.index(name) :])


def _cosine(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit @ unit.T
