"""``chromkeras simulate``."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chromkeras.cli import completion
from chromkeras.cli.options import comma_list, described
from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_file
from chromkeras.errors import InputError
from chromkeras.names import unknown
from chromkeras.registry import GRAMMARS

if TYPE_CHECKING:
    from chromkeras.data.dataset import Dataset

# what stands behind the colon in the first line of each
_RULES = {name: GRAMMARS.summary(name).partition(": ")[2] for name in GRAMMARS.names()}
_OWN = "the grammar's own"
_KINDS = {
    "accessibility": "sequences that are open or closed in cell types",
    "expression": "genes whose expression depends on DNA and histone marks",
    "binding": "sites that factors bind where chromatin is open",
}
# options that every kind has
_SAME = ("length", "source", "span", "gc", "seed", "valid_fraction", "test_fraction")
# options of accessibility alone, and the values that they have where they are not given
_ACCESSIBILITY: dict[str, Any] = {
    "grammar": "presence", "spacing": None, "motifs_per_task": 2, "positive_rate": 0.4,
    "copies": None, "label_noise": None, "background_fraction": 0.25,
}  # fmt: skip


def command(
    out: Annotated[Path, typer.Option(help="Data set file to write (HDF5).")],
    kind: Annotated[
        str,
        typer.Option(
            help=f"What is simulated: {described(_KINDS)}.",
            autocompletion=completion.one(_KINDS.keys),
        ),
    ] = "accessibility",
    grammar: Annotated[
        str,
        typer.Option(
            help=f"Rule that opens a row: {described(_RULES)}.",
            autocompletion=completion.one(GRAMMARS.names),
        ),
    ] = "presence",
    spacing: Annotated[
        str | None,
        typer.Option(
            help="Bases between the motifs of a pair, in a grammar with a spacing: one number, or "
            "LEAST-MOST.",
            show_default=_OWN,
        ),
    ] = None,
    tasks: Annotated[int, typer.Option(help="Number of cell types.")] = 4,
    sequences: Annotated[int, typer.Option(help="Number of rows.")] = 5000,
    length: Annotated[int, typer.Option(help="Length of a row in bases.")] = 600,
    source: Annotated[
        str, typer.Option(help="Motifs: jaspar:GROUP (such as nematodes) or a motif file.")
    ] = "jaspar:nematodes",
    motifs: Annotated[
        list[str] | None,
        typer.Option(
            help="Motif to plant, by identifier or factor (repeat or comma list).",
            show_default="strong ones, three per two tasks",
            metavar="NAME",
        ),
    ] = None,
    motifs_per_task: Annotated[
        int, typer.Option(help="Number of motifs that open one cell type.")
    ] = 2,
    positive_rate: Annotated[
        float, typer.Option(help="Probability that an element is open in a cell type.")
    ] = 0.4,
    copies: Annotated[
        str | None,
        typer.Option(
            help="Instances of a motif where it is present or dense (or of a pair with a "
            "spacing), fewest-most.",
            show_default=_OWN,
        ),
    ] = None,
    span: Annotated[
        int | None,
        typer.Option(
            help="Bases in the middle that take the instances.",
            show_default=f"{_OWN}, or the length if that is less",
        ),
    ] = None,
    label_noise: Annotated[
        str | None,
        typer.Option(
            help="Probability that an element's label is wrong: one for all tasks, or FIRST-LAST.",
            show_default="0",
        ),
    ] = None,
    background_fraction: Annotated[
        float, typer.Option(help="Share of rows with shuffled instances, open nowhere.")
    ] = 0.25,
    gc: Annotated[
        float | None,
        typer.Option(
            help="GC content of independent bases.",
            show_default="a Markov chain of the worm genome",
        ),
    ] = None,
    valid_fraction: Annotated[float, typer.Option(help="Share drawn for validation.")] = 0.1,
    test_fraction: Annotated[float, typer.Option(help="Share drawn for testing.")] = 0.1,
    dna_share: Annotated[
        float | None,
        typer.Option(
            help="Share of the variance of expression that is due to DNA.", show_default="0.4"
        ),
    ] = None,
    noise_share: Annotated[
        float | None,
        typer.Option(
            help="Share of the variance of expression that is noise; the rest is due to histone "
            "marks.",
            show_default="0.2",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same data set.")] = 0,
) -> Outcome:
    """Simulate a data set: random sequences with real motifs.

    The places of the planted motifs are kept in the data set. Of expression, --sequences is the
    number of genes and --tasks that of cell types; --motifs are one that raises expression, one
    that lowers it and one that means nothing. Of binding, --tasks is the number of factors, and
    --motifs are one for each.
    """
    if kind not in _KINDS:
        raise unknown("kind of simulation", kind, tuple(_KINDS))
    given = locals()
    if kind != "expression":
        for name in ("dna_share", "noise_share"):
            if given[name] is not None:
                raise InputError(f"`{name}`: expected it with `kind` expression only")
    if kind != "accessibility":
        for name, default in _ACCESSIBILITY.items():
            if given[name] != default:
                raise InputError(f"`{name}`: expected it with `kind` accessibility only")
        check_output_file(out)
        return (_expression if kind == "expression" else _binding)(out, given)
    from chromkeras.importers.grammars.registry import with_defaults

    settings = with_defaults(
        grammar,
        spacing=None if spacing is None else _range("spacing", spacing, "5-15 or 10"),
        tasks=tasks,
        sequences=sequences,
        length=length,
        source=source,
        motifs=comma_list(motifs),
        motifs_per_task=motifs_per_task,
        positive_rate=positive_rate,
        copies=None if copies is None else _range("copies", copies, "3-5 or 4"),
        span=span,
        label_noise=None if label_noise is None else _noise(label_noise),
        background_fraction=background_fraction,
        gc=gc,
        valid_fraction=valid_fraction,
        test_fraction=test_fraction,
        seed=seed,
    )
    check_output_file(out)
    from chromkeras.importers.simulate import describe, simulate

    dataset = simulate(settings)
    return _written(dataset, describe(dataset), out)


def _expression(out: Path, given: dict[str, Any]) -> Outcome:
    """Simulate expression from the options that were given."""
    from chromkeras.importers.simulate_expression import (
        ExpressionSimulation,
        describe_expression,
        simulate_expression,
    )

    settings = ExpressionSimulation(
        genes=given["sequences"],
        cells=given["tasks"],
        motifs=comma_list(given["motifs"]),
        **_given(given, *_SAME, "dna_share", "noise_share"),
    )
    return _written(simulate_expression(settings), describe_expression(settings), out)


def _binding(out: Path, given: dict[str, Any]) -> Outcome:
    """Simulate binding from the options that were given."""
    from chromkeras.importers.simulate_binding import (
        BindingSimulation,
        describe_binding,
        simulate_binding,
    )

    settings = BindingSimulation(
        factors=given["tasks"],
        sequences=given["sequences"],
        motifs=comma_list(given["motifs"]),
        **_given(given, *_SAME),
    )
    dataset = simulate_binding(settings)
    return _written(dataset, describe_binding(settings, dataset), out)


def _given(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if given[name] is not None}


def _written(dataset: "Dataset", notes: list[str], out: Path) -> Outcome:
    from chromkeras.data.hdf5 import save_dataset
    from chromkeras.importers.assemble import Prepared
    from chromkeras.importers.summary import summary

    save_dataset(dataset, out)
    prepared = Prepared(dataset, notes=tuple(notes))
    return Outcome({"out": out, **prepared.to_json()}, f"{summary(prepared)}\n\nwrote {out}")


def _range(option: str, text: str, example: str) -> tuple[int, int]:
    first, last = _two(option, text, r"\d+", example)
    return int(first), int(last)


def _noise(text: str) -> tuple[float, float]:
    first, last = _two("label-noise", text, r"\d*\.?\d+", "0.05-0.1 or 0.05")
    return float(first), float(last)


def _two(option: str, text: str, number: str, example: str) -> tuple[str, str]:
    """Return both ends of a range, which are one where a single number is given."""
    match = re.fullmatch(f"({number})(?:-({number}))?", text)
    if match is None:
        raise InputError(f"expected --{option} such as {example}, received {text!r}")
    return match[1], match[2] or match[1]
