"""``chromkeras prepare``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from chromkeras.cli.options import comma_list, one_of
from chromkeras.cli.places import check_output_file
from chromkeras.errors import InputError
from chromkeras.registry import PROBLEMS

_PEAKS_ONLY = (
    "genome", "merge_distance", "weights", "center", "ignore_strand", "background", "exclude",
)  # fmt: skip
_SPLIT = ("valid", "test", "valid_fraction", "test_fraction", "seed")
_ARRAYS_ONLY = ("problem", "classes", "along_dna")
_FITS = {
    "peaks": (*_PEAKS_ONLY, *_SPLIT), "arrays": (*_ARRAYS_ONLY, *_SPLIT), "basset": ("repair",),
}  # fmt: skip


def command(
    out: Annotated[Path, typer.Option(help="Data set file to write (HDF5).")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="More peak files, so that --peaks may be followed by several."),
    ] = None,
    peaks: Annotated[
        list[Path] | None,
        typer.Option(
            help="Source 1: BED, narrowPeak or broadPeak files (.gz or not), one a cell type, or "
            "folders of them: --peaks DIR, --peaks *.bed.gz, or --peaks A --peaks B.",
            metavar="DIR|FILES",
        ),
    ] = None,
    genome: Annotated[
        Path | None, typer.Option(help="Genome of the peaks, FASTA, .gz or not.")
    ] = None,
    basset: Annotated[
        Path | None, typer.Option(help="Source 2: Basset's HDF5 file (train_in, train_out, …).")
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Unscramble the rows of a Basset file.")
    ] = False,
    arrays: Annotated[
        Path | None,
        typer.Option(
            help="Source 3: HDF5 or .npz with x and y, and where present known, tasks, classes, "
            "split, chrom, start (or start_…), kind, further inputs (inputs/NAME or x_NAME) and "
            "the row of a shared input (index/NAME). Its own split is kept unless one is asked "
            "for here."
        ),
    ] = None,
    problem: Annotated[
        str | None,
        typer.Option(
            help=f"What the labels of the arrays are: {one_of(PROBLEMS.names())}.",
            show_default="binary, or regression for real values",
        ),
    ] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option(help="Names of the classes 0, 1, … (repeat or comma list).", metavar="NAME"),
    ] = None,
    along_dna: Annotated[
        list[str] | None,
        typer.Option(
            help="Further input that runs along the DNA, one position a base, so that it is "
            "augmented with it (repeat or comma list).",
            metavar="NAME",
        ),
    ] = None,
    length: Annotated[
        int | None, typer.Option(help="Length of a row in bases.", show_default="600 for peaks")
    ] = None,
    merge_distance: Annotated[
        int | None,
        typer.Option(
            help="Overlap in bases above which windows are merged, Basset's rule.",
            show_default="200",
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            help="Weight of a merged midpoint: basset (1 + cell types) or tasks (cell types).",
            show_default="basset",
        ),
    ] = None,
    center: Annotated[
        str | None,
        typer.Option(
            help="Center of a row: midpoint, or summit (column 10 of narrowPeak).",
            show_default="midpoint",
        ),
    ] = None,
    ignore_strand: Annotated[
        bool,
        typer.Option(
            "--ignore-strand",
            help="Merge + and - peaks together; Basset keeps them apart. Sequences are always "
            "those of the forward strand.",
        ),
    ] = False,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            help="Cell type to leave out (repeat or comma list); background still keeps off it.",
            metavar="NAME",
        ),
    ] = None,
    background: Annotated[
        float | None,
        typer.Option(
            help="Number of GC-matched windows per element that touch no peak, labelled 0.",
            metavar="RATIO",
        ),
    ] = None,
    valid: Annotated[
        list[str] | None,
        typer.Option(
            help="Chromosome or region for validation, 0-based, end not included, such as chrIV "
            "or chrX:0-3,000,000 (repeat or comma list). Rows across its edge are dropped.",
            metavar="REGION",
        ),
    ] = None,
    test: Annotated[
        list[str] | None,
        typer.Option(help="Chromosome or region for testing, likewise.", metavar="REGION"),
    ] = None,
    valid_fraction: Annotated[
        float | None,
        typer.Option(
            help="Share drawn for validation where no region is given; overlapping rows stay "
            "together.",
            show_default="0.1",
        ),
    ] = None,
    test_fraction: Annotated[
        float | None, typer.Option(help="Share drawn for testing, likewise.", show_default="0.1")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Seed of the background and of the drawn splits.", show_default="0", min=0
        ),
    ] = None,
    drop_unknown: Annotated[
        bool, typer.Option("--drop-unknown", help="Leave out rows that are nothing but N.")
    ] = False,
) -> None:
    """Make a data set: from peaks and a genome, from Basset's HDF5, or from plain arrays."""
    given = {
        name: value
        for name, value in locals().items()
        if not (value is None or value is False or value == [])
    }
    source = _source(given)
    check_output_file(out, inputs=(genome, basset, arrays, *(peaks or ()), *(files or ())))
    from chromkeras.data.hdf5 import save_dataset
    from chromkeras.importers.summary import summary

    prepared = _prepare(source, given)
    save_dataset(prepared.dataset, out)
    print(summary(prepared))
    print(f"\nwrote {out}")


def _source(given: dict[str, Any]) -> str:
    """Return the one source asked for, after checking that every other option goes with it."""
    if "files" in given and "peaks" not in given:
        raise InputError(f"unexpected {given['files'][0]}; put --peaks before peak files")
    sources = [name for name in _FITS if name in given]
    if len(sources) != 1:
        received = " and ".join(f"--{name}" for name in sources) or "none"
        raise InputError(f"expected one of --peaks, --arrays and --basset, received {received}")
    source = sources[0]
    special = {name for names in _FITS.values() for name in names}
    for name in given:
        if name in special and name not in _FITS[source]:
            raise InputError(f"--{name.replace('_', '-')} does not go with --{source}")
    for part in ("valid", "test"):
        if part in given and f"{part}_fraction" in given:
            raise InputError(f"expected --{part} or --{part}-fraction, received both")
    if source == "peaks" and "genome" not in given:
        raise InputError("--peaks needs --genome GENOME.fa[.gz]")
    return source


def _prepare(source: str, given: dict[str, Any]) -> Any:
    common = _chosen(given, "length", "drop_unknown")
    if source == "basset":
        from chromkeras.importers.basset_hdf5 import prepare_basset

        return prepare_basset(given["basset"], **common, **_chosen(given, "repair"))
    plan = _plan(given)
    if source == "arrays":
        from chromkeras.importers.arrays import prepare_arrays

        asked = any(name in given for name in _SPLIT)
        special = _chosen(given, "problem")
        special |= {n: comma_list(given[n]) for n in ("classes", "along_dna") if n in given}
        return prepare_arrays(given["arrays"], plan if asked else None, **common, **special)
    from chromkeras.importers.from_peaks import PeakOptions, prepare_peaks

    special = _chosen(given, *_PEAKS_ONLY[1:], "seed")
    if "exclude" in special:
        special["exclude"] = comma_list(special["exclude"])
    paths = [*given["peaks"], *given.get("files", [])]
    return prepare_peaks(paths, given["genome"], plan, PeakOptions(**common, **special))


def _plan(given: dict[str, Any]) -> Any:
    from chromkeras.data.splits import SplitPlan, parse_regions

    return SplitPlan(
        valid=parse_regions(given.get("valid", ())),
        test=parse_regions(given.get("test", ())),
        **_chosen(given, "valid_fraction", "test_fraction", "seed"),
    )


def _chosen(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}
