"""The part "layers": similarity of the hidden layers, beside random-weight controls."""

from typing import Any

import numpy as np

from chrominterpret.page.blocks import Block, Notes, Section
from chromkeras.comparison.core.comparison import Comparison
from chromkeras.comparison.core.controls import UNTRAINED, single_networks
from chromkeras.comparison.core.matrices import Matrix, matrix_grid
from chromkeras.comparison.core.part import PartResult, picture
from chromkeras.comparison.layers.similarity import LayerSimilarity, layer_similarities

ORDER = 30

_LEAD = (
    "The same sequences go through two models, and each layer of the one is compared with each "
    "layer of the other, for every task as that task sees them. Two seeds of one recipe show how "
    "alike layers can be, a random-weight control (an untrained copy) how alike they are without "
    "any learning."
)
_SAME = (
    "Layers of one name in two models, mean over the tasks. Linear CKA (unbiased, in minibatches) "
    "is 1 for layers equal up to rotation and scale and near 0 for unrelated ones. SVCCA is the "
    "mean canonical correlation of the directions that hold 99 % of the variance of the means over "
    "positions; it has no zero: the untrained rows show what chance gives."
)
_ALL = "Linear CKA of every layer with every other, for one model of each two recipes."
_TITLES = {"cka": "linear CKA", "svcca": "SVCCA"}


def compare_part(comparison: Comparison) -> PartResult:
    """Compare the layers of all pairs of models, and of each model with an untrained copy."""
    comparison, notes = single_networks(comparison)
    if len(comparison.models) < 2:
        return PartResult([Section("Hidden layers", [Notes(notes)])])
    inputs = comparison.elements(comparison.options.sequences)
    found = layer_similarities(comparison.models, inputs, seed=comparison.options.seed)
    rows = [row for each in found for row in _rows(each)]
    shown = [each for each in found if {each.first, each.second} in comparison.shown_pairs()]
    figures = {"layers.png": matrix_grid([_same(found, "cka"), _same(found, "svcca")])}
    blocks: list[Block] = [Notes(notes)] if notes else []
    blocks += [picture(figures["layers.png"], _SAME, "layers")]
    if shown:
        figures["layer_pairs.png"] = matrix_grid([_all_layers(each) for each in shown])
        blocks.append(picture(figures["layer_pairs.png"], _ALL, "layer_pairs"))
    facts = {
        f"{each.first} and {each.second}": {
            "kind": each.kind,
            "cka of the same layer": _diagonal(each, each.mean_cka),
            "svcca of the same layer": _diagonal(each, each.mean_svcca),
        }
        for each in found
    }
    section = Section("Hidden layers", blocks, _LEAD)
    return PartResult([section], {"layers": facts}, {"layers.tsv": rows}, figures)


def _rows(found: LayerSimilarity) -> list[dict[str, Any]]:
    return [
        {
            "first": found.first,
            "second": found.second,
            "kind": found.kind,
            "layer": layer,
            "other": other,
            "cka": found.mean_cka[i, j],
            "svcca": found.mean_svcca[i, j],
        }
        for i, layer in enumerate(found.layers[0])
        for j, other in enumerate(found.layers[1])
    ]


def _diagonal(found: LayerSimilarity, values: np.ndarray) -> dict[str, float]:
    first, second = found.layers
    return {name: values[i, second.index(name)] for i, name in enumerate(first) if name in second}


def _same(found: list[LayerSimilarity], what: str) -> Matrix:
    """Return pairs of models against the names of layers."""
    own = [_diagonal(each, getattr(each, f"mean_{what}")) for each in found]
    columns = list(dict.fromkeys(name for each in own for name in each))
    values = np.array([[each.get(name, np.nan) for name in columns] for each in own])
    return Matrix(_TITLES[what], values, [_pair(each) for each in found], columns)


def _pair(found: LayerSimilarity) -> str:
    if found.kind == UNTRAINED:
        return f"{found.first}, {UNTRAINED}"
    return f"{found.first}, {found.second}" + (", two seeds" if found.kind == "two seeds" else "")


def _all_layers(found: LayerSimilarity) -> Matrix:
    title = f"{found.first} (rows), {found.second}"
    return Matrix(title, found.mean_cka, found.layers[0], found.layers[1])
