"""The result of an attribution method, and its file."""

import json
import struct
import tokenize
import zlib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import numpy as np

from chrominterpret.errors import InputError
from chrominterpret.files import replacing

HDF5_ENDINGS = (".h5", ".hdf5")

# What NumPy and Python raise at a damaged .npz file.
DAMAGE = (
    ValueError, OSError, EOFError, RuntimeError, SyntaxError, TypeError, OverflowError, BadZipFile,
    struct.error, tokenize.TokenError, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Attribution:
    """Attributions of K targets on N sequences of length L, or on N rows of another input.

    Where the attributed input is not one-hot DNA but numbers of shape (N, ...), read (K, N, ...)
    for (K, N, L, 4), and "number" for "base".

    Attributes
    ----------
    method
        Name of the method.
    target_names
        Names of the K targets.
    output
        Kind of output: ``"logit"`` if a final sigmoid or softmax of the model was left out, else
        ``"as is"``.
    attributions
        float32 (K, N, L, 4), the contribution of each observed base; zero at the other bases, and
        at all four of an N, which is a column of four equal numbers.
        For the method "gradient", and where asked for "smooth_grad", the gradient at every base.
    prediction
        float32 (K, N), the targets' values.
    hypothetical
        float32 (K, N, L, 4) or None: what each base would contribute if it were the observed one.
        None for numbers other than DNA.
    multipliers
        float32 (K, N, L, 4) or None: gradient, its average over points, or DeepLIFT multiplier;
        averaged over references.
    delta
        float32 (K, N, D) or None: sum of attributions, before a gradient correction, minus the
        difference of outputs, which is 0 up to rounding if the method's completeness holds; D = R,
        one a reference, or D = 1 where completeness holds for the average over references only.
    relative_delta
        float32 (K, N, D) or None: absolute delta over the absolute difference of outputs, the
        latter at least 10 % of the sequence's largest, 1 % of the larger output, and 1e-6.
    reference_kind
        Name of the kind of references, or None.
    n_references
        Number R of references of a sequence, or 0.
    seed
        Seed of random references, points or noise, or None.
    reference_codes
        uint8 (N, R, L), the dinucleotide shuffles: 0-3 for ACGT, 4 for an N. None for
        other references, or where the array would be large (make them again from the seed).
    references
        float32 (1, R, L, 4), where all sequences share them, or (N, R, L, 4): references other than
        shuffles. Where references are drawn, those drawn from. None for shuffles, or where the
        array would be large.
    warnings
        Sentences that a reader should know before trusting the numbers.
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
    references: np.ndarray | None = None
    warnings: tuple[str, ...] = ()

    def save(self, path: str | Path) -> None:
        """Write everything to a file, whole or not at all.

        A path that ends in ``.h5`` or ``.hdf5`` becomes an HDF5 file with a data set an array,
        compressed, and the other fields as JSON in the attribute ``description``; any other a
        NumPy .npz file of the same names.
        """
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        arrays: dict[str, Any] = {
            name: v for name, v in values.items() if isinstance(v, np.ndarray)
        }
        texts = {name: v for name, v in values.items() if name not in arrays}
        write = _write_hdf5 if _is_hdf5(path) else _write_npz
        with replacing(path) as temporary:
            write(temporary, arrays, json.dumps(texts))

    @classmethod
    def load(cls, path: str | Path) -> "Attribution":
        """Read a file that `save` wrote, of either kind.

        Raises
        ------
        InputError
            If the file is something else.
        """
        arrays, description = (_read_hdf5 if _is_hdf5(path) else _read_npz)(path)
        texts = _parsed(description)
        every = {field.name for field in fields(cls)}
        needed = {field.name for field in fields(cls) if field.default is MISSING}
        received = set(texts) | set(arrays)
        of_arrays = {field.name for field in fields(cls) if "ndarray" in str(field.type)}
        if received - every or needed - received or not set(arrays) <= of_arrays:
            raise InputError(
                f"expected a saved Attribution, received {path} with fields {sorted(received)}"
            )
        for name in ("target_names", "warnings"):
            value = texts.get(name, ())
            if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
                raise InputError(f"{path}, {name}: expected a list of texts, received other values")
            texts[name] = tuple(value)
        cls._check_shapes(path, texts["target_names"], arrays)
        return cls(**texts, **arrays)

    @staticmethod
    def _check_shapes(
        path: str | Path, targets: tuple[str, ...], arrays: dict[str, np.ndarray]
    ) -> None:
        """Raise ``InputError`` unless the main arrays fit each other and the targets."""
        shape = arrays["prediction"].shape
        if len(shape) != 2 or shape[0] != len(targets) or arrays["attributions"].shape[:2] != shape:
            raise InputError(
                f"{path}: expected attributions (K, N, ...) and a prediction (K, N) of "
                f"{len(targets)} targets, received {arrays['attributions'].shape} and {shape}"
            )


def _parsed(description: Any) -> dict[str, Any]:
    """Return the fields that a file holds as JSON, none where there is something else."""
    try:
        texts = json.loads(str(description))
    except (ValueError, RecursionError):
        return {}
    return texts if isinstance(texts, dict) else {}


def _is_hdf5(path: str | Path) -> bool:
    return Path(path).suffix.lower() in HDF5_ENDINGS


def _write_npz(path: Path, arrays: dict[str, Any], description: str) -> None:
    with path.open("wb") as file:
        np.savez(file, **arrays, description=np.array(description))


def _read_npz(path: str | Path) -> tuple[dict[str, Any], Any]:
    with Path(path).open("rb") as opened:
        if not is_zipfile(opened):
            raise InputError(f"expected a saved Attribution, received {path}, no .npz file")
        opened.seek(0)
        try:
            arrays = dict(np.load(opened))
        except DAMAGE as error:  # or with objects in it
            raise InputError(f"expected a saved Attribution, received {path}: {error}") from error
    return arrays, arrays.pop("description", None)


def _write_hdf5(path: Path, arrays: dict[str, Any], description: str) -> None:
    from chrominterpret.hdf5 import write_hdf5

    with write_hdf5(path) as file:
        file.attrs["description"] = description
        for name, array in arrays.items():
            options = {"compression": "gzip", "compression_opts": 1} if array.size else {}
            file.create_dataset(name, data=array, **options)


def _read_hdf5(path: str | Path) -> tuple[dict[str, Any], Any]:
    from chrominterpret.hdf5 import datasets, read_hdf5

    with read_hdf5(path) as file:
        arrays = {name: np.asarray(item[()]) for name, item in datasets(file)}
        return arrays, file.attrs.get("description")
