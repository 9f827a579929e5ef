"""Gradient × input: the gradient at the observed bases.

Shrikumar et al. 2016 (arXiv:1605.01713).
"""

from dataclasses import dataclass

from chrominterpret.methods.base.functions import as_function
from chrominterpret.methods.base.gradients import GradientMethod


@dataclass(frozen=True, kw_only=True, eq=False)
class GradientXInput(GradientMethod):
    """Gradient of each target at the observed bases, or times the numbers of another input.

    Returns
    -------
    Attribution
        ``multipliers``, and for one-hot input ``hypothetical``, hold the gradient.

    Raises
    ------
    InputError
        If an option does not fit the model.
    """

    name = "gradient_x_input"


METHOD = GradientXInput
gradient_x_input = as_function(GradientXInput)
