"""Methods whose multipliers are gradients with respect to the input."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.engine.backend import compile_gradient
from chrominterpret.engine.batches import batches, even, padded, target_groups
from chrominterpret.methods.base.explained import ExplainedModel
from chrominterpret.methods.base.method import CorrectedMethod


@dataclass(frozen=True, kw_only=True, eq=False)
class GradientMethod(CorrectedMethod):
    """A method that attributes gradient × input."""

    def run(self, explained: ExplainedModel) -> Attribution:
        """Attribute, the gradients corrected where that is asked for."""
        values, prediction = self.gradients(explained)
        values = self.corrected(values)
        scores = self.scores(explained, values)
        return self.result(explained, multipliers=values, prediction=prediction, **scores)

    def scores(self, explained: ExplainedModel, values: np.ndarray) -> dict[str, Any]:
        """Return the other fields of `Attribution`, from gradients (K, N, ...)."""
        hypothetical = values if explained.is_dna else None
        return {"attributions": values * explained.observed, "hypothetical": hypothetical}

    def gradients(self, explained: ExplainedModel) -> tuple[np.ndarray, np.ndarray]:
        """Return float32 gradients (K, N, ...) at the input and predictions (K, N)."""
        x, k = explained.x, len(explained.targets)
        compiled = compile_gradient(explained.function, explained.model.variables)
        gradients = np.empty((k, *x.shape), np.float32)
        prediction = np.empty((k, len(x)), np.float32)
        size = even(len(x), self.rows_at_once(explained))
        for rows in batches(len(x), size, self.progress):
            n = rows.stop - rows.start
            z, *context = (padded(array[rows], size) for array in (x, *explained.context))
            weights = explained.weights(rows, size)
            for which, outputs, _, found in target_groups(compiled, weights, z, *context):
                prediction[which, rows] = outputs[:, :n]
                gradients[which, rows] = found[:, :n]
        return gradients, prediction
