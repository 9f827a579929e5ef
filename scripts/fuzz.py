"""Change good files by their structure, read them, and count what is neither read nor refused.

Every format of the registry of import formats is a reader, and so are the other files that a person
may give: data sets, models, resume states, gradient logs, recipes, search spaces, FASTA, genomes,
VCF, BED, scores, motifs, attributions and the options that are read as text. A reader may return or
raise ``InputError`` or ``OSError``; anything else is printed with the seed that made it.

    python scripts/fuzz.py --count 1000 --seed 0
"""

import argparse
import gzip
import importlib.util
import json
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import h5py
import numpy as np

HERE = Path(__file__).resolve().parent
MUTATIONS = HERE.parent / "tests" / "chromkeras" / "model_file" / "mutations.py"
# What stands in a cell, a line or an attribute in the place of something sensible.
TOKENS = (
    "", "0", "-1", "1e400", "nan", "inf", "-inf", "1" * 400, "9223372036854775808", "0x1f", "1_000",
    "\u0663", "\ufeff", "\0", "\r", "\x1b[2J", "\u202e", "\udcff", "a" * 140_000, "[" * 3000, '"',
    "chr1", "chrI", ".", "A", "N" * 300, "*", "<DEL>", "1/0", "true", "-", "+", "=", "{}", "[]",
)  # fmt: skip
ODD_BYTES = (b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\n\n", b"\t", b"\x1f\x8b", b">")


@dataclass(frozen=True)
class Reader:
    """A reader of files, and a good file.

    Attributes
    ----------
    good
        The good file.
    read
        Reads a file of the same kind.
    """

    good: Path
    read: Callable[[Path], Any]


@dataclass
class Count:
    """What became of the files of one reader."""

    files: int = 0
    read: int = 0
    refused: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**vars(self), "failed": dict(self.failed), "slowest": round(self.slowest, 2)}


def main() -> None:
    """Fuzz the readers that were asked for, and print a table as JSON."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="fuzz.") as name:
        known = readers(Path(name))
        wanted = arguments.reader or list(known)
        counts = {
            each: fuzz(known[each], arguments.count, seed=arguments.seed, first=arguments.first)
            for each in wanted
        }
    if arguments.table:
        print(*table(counts), sep="\n")
    else:
        print(json.dumps({name: count.to_json() for name, count in counts.items()}, indent=1))
    sys.exit(any(count.failed for count in counts.values()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="Files of each reader.")
    parser.add_argument("--first", type=int, default=0, help="Number of the first.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", action="store_true", help="Print a table in Markdown, not JSON.")
    parser.add_argument("--reader", action="append", help="Reader (repeat); all without.")
    return parser.parse_args()


def table(counts: dict[str, Count]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| reader | files | read | refused in a line | anything else | slowest, s |"
    yield "|---|---|---|---|---|---|"
    for name, each in counts.items():
        figures = (each.files, each.read, each.refused, each.failed.total())
        yield f"| {name} | {' | '.join(map(str, figures))} | {each.slowest:.1f} |"


def fuzz(reader: Reader, count: int, *, seed: int = 0, first: int = 0) -> Count:
    """Return what became of so many changed files of a reader."""
    from chromkeras.errors import InputError

    found, good = Count(), reader.good.read_bytes()
    reader.read(reader.good)  # a good file that is refused would make every case a success
    with tempfile.TemporaryDirectory() as name:
        for number in range(first, first + count):
            random = Random(f"{seed} {reader.good.name} {number}")
            folder = Path(name) / str(number)
            shutil.copytree(reader.good.parent, folder)  # with what lies beside the file
            path = folder / reader.good.name
            path.write_bytes(changed(random, good, path))
            began = time.process_time()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    reader.read(path)
                found.read += 1
            except (InputError, OSError) as error:
                found.refused += 1
                if not str(error).strip():
                    found.failed["an error without a word"] += 1
            except Exception as error:
                found.failed[f"{type(error).__name__}: {str(error)[:120]}"] += 1
                print(f"{reader.good.name}, seed {seed}, number {number}: {error!r:.300}",
                      file=sys.stderr)  # fmt: skip
            found.slowest = max(found.slowest, time.process_time() - began)
            found.files += 1
            shutil.rmtree(folder)
    return found


def changed(random: Random, good: bytes, path: Path) -> bytes:
    """Return the bytes of a good file with some changes that fit its kind."""
    if good.startswith(b"\x1f\x8b") and random.random() < 0.8:
        return gzip.compress(_text(random, gzip.decompress(good)), 1)
    if good.startswith(b"\x89HDF") and random.random() < 0.8:
        return _hdf5(random, good, path)
    if good.startswith(b"PK") and random.random() < 0.8:
        return _archive(random, good)
    if random.random() < 0.8 and not _is_binary(good):
        return _text(random, good)
    return _bytes(random, good)


def _is_binary(data: bytes) -> bool:
    return b"\0" in data


# --- changes


def _bytes(random: Random, data: bytes) -> bytes:
    found = bytearray(data)
    for _ in range(random.choice([1, 1, 3, 20])):
        place = random.randrange(len(found) + 1)
        kind = random.randrange(4)
        if kind == 0:
            found[place : place + 1] = bytes([random.randrange(256)])
        elif kind == 1:
            del found[place : place + random.choice([1, 2, 50, len(found)])]
        elif kind == 2:
            found[place:place] = random.choice(ODD_BYTES)
        else:
            found[place:place] = found[place : place + 50]
    return bytes(found)


def _text(random: Random, data: bytes) -> bytes:
    """Change lines and cells of a text."""
    for _ in range(random.choice([1, 1, 2, 5])):
        lines = data.split(b"\n")
        place = random.randrange(len(lines))
        change = random.randrange(8)
        if change == 0:
            lines[place : place + 1] = []
        elif change == 1:
            lines.insert(random.randrange(len(lines) + 1), lines[place])
        elif change == 2:
            lines[place] = _token(random)
        elif change <= 5:
            lines[place] = _cells(random, lines[place])
        elif change == 6:
            random.shuffle(lines)
        data = random.choice([b"\n", b"\n", b"\n", b"\r\n", b"\r"]).join(lines)
        if change == 7:
            data = _bytes(random, data)
    return data


def _token(random: Random) -> bytes:
    return random.choice(TOKENS).encode("utf-8", "surrogateescape")


def _cells(random: Random, line: bytes) -> bytes:
    mark = max((b"\t", b",", b" ", b"=", b";"), key=line.count)
    cells = line.split(mark)
    place = random.randrange(len(cells))
    if (kind := random.randrange(4)) == 0:
        del cells[place]
    elif kind == 1:
        cells.insert(place, cells[place])
    else:
        cells[place] = _token(random)
    return mark.join(cells)


def _archive(random: Random, data: bytes) -> bytes:
    """Change a .npz or .keras file: its arrays and texts, or how it is packed."""
    mutations = _mutations()
    traps = mutations.Traps("/nowhere/canary", "/nowhere/secret", "/nowhere/secret.h5")
    try:
        return bytes(random.choice(mutations.NUMPY)(random, data, traps))
    except StopIteration:  # it changes facts, which this archive has not
        return _bytes(random, data)


def _hdf5(random: Random, data: bytes, path: Path) -> bytes:
    """Change arrays and attributes of an HDF5 file."""
    path.write_bytes(data)
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        for _ in range(random.choice([1, 1, 2])):
            name = random.choice(names)
            if name in file:
                _change_object(random, file, name)
    return path.read_bytes()


def _change_object(random: Random, file: h5py.File, name: str) -> None:
    found = file[name]
    if random.random() < 0.25:
        place = random.choice([found, file])
        keys = [*place.attrs, "length", "kind", "version"]
        values = [random.choice(TOKENS[:20]).replace("\0", ""), -1, 0, 2**62, 1.5, np.nan,
                  np.arange(3), np.bytes_(b"\xff"), True]  # fmt: skip
        _quietly(place.attrs.__setitem__, random.choice(keys), random.choice(values))
    elif isinstance(found, h5py.Dataset) and random.random() < 0.85:
        array = found[()]
        del file[name]
        _quietly(file.__setitem__, name, random.choice(_ARRAYS)(random, np.asarray(array)))
    elif random.random() < 0.5:
        file.move(name, f"{name}x")
    else:
        del file[name]


def _quietly(change: Callable[..., Any], *arguments: Any) -> None:
    """Make a change; what HDF5 itself does not take is no case."""
    try:
        change(*arguments)
    except (TypeError, ValueError, OSError, OverflowError):
        return


def _values(random: Random, array: np.ndarray) -> np.ndarray:
    """Change some values."""
    found = array.copy()
    flat = found.reshape(-1)
    if flat.size:
        for _ in range(random.choice([1, 3, 100])):
            odd = random.choice([-1, 0, 1, 2, 127, -128, 2**31, 2**62, np.nan, np.inf, -np.inf])
            with np.errstate(all="ignore"):
                flat[random.randrange(flat.size)] = (
                    np.array([odd], float).astype(found.dtype)[0]
                    if found.dtype.kind in "biuf"
                    else random.choice(TOKENS[:20]).encode("utf-8", "surrogateescape")
                )
    return found


_ARRAYS: tuple[Callable[[Random, np.ndarray], Any], ...] = (
    _values,
    _values,
    _values,
    lambda random, a: (
        a.astype(random.choice(["f8", "f2", "i8", "u1", "?", "c8"]))
        if a.dtype.kind in "biuf"
        else np.zeros(a.shape)
    ),
    lambda random, a: a[..., None],
    lambda random, a: a.reshape(-1),
    lambda random, a: a[: random.randrange(len(a) + 1)] if a.ndim else a,
    lambda random, a: np.concatenate([a, a]) if a.ndim else a,
    lambda random, a: np.array(random.choice([0, -1, 2**40])),
    lambda random, a: np.full(a.shape, random.choice([-1, 2**40, np.nan])),
    lambda random, a: np.full(a.shape, random.choice([b"", b"x", b"\xff", b"a\tb", b"\x1b[2J"])),
    lambda random, a: np.zeros(a.shape, [("a", "f4"), ("b", "i1")]),
    lambda random, a: np.empty((0, *a.shape[1:]), a.dtype),
    lambda random, a: "a text",
)


def _mutations() -> ModuleType:
    if "mutations" not in _LOADED:
        spec = importlib.util.spec_from_file_location("mutations", MUTATIONS)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(MUTATIONS)
        module = importlib.util.module_from_spec(spec)
        sys.modules["mutations"] = module
        spec.loader.exec_module(module)
        _LOADED["mutations"] = module
    return _LOADED["mutations"]


_LOADED: dict[str, ModuleType] = {}


# --- good files


def readers(folder: Path) -> dict[str, Reader]:
    """Make a good file for every reader, and return the readers by name.

    Raises
    ------
    KeyError
        An import format of the registry has no good file here.
    """
    from chromkeras.registry import IMPORT_FORMATS

    found = dict(_other_readers(folder))
    for name in IMPORT_FORMATS.names():
        prepare = IMPORT_FORMATS.get(name).prepare
        for what, (path, given) in _IMPORTED[name](folder / name).items():
            found[f"prepare {name}{what}"] = Reader(path, _preparing(prepare, path, given))
    return found


def _preparing(
    prepare: Callable[..., Any], good: Path, given: dict[str, Any]
) -> Callable[[Path], Any]:
    """Return what prepares a data set with one of the files changed."""

    def read(path: Path) -> Any:
        return prepare(**{key: _there(value, good, path) for key, value in given.items()})

    return read


def _there(value: Any, good: Path, path: Path) -> Any:
    return path.parent / value.name if isinstance(value, Path) else value


def _peaks(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    random = _folder(folder)
    rows = [(f"chr{1 + i % 3}", 100 + 37 * i, 400 + 37 * i, f"a,b{i % 2}", i) for i in range(40)]
    bed = _lines(folder / "peaks.bed", ["\t".join(map(str, row)) for row in rows])
    genome = _fasta(folder / "genome.fa", random, {f"chr{i}": 3000 for i in (1, 2, 3)})
    black = _lines(folder / "black.bed", ["chr1\t0\t50", "chr2\t10\t60"])
    given = {"peaks": bed, "genome": genome, "length": 200, "merge_distance": 50, "background": 1,
             "blacklist": black}  # fmt: skip
    packed = folder / "packed" / "peaks.bed.gz"
    shutil.copytree(folder, packed.parent)
    packed.write_bytes(gzip.compress(bed.read_bytes()))
    zipped = given | {"peaks": packed}
    return {": peaks": (bed, given), ": genome": (genome, given), ": blacklist": (black, given),
            ": gzipped peaks": (packed, zipped)}  # fmt: skip


def _arrays(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    random = np.random.default_rng(0)
    _folder(folder)
    values = {
        "x": np.eye(4, dtype=np.int8)[random.integers(0, 4, (60, 30))],
        "x_signal": random.random((60, 30, 2)).astype("f4"),
        "y": random.integers(0, 2, (60, 2)).astype(np.int8),
        "tasks": np.array([b"a", b"b"]),
        "split": np.repeat([b"train", b"valid", b"test"], 20),
        "chrom": np.repeat([b"chr1", b"chr2"], 30),
        "start": np.arange(60) * 100,
    }
    npz, hdf5 = folder / "npz" / "a.npz", folder / "hdf5" / "a.h5"
    for path in (npz, hdf5):
        path.parent.mkdir()
    np.savez(npz, **values)
    with h5py.File(hdf5, "w") as file:
        for name, array in values.items():
            file[name] = array
    return {": npz": (npz, {"path": npz}), ": HDF5": (hdf5, {"path": hdf5})}


def _basset(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    random, path = np.random.default_rng(1), folder / "basset.h5"
    _folder(folder)
    with h5py.File(path, "w") as file:
        for split in ("train", "valid", "test"):
            rows = np.eye(4, dtype="f4")[random.integers(0, 4, (20, 30))]
            file[f"{split}_in"] = rows.transpose(0, 2, 1)[:, :, None, :]
            file[f"{split}_out"] = random.integers(0, 2, (20, 2)).astype("f4")
        file["target_labels"] = np.array([b"a", b"b"])
    return {"": (path, {"path": path})}


def _expression(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    random = _folder(folder)
    genes = [f"Y{i:03d}W" for i in range(30)]
    rows = [[g, *(f"{random.gauss(0, 2):.2f}" for _ in range(3))] for g in [*genes, "R1", "R2"]]
    lines = ["gene\theat\tcold\tsalt", *("\t".join(row) for row in rows)]
    table = _lines(folder / "e.tsv", lines)
    promoters = _fasta(folder / "p.fa", random, dict.fromkeys(genes, 60))
    regulators = _lines(folder / "r.txt", ["R1", "R2"])
    given = {"expression": table, "promoters": promoters, "regulators": regulators}
    return {": table": (table, given), ": promoters": (promoters, given),
            ": regulators": (regulators, given)}  # fmt: skip


def _not_in_this_process(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Return no reader: pybigtools ends the process at some damaged bigWig files."""
    return {}


def _h5ad(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    if importlib.util.find_spec("anndata") is None:
        return {}
    import anndata
    import pandas as pd

    random = _folder(folder)
    genome = _fasta(folder / "genome.fa", random, {f"chr{i}": 3000 for i in (1, 2, 3)})
    regions = [(f"chr{1 + i % 3}", 50 * i, 50 * i + 200) for i in range(30)]
    var = pd.DataFrame(regions, columns=["chr", "start", "end"])
    var.index = [f"{chrom}:{start}-{end}" for chrom, start, end in regions]
    numbers = np.random.default_rng(2).random((2, 30)).astype("f4")
    path = folder / "a.h5ad"
    anndata.AnnData(numbers, pd.DataFrame(index=["a", "b"]), var).write_h5ad(path)
    return {
        "": (
            path,
            {
                "path": path,
                "genome": genome,
                "problem": "regression",
                "valid": "chr2",
                "test": "chr3",
            },
        )
    }


_IMPORTED: dict[str, Callable[[Path], dict[str, tuple[Path, dict[str, Any]]]]] = {
    "peaks": _peaks,
    "arrays": _arrays,
    "basset": _basset,
    "bigwig": _not_in_this_process,
    "h5ad": _h5ad,
    "expression": _expression,
}


def _other_readers(folder: Path) -> Iterator[tuple[str, Reader]]:
    yield from _text_readers(folder)
    yield from _binary_readers(folder)


def _text_readers(folder: Path) -> Iterator[tuple[str, Reader]]:
    from chrominterpret.fasta import read_fasta
    from chrominterpret.motifs.motif_files import read_motifs
    from chromkeras.cli.options import comma_list
    from chromkeras.importers.annotation import read_annotation, read_positions
    from chromkeras.importers.histone_tables import read_histone
    from chromkeras.model_report.known_targets import read_targets
    from chromkeras.recipe.reading import make_recipe
    from chromkeras.scoring.contrasts import parse_contrast
    from chromkeras.scoring.parts import parse_part
    from chromkeras.search.space import read_space
    from chromkeras.training.history_plot import read_history
    from chromkeras.variant_effects.vcf import count_records, read_alleles

    tasks = ("Muscle", "T-cell", "CD4+")
    random = _folder(folder / "fasta")
    fasta = _fasta(folder / "fasta" / "f.fa", random, {"a": 80, "b": 90, "c": 20})
    yield "FASTA", Reader(fasta, read_fasta)
    packed = folder / "fasta" / "packed" / "f.fa.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(fasta.read_bytes()))
    yield "gzipped FASTA", Reader(packed, read_fasta)
    yield "indexed genome", Reader(fasta, _all_codes)
    good: dict[str, tuple[str, list[str], Callable[[Path], Any]]] = {
        "recipe": ("r.toml", ["[training]", "epochs = 3", "learning_rate = 1e-3", "[architecture]",
                              "filters = [4, 4, 4]", 'name = "basset"', "[data]",
                              "reverse_complement = true"],
                   lambda path: make_recipe("hard", file=path)),
        "setting": ("s.txt", ["training.epochs=3"], lambda path: make_recipe(
            "hard", settings=[_option(path)])),
        "search space": ("s.toml", ["[training]", "batch_size = {choices = [32, 64]}",
                                    "learning_rate = {low = 1e-4, high = 1e-2, log = true}"],
                         lambda path: read_space(path, "basset")),
        "names": ("n.txt", ['Muscle,"T-cell",CD4+'], lambda path: comma_list([_option(path)])),
        "contrast": ("c.txt", ["Muscle-T-cell+CD4+"],
                     lambda path: parse_contrast(_option(path), tasks)),
        "part": ("p.txt", ["3/10"], lambda path: parse_part(_option(path))),
        "targets": ("t.tsv", ["regulator\ttarget\tknown as", "R1\tY001W\tMSN2", "R2\tY002W\t"],
                    read_targets),
        "annotation": ("g.gtf", [f'chr1\tsgd\tgene\t{100 * i + 1}\t{100 * i + 90}\t.\t+\t.\t'
                                 f'gene_id "Y{i:03d}W";' for i in range(9)], read_annotation),
        "positions": ("p.tsv", ["gene\tchrom\tstart\tstrand", "Y001W\tchr1\t100\t+",
                                "Y002W\tchr1\t500\t-"], read_positions),
        "histone table": ("h.tsv", ["gene\tbin\tH3K4me3", "A\t1\t7", "A\t2\t300", "B\t1\t0",
                                    "B\t2\t1"], read_histone),
        "history": ("h.csv", ["epoch,seconds,loss,val_auroc", "1,2.5,0.7,0.6", "2,2.4,0.6,"],
                    read_history),
        "MEME motifs": ("m.meme", ["MEME version 4", "", "ALPHABET= ACGT", "", "MOTIF a one",
                                   "letter-probability matrix: alength= 4 w= 2 nsites= 20 E= 0",
                                   "0.1 0.2 0.3 0.4", "1 0 0 0"], read_motifs),
        "JASPAR motifs": ("m.jaspar", [">MA1 a", "A [ 1 2 3 ]", "C [ 4 5 6 ]", "G [ 0 0 1 ]",
                                       "T [ 1 1 1 ]"], read_motifs),
        "VCF": ("v.vcf", ["##fileformat=VCFv4.2", "##contig=<ID=chr1,length=3000>",
                          "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO",
                          "chr1\t100\trs1\tA\tG,T\t.\tPASS\tX=1", "chr1\t200\t.\tAC\tA\t.\t.\t."],
                lambda path: (count_records(path), list(read_alleles(path)))),
    }  # fmt: skip
    for name, (file, lines, read) in good.items():
        _folder(folder / file)
        yield name, Reader(_lines(folder / file / file, lines), read)


def _option(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape").removesuffix("\n")


def _all_codes(path: Path) -> None:
    from chromkeras.scoring.indexed_genome import IndexedGenome

    with IndexedGenome(path) as genome:
        for name, bases in genome.lengths.items():
            genome.codes(name, -5, min(bases, 10_000) + 5)


def _binary_readers(folder: Path) -> Iterator[tuple[str, Reader]]:
    from chrominterpret.attribution import Attribution
    from chromkeras.data.hdf5 import dataset_tasks, load_dataset, save_dataset
    from chromkeras.importers.simulate import simulate
    from chromkeras.importers.simulation import Simulation
    from chromkeras.scoring.layout import Layout
    from chromkeras.scoring.tables import open_scores, write_h5, write_tsv

    for name in ("data", "npz", "scores"):
        _folder(folder / name)
    path = folder / "data" / "d.h5"
    save_dataset(simulate(Simulation(tasks=2, sequences=60, length=200)), path)
    yield "data set", Reader(path, lambda file: _use(load_dataset(file)))
    yield "mapped data set", Reader(path, lambda file: _use(load_dataset(file, mmap=True)))
    yield "tasks of a data set", Reader(path, dataset_tasks)
    layout = Layout({"name": "text", "window": "integer"}, {"score": ("a", "b")}, ("a", "b"))
    piece = {"name": np.array([b"x", b"y"]), "window": np.arange(2), "score": np.ones((2, 2), "f4")}
    for file, write in (("s.h5", write_h5), ("s.tsv", write_tsv)):
        write(folder / "scores" / file, layout, lambda: [piece], {"rows": [0, 2], "part": "1/1"})
        yield f"scores, {file}", Reader(folder / "scores" / file, lambda f: _read(open_scores(f)))
    facts = folder / "scores" / "s.tsv.json"
    yield "facts of scores", Reader(facts, lambda f: _read(open_scores(f.with_suffix(""))))
    numbers = np.ones((1, 2, 5, 4), np.float32)
    found = Attribution("gradient", ("a",), "logit", numbers, np.ones((1, 2), np.float32))
    for file in ("a.npz", "a.h5"):
        _folder(folder / file)
        found.save(folder / file / file)
        yield f"attribution, {file}", Reader(folder / file / file, Attribution.load)


def _use(dataset: Any) -> None:
    dataset.batch(dataset.rows("train")[:3])
    _ = dataset.fingerprint


def _read(file: Any) -> None:
    _ = file.rows
    for _ in file.lines() if file.path.suffix == ".tsv" else file.pieces():
        pass


def _folder(folder: Path) -> Random:
    folder.mkdir(parents=True, exist_ok=True)
    return Random(folder.name)


def _lines(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _fasta(path: Path, random: Random, sizes: dict[str, int]) -> Path:
    lines = []
    for name, size in sizes.items():
        bases = "".join(random.choices("ACGT", k=size))
        lines += [f">{name} described", *(bases[i : i + 50] for i in range(0, size, 50))]
    return _lines(path, lines)


if __name__ == "__main__":
    main()
