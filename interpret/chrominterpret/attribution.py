"""The result of an attribution method, and its file."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from chrominterpret.atomic import replacing


@dataclass(frozen=True, eq=False)
class Attribution:
    """Attributions of K targets on N sequences of length L.

    Attributes
    ----------
    method
        Name of the method.
    target_names
        K names.
    output
        ``"logit"`` if a final sigmoid or softmax of the model was left out, else ``"as is"``.
    attributions
        float32 (K, N, L, 4), the contribution of each observed base; zero at the other bases.
        For the method "gradient", the gradient at every base.
    prediction
        float32 (K, N), the targets' values.
    hypothetical
        float32 (K, N, L, 4) or None: what each base would contribute if it were the observed one.
    multipliers
        float32 (K, N, L, 4) or None: gradient, or DeepLIFT multiplier averaged over references.
    delta
        float32 (K, N, R) or None: sum of a reference's contributions minus the difference of
        outputs, which is 0 up to rounding if the method's completeness holds.
    relative_delta
        float32 (K, N, R) or None: absolute delta over the absolute difference of outputs, the
        latter at least 10 % of the sequence's largest, 1 % of the larger output, and 1e-6.
    reference_kind
        How the references were made, or None.
    n_references
        R, or 0.
    seed
        Seed of random references, or None.
    reference_codes
        uint8 (N, R, L), the dinucleotide shuffles: 0-3 for ACGT, 4 for an all-zero column. None for
        other references, or where the array would be large (make them again from the seed).
    warnings
        What a reader should know before trusting the numbers.
    """

    method: str
    target_names: tuple[str, ...]
    output: str
    attributions: np.ndarray
    prediction: np.ndarray
    hypothetical: np.ndarray | None = None
    multipliers: np.ndarray | None = None
    delta: np.ndarray | None = None
    relative_delta: np.ndarray | None = None
    reference_kind: str | None = None
    n_references: int = 0
    seed: int | None = None
    reference_codes: np.ndarray | None = None
    warnings: tuple[str, ...] = ()

    def save(self, path: str | Path) -> None:
        """Write everything to an .npz file, whole or not at all."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        arrays: dict[str, Any] = {
            name: v for name, v in values.items() if isinstance(v, np.ndarray)
        }
        texts = {name: v for name, v in values.items() if name not in arrays}
        arrays["description"] = np.array(json.dumps(texts))
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> "Attribution":
        """Read a file that `save` wrote.

        Raises
        ------
        ValueError
            If the file is something else.
        """
        with np.load(path) as file:
            arrays = dict(file)
        known = {field.name for field in fields(cls)}
        if "description" not in arrays:
            raise ValueError(f"expected a saved Attribution, received {path}")
        texts = json.loads(str(arrays.pop("description")))
        unknown = (set(texts) | set(arrays)) - known
        if unknown:
            raise ValueError(f"expected a saved Attribution, received fields {sorted(unknown)}")
        for name in ("target_names", "warnings"):
            texts[name] = tuple(texts[name])
        return cls(**texts, **arrays)
