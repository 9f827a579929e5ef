"""Gradients of a model's outputs with respect to one of its inputs.

Simonyan et al. 2013 (arXiv:1312.6034).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chrominterpret.methods.base.explained import ExplainedModel
from chrominterpret.methods.base.functions import as_function
from chrominterpret.methods.base.gradients import GradientMethod


@dataclass(frozen=True, kw_only=True, eq=False)
class Gradient(GradientMethod):
    """Gradient of each target at each base, or at each number of another input.

    Returns
    -------
    Attribution
        ``attributions`` and ``multipliers`` hold the gradient, at all four bases.

    Raises
    ------
    InputError
        If an option does not fit the model.
    """

    name = "gradient"

    def scores(self, explained: ExplainedModel, values: np.ndarray) -> dict[str, Any]:
        """Return the gradient itself."""
        return {"attributions": values}


METHOD = Gradient
gradient = as_function(Gradient)
