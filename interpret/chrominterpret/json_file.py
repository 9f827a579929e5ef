"""Results as JSON: plain values, written whole or not at all."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from chrominterpret.files import replacing


def plain(value: Any) -> Any:
    """Return a value as JSON has it.

    NaN and infinity become None, NumPy's arrays and numbers Python's, paths texts, and dataclasses
    what their ``to_json`` returns, or else mappings of their fields.

    Examples
    --------
    >>> import numpy as np
    >>> plain({"auroc": np.array([0.5, np.nan]), "model": Path("hard.keras")})
    {'auroc': [0.5, None], 'model': 'hard.keras'}
    """
    if is_dataclass(value):
        if hasattr(value, "to_json"):
            return plain(value.to_json())
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if getattr(value, "ndim", 0):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Path):
        return str(value)
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and not math.isfinite(number) else number


def write_json(path: str | os.PathLike[str], values: Any) -> None:
    """Write values as JSON; the file appears whole or not.

    Parameters
    ----------
    path
        File to write.
    values
        Plain values as `plain` returns them: JSON has no NaN and no infinity.
    """
    text = json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False)
    with replacing(Path(path)) as beside:
        beside.write_text(text + "\n", encoding="utf-8")
