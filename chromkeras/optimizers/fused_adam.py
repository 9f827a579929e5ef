"""Adam in one pass over the memory of each weight."""

from typing import Any

import keras

from chromkeras.backend.operations import apply_adam
from chromkeras.optimizers.accumulation import Accumulation


@keras.saving.register_keras_serializable(package="chromkeras")
class FusedAdam(Accumulation, keras.optimizers.Adam):
    """``keras.optimizers.Adam``, with one fused update where the backend has one.

    Takes the same arguments and gives the same weights up to rounding. JAX fuses Keras's own
    update when it compiles a step.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable."""
        index = self._get_variable_index(variable)
        done = not self.amsgrad and apply_adam(
            variable,
            self._momentums[index],
            self._velocities[index],
            gradient,
            step=self.iterations + 1,
            adam=self,
            rate=learning_rate,
        )
        if not done:
            super().update_step(gradient, variable, learning_rate)
