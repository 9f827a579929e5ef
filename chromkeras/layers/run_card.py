"""Layer that keeps the run card of a model inside its graph."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="chromkeras")
class RunCard(keras.layers.Layer):
    """Pass the logits through, and carry the run's facts in the saved file.

    A layer's configuration survives every way of saving a Keras model.

    Parameters
    ----------
    tasks
        Task names, in the order of the outputs.
    recipe
        Recipe, as ``Recipe.to_dict()`` returns it.
    fingerprint
        Fingerprint of the training data.
    scores
        Validation metrics and history, as plain JSON values.
    problem, classes
        Name of the problem, and names of its classes.
    layers
        Layer table, as ``LayerTable.to_config()`` returns it; empty in files of earlier versions.
    inputs
        Shape of each input without the batch, by name.
    version
        Version of chromkeras that trained the model; empty in files of earlier versions.

    Notes
    -----
    Input and output have the same shape.
    """

    attribution_rule = "identity"

    def __init__(
        self,
        tasks: Sequence[str],
        *,
        recipe: dict[str, Any] | None = None,
        fingerprint: str = "",
        scores: dict[str, Any] | None = None,
        problem: str = "binary",
        classes: Sequence[str] = (),
        layers: dict[str, Any] | None = None,
        inputs: Mapping[str, Sequence[int]] | None = None,
        version: str = "",
        **kwargs: Any,
    ) -> None:
        # logits stay float32 whatever the precision of the layers before
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.tasks, self.recipe = tuple(tasks), dict(recipe or {})
        self.fingerprint, self.scores = fingerprint, dict(scores or {})
        self.problem, self.classes, self.layers = problem, tuple(classes), dict(layers or {})
        self.version = version
        self.inputs = {name: tuple(shape) for name, shape in (inputs or {}).items()}

    def call(self, inputs: Any) -> Any:
        """Return the inputs unchanged."""
        return inputs

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "tasks": list(self.tasks),
            "recipe": dict(self.recipe),
            "fingerprint": self.fingerprint,
            "scores": dict(self.scores),
            "problem": self.problem,
            "classes": list(self.classes),
            "layers": dict(self.layers),
            "inputs": {name: list(shape) for name, shape in self.inputs.items()},
            "version": self.version,
        }
