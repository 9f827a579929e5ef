"""``chromkeras interpret``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chrominterpret.files import is_fasta
from chromkeras.cli import interpret_options as given
from chromkeras.cli.options import (
    DataOfModel,
    EverySeed,
    Head,
    Model,
    Motifs,
    Part,
    Split,
    comma_list,
)
from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_folder
from chromkeras.cli.written import folder_outcome
from chromkeras.errors import InputError
from chromkeras.model_report.choices import DEFAULT_METHODS
from chromkeras.names import printable
from chromkeras.scoring.parts import parse_part


def command(
    model: Model,
    data: DataOfModel = None,
    out: given.Out = None,
    tasks: given.Tasks = None,
    contrasts: given.Contrasts = None,
    split: Split = "valid",
    level: given.Level = "",
    sequences: given.Sequences = 48,
    scan: given.Scan = 1000,
    methods: given.Methods = None,
    references: given.References = 20,
    reference_kind: given.Kind = "shuffle",
    modisco: given.Modisco = 500,
    truth: given.Truth = False,
    motifs: Motifs = "jaspar",
    rule: given.Rule = "threshold",
    pairs: given.Pairs = 250_000,
    targets: given.Targets = None,
    seed: EverySeed = 0,
    head: Head = None,
    part: Part = "1/1",
) -> Outcome:
    """Say what a model reads: attributions, filters, motifs.

    Sequences are attributed, filters become motifs, TomTom finds known motifs, TF-MoDISco patterns.
    Other inputs are attributed too, and it is said which of them predictions rest on. A Keras model
    of anybody's is explained on sequences alone, as is any model on a FASTA file.
    """
    own = parse_part(part)
    ending = "" if own.count == 1 else f"_part{own.number}"
    folder = out or model.parent / f"{model.stem}_interpretation{ending}"
    check_output_folder(folder)
    options: dict[str, Any] = {
        "tasks": comma_list(tasks),
        "contrasts": tuple(contrasts or ()),
        "methods": comma_list(methods) or DEFAULT_METHODS,
        "modisco": modisco,
        "truth": truth,
        "split": split,
        "level": level,
        "pairs": pairs,
        "targets": None if targets is None else str(targets),
        "sequences": sequences,
        "scan": scan,
        "references": references,
        "reference_kind": reference_kind,
        "motifs": motifs,
        "rule": rule,
        "seed": seed,
        "head": head,
    }
    from chromkeras.model_file.foreign import has_card

    ours = has_card(model) and not is_fasta(data)
    if own.count > 1 and not ours:
        raise InputError("--part: expected a model with a run card, and a data set")
    if ours:
        sequences_of, data = _checked(model, data, options, targets)
    else:
        sequences_of = _given(data)
    from chromkeras.backend.quiet import import_keras

    import_keras()  # only now, as it takes seconds and all that is wrong above takes none
    from chromkeras.model_report.interpret import InterpretOptions, interpret

    summary = interpret(
        model, sequences_of, folder, InterpretOptions(**options), part=part, data_path=data
    )
    if own.count > 1:
        first, after = summary["rows"]
        chosen = len(summary["chosen"]["attributed"])
        text = f"attributed {after - first} of {chosen} rows, part {own}\nwrote {folder}"
        return Outcome({"out": folder, "part": part, "rows": summary["rows"]}, text)
    return folder_outcome(summary, "\n".join(_lines(summary)), folder, given.SHOWS)


def _given(data: Path | None) -> Any:
    """Return the sequences for a model that says nothing of its data."""
    from chromkeras.cli.open_data import open_data

    if data is None:
        raise InputError("expected --data, sequences for a model without a run card; received none")
    return data if is_fasta(data) else open_data(data)


def _checked(
    model: Path, data: Path | None, options: dict[str, Any], targets: Path | None
) -> tuple[Any, Path | None]:
    """Return the data set of a model of ours and its file; what is wrong is said at once."""
    from chromkeras.model_file.card import read_card, require_one_network

    card = read_card(model)
    require_one_network(model, card)
    known = tuple(card.tasks)
    from chromkeras.cli.data_beside import find_data
    from chromkeras.cli.open_data import note_other_data, open_data
    from chromkeras.evaluation.evaluate import check_rows, match_tasks
    from chromkeras.model_report.choose import split_rows
    from chromkeras.model_report.known_targets import check_targets, read_targets
    from chromkeras.model_report.row_names import gene_names
    from chromkeras.scoring.contrasts import choose_targets

    known_targets = None if targets is None else read_targets(targets)
    choose_targets(options["tasks"], options["contrasts"], known)  # wrong ones, said at once
    data = find_data(data, {model: known})
    dataset = open_data(data)
    matched = match_tasks(dataset, known)
    check_rows(matched, options["split"])
    split_rows(matched, options["split"], options["level"])
    if known_targets is not None:
        check_targets(known_targets, gene_names(matched))
    note_other_data(card.fingerprint, dataset, matched)
    return dataset, data


def _lines(summary: dict[str, Any]) -> Iterator[str]:
    from chrominterpret.report.filter_reading import LEFT_OUT

    yield f"attributed {summary['attributed sequences']} rows"
    for method, facts in summary["attributions"].items():
        if (delta := facts.get("relative convergence delta, largest")) is not None:
            yield f"largest relative convergence delta of {method}: {delta:.1e}"
    for task, facts in summary.get("patterns", {}).items():
        yield f"TF-MoDISco patterns of {printable(task)}: {facts['patterns']}"
    for name, value in summary.get("filters", {}).items():
        if name == LEFT_OUT:
            continue  # some forty names, on the page
        yield f"{name}: {value:.3g}" if isinstance(value, float) else f"{name}: {value}"
    for name, facts in summary.get("inputs", {}).items():
        yield from _input_lines(name, facts)


def _input_lines(name: str, facts: dict[str, Any]) -> Iterator[str]:
    for target, first in facts.get("first ten", {}).items():
        scored = f"{facts['rows scored']:,} rows"
        yield f"first {name} of {printable(target)}, {scored}: {printable(', '.join(first))}"
    for target, shares in facts.get("share of sum of |score|", {}).items():
        said = ", ".join(f"{each} {share:.1%}" for each, share in shares.items())
        yield f"predictions of {printable(target)} rest on {said}"
    if name == "targets":
        for counts in facts.values():
            yield "known targets: " + ", ".join(f"{what} {n:,}" for what, n in counts.items())
