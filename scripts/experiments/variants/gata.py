"""Changes inside ELT-2 sites (TGATAA) against other changes of the same elements, on worm data.

python scripts/experiments/variants/gata.py WORM_FOLDER OUT_FOLDER

WORM_FOLDER has genome.fa.gz and worm_atac.h5. Elements of the validation split that are open in the
intestine and hold TGATAA on either strand within 150 bp of their middle give every substitution of
every site, and for each of them another substitution of the same base to the same base in the same
300 bp outside of all sites. `chromkeras.variants` scores them with the shipped model; the effect on
each tissue is compared by the Mann-Whitney test, and within elements by Wilcoxon's. The strongest
is explained.
"""

import argparse
import gzip
import re
import shutil
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu, wilcoxon

import chromkeras

SITE = re.compile("(?=(TGATAA|TTATCA))")
TISSUES = ("Intest", "Germline", "Neurons", "Muscle", "Hypod")
AROUND = 150
BASES = "ACGT"


def main() -> None:
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    genome = options.out / "worm.fa"
    if not genome.exists():
        with gzip.open(options.worm / "genome.fa.gz") as packed, genome.open("wb") as file:
            shutil.copyfileobj(packed, file)
    vcf = options.out / "gata.vcf"
    elements, changes = write_changes(options.worm / "worm_atac.h5", genome, vcf)
    found = chromkeras.variants(
        "worm_hard", vcf, genome, options.out / "gata.tsv",
        chromkeras.VariantOptions(
            tasks=TISSUES, null=options.null, explain=1, motifs="jaspar:nematodes"
        ),
    )  # fmt: skip
    print(f"{elements} elements, {changes} substitutions in sites; {found.scored} scored")
    scores = pd.read_csv(found.out, sep="\t")
    scores[["element", "kind"]] = scores["id"].str.split("_", expand=True)
    for task in TISSUES:
        print(compared(scores, task))
    draw(scores, options.out / "gata.png")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("worm", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--null", type=int, default=0)
    return parser.parse_args()


def write_changes(data: Path, genome: Path, vcf: Path) -> tuple[int, int]:
    """Write the substitutions, and return how many elements and changed sites' bases there are."""
    chrom = "".join(genome.read_text().split(">chrX")[1].split("\n")[1:]).upper()
    rng = np.random.default_rng(0)
    lines, elements, changes = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT"], 0, 0
    for sequence in validation_elements(data):
        place = chrom.find(sequence)
        if place < 0:
            place = chrom.find(sequence.translate(str.maketrans("ACGT", "TGCA"))[::-1])
        middle = place + len(sequence) // 2
        low, text = middle - AROUND, chrom[middle - AROUND : middle + AROUND]
        sites = [match.start() for match in SITE.finditer(text)]
        if place < 0 or not sites:
            continue
        elements += 1
        inside = sorted({at + i for at in sites for i in range(6)})
        free = [i for i in range(len(text)) if i not in inside and text[i] in BASES]
        for at in inside:
            for alt in BASES.replace(text[at], ""):
                same = [i for i in free if text[i] == text[at]]
                if not same:
                    continue
                other = int(rng.choice(same))
                changes += 1
                for i, kind in ((at, "site"), (other, "other")):
                    name = f"{elements}_{kind}"
                    lines.append(f"chrX\t{low + i + 1}\t{name}\t{text[i]}\t{alt}")
    vcf.write_text("\n".join(lines) + "\n")
    return elements, changes


def validation_elements(data: Path) -> list[str]:
    """Return the sequences of validation elements that are open in the intestine."""
    with h5py.File(data) as file:
        tasks = [name.decode() if isinstance(name, bytes) else name for name in file["tasks"][:]]
        labels = file["y"][:, tasks.index("Intest")]
        split, kind = (np.char.decode(file[key][:].astype("S")) for key in ("split", "kind"))
        rows = np.flatnonzero((split == "valid") & (kind == "element") & (labels == 1))
        return ["".join(BASES[code] if code < 4 else "N" for code in file["x"][r]) for r in rows]


def compared(scores: pd.DataFrame, task: str) -> str:
    """Say how a task's scores in sites differ from the others."""
    column = f"{task} score"
    site, other = (scores.loc[scores["kind"] == kind, column] for kind in ("site", "other"))
    test = mannwhitneyu(site, other, alternative="less")
    auroc = 1 - test.statistic / (len(site) * len(other))
    means = scores.pivot_table(index="element", columns="kind", values=column)
    difference = means["site"] - means["other"]
    paired = wilcoxon(difference, alternative="less")
    return (
        f"{task}: median in sites {site.median():+.3f}, elsewhere {other.median():+.3f}; "
        f"sites lower it more with probability {auroc:.3f} (Mann-Whitney {said(test.pvalue)}); "
        f"mean difference by element {difference.mean():+.3f}, Wilcoxon {said(paired.pvalue)}, "
        f"below 0 in {(difference < 0).mean():.0%} of {len(difference)}"
    )


def said(p: float) -> str:
    """Return p as text; below what a number holds, that."""
    return f"p = {p:.1e}" if p else "p < 1e-300"


def draw(scores: pd.DataFrame, path: Path) -> None:
    """Draw the scores in sites and elsewhere, by tissue."""
    figure, axes = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
    for kind, shift, colour in (("site", -0.18, "#b2182b"), ("other", 0.18, "#999999")):
        values = [scores.loc[scores["kind"] == kind, f"{task} score"] for task in TISSUES]
        boxes = axes.boxplot(
            values, positions=np.arange(len(TISSUES)) + shift, widths=0.3, showfliers=False,
            patch_artist=True, medianprops={"color": "black"}, whis=(5, 95), manage_ticks=False,
        )  # fmt: skip
        for box in boxes["boxes"]:
            box.set_facecolor(colour)
        name = "inside TGATAA" if kind == "site" else "elsewhere in the element"
        axes.plot([], [], "s", color=colour, label=f"{name} ({len(values[0]):,})")
    axes.axhline(0, color="0.3", linewidth=0.6)
    axes.set_xticks(range(len(TISSUES)), TISSUES)
    axes.set_ylabel("difference of log-odds,\nalternate less reference")
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
