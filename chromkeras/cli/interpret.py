"""``chromkeras interpret``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from chromkeras.cli.places import check_output_folder


def command(
    model: Annotated[Path, typer.Option(help="Model file from `train`.")],
    data: Annotated[
        Path | None, typer.Option(help="Data set from `prepare` or `simulate`; without it a demo.")
    ] = None,
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
    references: Annotated[
        int, typer.Option(help="Dinucleotide shuffles per sequence for DeepLIFT.")
    ] = 20,
    motifs: Annotated[
        str,
        typer.Option(help="Known motifs: jaspar, jaspar:GROUP[:RELEASE], a MEME or JASPAR file."),
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
    from chromkeras.interpretation.interpret import InterpretOptions, interpret

    options = InterpretOptions(
        tasks=tuple(name.strip() for text in tasks or () for name in text.split(",")),
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


def _report(summary: dict[str, Any], folder: Path) -> None:
    delta = summary["attributions"]["deep_lift_shap"]["relative convergence delta, largest"]
    print(f"attributed {summary['attributed sequences']} sequences")
    print(f"largest relative convergence delta of DeepLIFT: {delta:.1e}")
    for name, value in summary["filters"].items():
        print(f"{name}: {value:.3g}" if isinstance(value, float) else f"{name}: {value}")
    made = sorted(f"{file.name}/" if file.is_dir() else file.name for file in folder.iterdir())
    print(f"wrote {folder}: {', '.join(made)}")
