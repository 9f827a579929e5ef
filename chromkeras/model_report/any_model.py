"""Interpretation of sequences alone, by any Keras model: `chrominterpret.explain` from files."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chrominterpret.files import FASTA_ENDINGS, is_fasta
from chrominterpret.report.choose import spread_out
from chrominterpret.report.explain import explain
from chromkeras.data.dataset import Dataset
from chromkeras.data.tables import feed
from chromkeras.errors import InputError
from chromkeras.evaluation.predict import input_names
from chromkeras.model_file.foreign import Head, as_head, has_card, load_foreign, read_sidecar
from chromkeras.model_file.open_model import open_model
from chromkeras.model_report.explained import explained_network
from chromkeras.model_report.network_inputs import DNA
from chromkeras.model_report.options import InterpretOptions
from chromkeras.model_report.row_names import has_places, places_of
from chromkeras.scoring.contrasts import choose_targets

MOST_ROWS = 5000  # of a data set; those that are looked at are chosen among them
OF_CARDS = {"level": "", "truth": False, "targets": None}
"""Options that need labels or a model that chromkeras trained, with their values for none."""


@dataclass(frozen=True)
class _Network:
    """A network to explain: which of its outputs, and what they are called."""

    network: Any
    names: tuple[str, ...] | None
    head: Head = None
    chosen: tuple[str, ...] = ()


def interpret_any(
    model: str | os.PathLike[str],
    data: Dataset | str | os.PathLike[str],
    out: str | os.PathLike[str],
    options: InterpretOptions,
) -> dict[str, Any]:
    """Explain a model on the sequences of a data set or a FASTA file, without labels.

    Parameters
    ----------
    model
        Any Keras file; one with a run card names its tasks itself.
    data
        Data set, whose rows of the split are taken, or path of a FASTA file.
    out
        Folder to write, whole or not at all.
    options
        Options of `interpret`, but for those that need labels. Of a model without a run card
        ``tasks`` name its outputs, in order, or choose among those that MODEL.toml names.

    Raises
    ------
    InputError
        The model, the data or an option does not fit; then nothing is written.
    """
    for name, nothing in OF_CARDS.items():
        if getattr(options, name) != nothing:
            raise InputError(
                f"`{name}`: expected none without labels and a run card, received "
                f"{getattr(options, name)}"
            )
    if options.reference_kind == "genomic":
        raise InputError("`reference_kind`: expected another than genomic, which needs labels")
    found = _opened(model, options)
    x, coordinates = _sequences(found.network, data, options.split)
    return explain(
        found.network,
        x,
        out=out,
        task_names=found.names,
        targets=_targets(found, options),
        head=found.head,
        wrt=DNA if isinstance(x, Mapping) and DNA in x else None,
        motifs=options.motifs,
        coordinates=coordinates,
        methods=options.methods,
        references=None if options.reference_kind == "shuffle" else options.reference_kind,
        n_references=options.references,
        sequences=options.sequences,
        scan=options.scan,
        modisco=options.modisco,
        rule=options.rule,
        title=Path(model).name,
        seed=options.seed,
    )


def _opened(model: str | os.PathLike[str], options: InterpretOptions) -> _Network:
    if has_card(model):
        if options.head is not None:
            raise InputError(f"`head`: expected none, as {model} has a run card")
        opened = open_model(model)
        return _Network(explained_network(opened.network), opened.tasks, chosen=options.tasks)
    beside = read_sidecar(model)
    head = as_head(beside.head if options.head is None else options.head)
    if beside.tasks:
        return _Network(load_foreign(model), beside.tasks, head, options.tasks)
    return _Network(load_foreign(model), options.tasks or None, head)


def _targets(found: _Network, options: InterpretOptions) -> Any:
    """Return tasks and contrasts as `explain` takes them; None for all outputs."""
    if not options.contrasts and not found.chosen:
        return None
    targets = choose_targets(found.chosen, options.contrasts, found.names or ())
    return {target.name: target.weights for target in targets}


def _sequences(network: Any, data: Any, split: str) -> tuple[Any, Any]:
    """Return what the model reads, and where it lies if that is known."""
    if isinstance(data, str | os.PathLike):
        if not is_fasta(data):
            raise InputError(f"expected a FASTA file ({', '.join(FASTA_ENDINGS)}), received {data}")
        return Path(data), None
    rows = data.rows(split)
    if not len(rows):
        raise InputError(f"the {split} split has no rows; choose another `split`")
    rows = rows[spread_out(len(rows), MOST_ROWS)]
    names = _input_names(network, data)
    places = list(zip(*places_of(data, rows), strict=True)) if has_places(data) else None
    return feed(names, data.batch(rows, names)), places


def _input_names(network: Any, data: Dataset) -> tuple[str, ...]:
    """Return the inputs to give; `explain` brings DNA alone into the shape that a model takes."""
    names = [tensor.name for tensor in network.inputs]
    if len(names) == 1 and names[0] not in data.inputs and DNA in data.inputs:
        return (DNA,)
    return input_names(network, data)
