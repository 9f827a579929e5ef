"""``chromkeras interpret``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from chromkeras.cli.options import Data
from chromkeras.cli.places import check_output_folder


def command(
    model: Annotated[Path, typer.Option(help="Model file from `train`.")],
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write.", show_default="MODEL_interpretation")
    ] = None,
    tasks: Annotated[
        list[str] | None,
        typer.Option(help="Task to attribute (repeat or comma list).", show_default="all"),
    ] = None,
    split: Annotated[
        str, typer.Option(help="Where sequences come from: train, valid, test, all.")
    ] = "valid",
    sequences: Annotated[
        int,
        typer.Option(
            help="Sequences to attribute: open in a task, and called so there more than elsewhere."
        ),
    ] = 48,
    scan: Annotated[int, typer.Option(help="Sequences for the filters to scan.")] = 1000,
    methods: Annotated[
        list[str] | None,
        typer.Option(
            help="Attribution method (repeat or comma list): deep_lift_shap, gradient, "
            "gradient_x_input, smooth_grad, integrated_gradients, expected_gradients, "
            "in_silico_mutagenesis, shap.",
            show_default="deep_lift_shap,gradient_x_input",
        ),
    ] = None,
    references: Annotated[
        int, typer.Option(help="Dinucleotide shuffles that each sequence is compared with.")
    ] = 20,
    modisco: Annotated[
        int,
        typer.Option(help="Most elements of each task that TF-MoDISco searches; 0 for none."),
    ] = 200,
    truth: Annotated[
        bool, typer.Option(help="Score it all by what `simulate` planted: truth.tsv.")
    ] = False,
    motifs: Annotated[
        str,
        typer.Option(
            help="Known motifs: jaspar, jaspar:GROUP[:RELEASE[:COLLECTION]], a MEME or JASPAR file."
        ),
    ] = "jaspar",
    rule: Annotated[
        str,
        typer.Option(
            help="Filter to motif: threshold (sites above half of the highest activation) or top "
            "(the 100 sequences that activate it most)."
        ),
    ] = "threshold",
    seed: Annotated[int, typer.Option(help="Of every random choice.", min=0)] = 0,
) -> None:
    """Say what a model reads: attributions of sequences, filters as motifs, their known matches."""
    folder = out or model.parent / f"{model.stem}_interpretation"
    check_output_folder(folder)
    from chromkeras.run_card_file import read_card

    known = tuple(read_card(model)["tasks"])
    from chromkeras.cli.open_data import open_data
    from chromkeras.evaluation import check_rows, match_tasks

    dataset = open_data(data)
    check_rows(match_tasks(dataset, known), split)
    from chromkeras.quiet import import_keras

    import_keras()  # only now, as it takes seconds and all that is wrong above takes none
    from chromkeras.interpretation.interpret import DEFAULT_METHODS, InterpretOptions, interpret

    options = InterpretOptions(
        tasks=_names(tasks),
        methods=_names(methods) or DEFAULT_METHODS,
        modisco=modisco,
        truth=truth,
        split=split,
        sequences=sequences,
        scan=scan,
        references=references,
        motifs=motifs,
        rule=rule,  # type: ignore[arg-type]  # checked by InterpretOptions
        seed=seed,
    )
    summary = interpret(model, dataset, folder, options)
    _report(summary, folder)


def _names(texts: list[str] | None) -> tuple[str, ...]:
    return tuple(name.strip() for text in texts or () for name in text.split(","))


def _report(summary: dict[str, Any], folder: Path) -> None:
    print(f"attributed {summary['attributed sequences']} sequences")
    for method, facts in summary["attributions"].items():
        if (delta := facts.get("relative convergence delta, largest")) is not None:
            print(f"largest relative convergence delta of {method}: {delta:.1e}")
    for task, facts in summary.get("patterns", {}).items():
        print(f"TF-MoDISco patterns of {task}: {facts['patterns']}")
    for name, value in summary["filters"].items():
        print(f"{name}: {value:.3g}" if isinstance(value, float) else f"{name}: {value}")
    made = sorted(f"{file.name}/" if file.is_dir() else file.name for file in folder.iterdir())
    print(f"wrote {folder}: {', '.join(made)}")
