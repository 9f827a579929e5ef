"""Plain files of the measured expression data, as `chromkeras prepare expression` reads them.

    expression_files.py OUT gasch2000.h5 histone_expression_K562_H1.h5

Either HDF5 file may be left out. Writes expression, promoters, positions and regulators of yeast to
OUT/yeast, with the known targets of regulators (`chromkeras interpret --targets`), and expression,
histone marks of both cell types and the file's own split to OUT/histone.
"""

import sys
from pathlib import Path

import h5py
import numpy as np

from chrominterpret.sequences import decode


def write_table(path, genes, conditions, values):
    """Write genes × conditions with NaN as nothing."""
    lines = ["\t".join(("gene", *conditions))]
    for gene, row in zip(genes, values, strict=True):
        lines.append("\t".join((gene, *("" if np.isnan(x) else f"{x:g}" for x in row))))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_yeast(file, out):
    genes, chrom = file["genes"].asstr()[:], file["chrom"].asstr()[:]
    conditions, promoter = file["conditions"].asstr()[:], file["promoter"][:]
    write_table(out / "expression.tsv", genes, conditions, file["expression"][:])
    records = [f">{g}\n{decode(codes)}\n" for g, codes in zip(genes, promoter, strict=True)]
    (out / "promoters.fa").write_text("".join(records))
    plus = file["strand"].asstr()[:] == "+"
    # start and end count from 1; the promoter ends before the first base of the gene
    start = np.where(plus, file["start"][:] - 1 - promoter.shape[1], file["end"][:])
    lines = ["gene\tchrom\tstart\tstrand"]
    for gene, name, first, forward in zip(genes, chrom, start, plus, strict=True):
        lines.append(f"{gene}\tchr{name}\t{first}\t{'+' if forward else '-'}")
    (out / "positions.tsv").write_text("\n".join(lines) + "\n")
    regulators = file["regulators_goslim"].asstr()[:]
    (out / "regulators.txt").write_text("\n".join(regulators) + "\n")
    write_targets(file, out / "targets.tsv")


def write_targets(file, path):
    """Write the targets that YEASTRACT documents, one pair of regulator and gene a line."""
    genes, known_as = file["genes"].asstr()[:], file["gene_names"].asstr()[:]
    names = dict(zip(genes, known_as, strict=True))
    lines = ["regulator\ttarget\tknown as"]
    for number, regulator in enumerate(file["yeastract_tfs"].asstr()[:]):
        targets = genes[file["yeastract_targets"][:, number] > 0]
        lines += [f"{regulator}\t{gene}\t{names.get(regulator, '')}" for gene in targets]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_histone(file, out):
    genes, cells = file["gene_id"].asstr()[:], file["cells"].asstr()[:]
    write_table(out / "expression.tsv", genes, cells, file["expression"][:])
    marks = file["marks"].asstr()[:].astype(str)
    for number, cell in enumerate(cells):
        x = file["x"][:, number]
        np.savez_compressed(out / f"{cell}.npz", x=x, genes=genes.astype(str), marks=marks)
    split = file["split"].asstr()[:]
    for name in ("valid", "test"):
        (out / f"{name}_genes.txt").write_text("\n".join(genes[split == name]) + "\n")


def main(out, *paths):
    for path in paths:
        with h5py.File(path) as file:
            name, write = ("histone", write_histone) if "x" in file else ("yeast", write_yeast)
            folder = Path(out) / name
            folder.mkdir(parents=True, exist_ok=True)
            write(file, folder)
            print(f"wrote {folder}")


if __name__ == "__main__":
    main(*sys.argv[1:])
