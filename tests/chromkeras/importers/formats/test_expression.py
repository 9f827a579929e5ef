from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pybigtools
import pytest

from chromkeras.data.hdf5 import load_dataset, save_dataset
from chromkeras.importers.formats.expression import prepare

GENES = tuple(f"g{i}" for i in range(12))
CONDITIONS = ("heat", "cold", "salt, high")
LENGTH = 8


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """Files of twelve genes in three conditions; the working folder is theirs."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    values = rng.normal(size=(12, 3)).round(2)
    values[3, 1] = values[4, :] = np.nan
    lines = ["\t".join(("gene", *CONDITIONS))]
    for gene, row in zip(GENES, values, strict=True):
        lines.append("\t".join((gene, *("NA" if np.isnan(x) else f"{x:.2f}" for x in row))))
    Path("e.tsv").write_text("\n".join(lines))
    letters = ["".join(row) for row in rng.choice(list("ACGT"), (12, LENGTH))]
    letters[7] = letters[6]
    Path("p.fa").write_text("".join(f">{g}\n{s}\n" for g, s in zip(GENES, letters, strict=True)))
    chrom = ["I"] * 6 + ["II"] * 3 + ["III"] * 3
    Path("pos.tsv").write_text(
        "".join(
            f"{g}\t{c}\t{20 * i}\t+\n" for i, (g, c) in enumerate(zip(GENES, chrom, strict=True))
        )
    )
    Path("r.txt").write_text("g0\ng3\nunheard\n")
    marks = rng.integers(0, 300, (12, 4, 2))
    for cell, factor in (("heat", 1), ("cold", 2)):
        np.savez(f"{cell}.npz", x=marks * factor, genes=np.array(GENES), marks=["K4", "K27"])
    return {"values": values, "marks": marks, "letters": np.array(letters)}


YEAST = {"promoters": "p.fa", "positions": "pos.tsv", "regulators": "r.txt"}
HISTONE = {"histone": ["heat=heat.npz", "cold=cold.npz"]}


def test_promoters_and_regulators(world: dict[str, np.ndarray]) -> None:
    prepared = prepare("e.tsv", **YEAST, valid="II", test="III")
    dataset = prepared.dataset
    assert len(dataset) == 32  # of 36 pairs, 4 are unknown
    gene, condition = (dataset.factors[name] for name in ("gene", "condition"))
    assert "g4" not in gene.names
    assert prepared.left_out == (
        ("g4", "a known value of expression"),
        ("unheard", "the expression table e.tsv (a regulator)"),
    )
    values = np.float32(world["values"])
    batch = dataset.batch(np.arange(32))
    for row in range(32):
        g, c = GENES.index(gene.names[gene.of[row]]), condition.of[row]
        assert dataset.labels[row, 0] == values[g, c]
        assert "".join("ACGT"[i] for i in batch["dna"][row].argmax(-1)) == world["letters"][g]
        expected = [values[0, c], np.nan_to_num(values[3, c])]
        np.testing.assert_array_equal(batch["regulators"][row], expected)
        assert dataset.split[row] == ("train" if g < 6 else "valid" if g < 9 else "test")
    assert not dataset.has_two_strands()
    assert len(dataset.inputs["dna"]) == 11
    assert len(dataset.inputs["regulators"]) == 3
    notes = "\n".join(prepared.notes)
    assert "11 of 12 genes in 3 conditions, 32 known values" in notes
    assert "1 of 6 values of regulators are unknown and taken as 0" in notes


def test_drawn_genes_leave_regulators_and_related_genes_together(
    world: dict[str, np.ndarray],
) -> None:
    for seed in range(4):
        prepared = prepare(
            "e.tsv", promoters="p.fa", regulators="r.txt", valid_fraction=0.4, test_fraction=0.3,
            seed=seed,
        )  # fmt: skip
        dataset = prepared.dataset
        gene = dataset.factors["gene"]
        splits = {
            name: set(dataset.split[gene.of == i].tolist()) for i, name in enumerate(gene.names)
        }
        assert all(len(split) == 1 for split in splits.values())
        assert splits["g0"] == splits["g3"] == {"train"}
        assert splits["g6"] == splits["g7"]
        assert any("2 genes are regulators and were not drawn" in note for note in prepared.notes)


def test_a_regulator_held_out_by_name_is_noted(world: dict[str, np.ndarray]) -> None:
    Path("v.txt").write_text("g3\ng5\n")
    prepared = prepare("e.tsv", **YEAST, valid_genes="v.txt", test="III")
    assert any("1 held-out genes are regulators" in note for note in prepared.notes)


def test_held_out_conditions_and_the_strata(world: dict[str, np.ndarray]) -> None:
    prepared = prepare(
        "e.tsv", **YEAST, valid="II", test="III", test_conditions="salt, high"
    )  # fmt: skip
    dataset = prepared.dataset
    assert prepared.dropped["of a gene and a condition held out for different splits"] == 3
    gene, condition = dataset.factors["gene"], dataset.factors["condition"]
    assert condition.seen is not None
    assert gene.seen is not None
    assert condition.seen.tolist() == [True, True, False]
    test = dataset.rows("test")
    seen = gene.seen[gene.of[test]].astype(int) * 2 + condition.seen[condition.of[test]]
    # new gene in new and in seen conditions, seen gene in a new condition
    assert np.bincount(seen, minlength=4).tolist() == [3, 6, 5, 0]


def test_conditions_of_a_file(world: dict[str, np.ndarray]) -> None:
    Path("c.txt").write_text("cold\nsalt, high\n")
    dataset = prepare("e.tsv", promoters="p.fa", valid_conditions=["c.txt"]).dataset
    split = dataset.split[dataset.factors["condition"].of == 1]
    assert "train" not in split


def test_histone_marks_alone(world: dict[str, np.ndarray]) -> None:
    dataset = prepare("e.tsv", **HISTONE, seed=1).dataset
    assert list(dataset.inputs) == ["histone"]
    assert dataset.factors["condition"].names == ("heat", "cold")
    assert dataset.inputs["histone"].arrays()["values"].dtype == np.uint16
    gene, condition = dataset.factors["gene"], dataset.factors["condition"]
    found = dataset.batch(np.arange(len(dataset)))["histone"]
    for row in range(len(dataset)):
        g = GENES.index(gene.names[gene.of[row]])
        np.testing.assert_array_equal(found[row], world["marks"][g] * (condition.of[row] + 1))


def test_marks_and_dna_share_rows(world: dict[str, np.ndarray]) -> None:
    prepared = prepare("e.tsv", promoters="p.fa", **HISTONE, log_marks=True, valid_fraction=0.2)
    dataset = prepared.dataset
    assert set(dataset.inputs) == {"dna", "histone"}
    assert len(dataset.inputs["dna"]) == 11
    assert len(dataset.inputs["histone"]) == len(dataset) == 21
    assert "1 conditions have no histone marks and are left out" in prepared.notes


def test_tasks_of_conditions(world: dict[str, np.ndarray]) -> None:
    wide = prepare("e.tsv", promoters="p.fa", tasks="conditions").dataset
    assert (len(wide), wide.tasks) == (11, CONDITIONS)
    pairs = prepare("e.tsv", **HISTONE, tasks="conditions").dataset
    assert (len(pairs), pairs.tasks) == (21, CONDITIONS[:2])


def test_classes_and_logarithms(world: dict[str, np.ndarray]) -> None:
    Path("counts.tsv").write_text(
        "".join(["gene\tx\n", *(f"{gene}\t{i}\n" for i, gene in enumerate(GENES))])
    )
    dataset = prepare("counts.tsv", promoters="p.fa", log=True, up=3, down=1, seed=2).dataset
    # log2(i + 1) is 1 or less for the first two, 3 or more from the eighth on
    assert dataset.labels[:, 0].tolist() == [2, 2, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    assert dataset.classes == ("neither", "up", "down")


def test_signal_and_promoters_of_a_genome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    letters = "".join(rng.choice(list("ACGT"), 2000))
    Path("g.fa").write_text(f">chrI\n{letters}\n")
    rows, table = [], ["gene\tA\tB"]
    for i in range(20):
        strand, start = "+-"[i % 2], 50 + 90 * i
        rows.append(f'chrI\tx\tgene\t{start}\t{start + 9}\t.\t{strand}\t.\tgene_id "g{i}";')
        table.append(f"g{i}\t{i}\t{2 * i}")
    Path("a.gtf").write_text("\n".join(rows))
    Path("e.tsv").write_text("\n".join(table))
    names = []
    for factor, name in enumerate(("A:K4", "A:K9", "B:K4", "B:K9"), 1):
        signal = (("chrI", j, j + 1, float(factor * j)) for j in range(2000))
        file = f"{name.replace(':', '_')}.bw"
        pybigtools.open(file, "w").write({"chrI": 2000}, signal)
        names.append(f"{name}={file}")
    prepared = prepare(
        "e.tsv", genome="g.fa", annotation="a.gtf", around=6, bigwig=names, bins=4, bin_size=5
    )
    dataset = prepared.dataset
    batch = dataset.batch(np.array([0, 1, 2]))  # gene 0 in A and B, gene 1 in A
    # by hand: gene 0 starts at 49 on +, so bins begin at 39, 44, 49, 54; gene 1 at 148 on -, so
    # its bases are 139 to 158, read backwards
    assert batch["histone"][0, :, 0].tolist() == [41, 46, 51, 56]
    assert batch["histone"][1, :, 1].tolist() == [4 * 41, 4 * 46, 4 * 51, 4 * 56]
    assert batch["histone"][2, :, 0].tolist() == [156, 151, 146, 141]
    sequence = ["".join("ACGT"[i] for i in row.argmax(-1)) for row in batch["dna"]]
    assert sequence[0] == sequence[1] == letters[43:55]
    assert sequence[2] == letters[143:155][::-1].translate(str.maketrans("ACGT", "TGCA"))


def test_a_written_data_set_opens_with_the_same_rows(
    world: dict[str, np.ndarray], tmp_path: Path
) -> None:
    dataset = prepare("e.tsv", **YEAST, **HISTONE, valid="II", test="III").dataset
    save_dataset(dataset, "d.h5")
    for mmap in (False, True):
        again = load_dataset("d.h5", mmap=mmap)
        assert again.fingerprint == dataset.fingerprint
        assert set(again.factors) == {"gene", "condition", "chrom"}
        rows = np.array([5, 0, 3])
        for name, values in dataset.batch(rows).items():
            np.testing.assert_array_equal(again.batch(rows)[name], values)
        assert not again.has_two_strands()


def edit(name: str, old: str, new: str) -> Callable[[], object]:
    return lambda: Path(name).write_text(Path(name).read_text().replace(old, new))


def nothing() -> None:
    return


BAD: list[tuple[dict[str, Any], Callable[[], object], str]] = [
    ({}, nothing, "expected something to read"),
    ({"promoters": "p.fa", "tasks": "many"}, nothing, "unknown choice of tasks 'many'"),
    ({"promoters": "none.fa"}, nothing, "none.fa"),
    ({"promoters": "p.fa"}, edit("p.fa", ">g", ">h"), "identifiers are such as 'g0' there"),
    ({"promoters": "p.fa"}, edit("p.fa", ">g1\n", ">g1\nA"), "expected promoters of one length"),
    ({"promoters": "p.fa"}, edit("e.tsv", "g1\t", "g0\t"), "e.tsv: gene 'g0' stands twice"),
    ({"promoters": "p.fa", "log": True}, nothing, "expected no value below 0 for `log`"),
    ({"promoters": "p.fa", "valid": "II"}, nothing, "needs to know where genes lie"),
    ({"promoters": "p.fa", "log_marks": True}, nothing, "`log_marks` is for"),
    ({"promoters": "p.fa", "bins": 3}, nothing, "`bins` is for `bigwig`"),
    ({"promoters": "p.fa", "bin_size": 0}, nothing, "expected 1 or more as `bin_size`"),
    ({"promoters": "p.fa", "regulator_expression": "e.tsv"}, nothing, "needs `regulators`"),
    ({"promoters": "p.fa", "test_conditions": "hot"}, nothing, "e.tsv: unknown condition 'hot'"),
    ({"promoters": "p.fa", "up": 0, "down": 1}, nothing, "expected `down` below `up`"),
    ({"promoters": "p.fa", "up": 99}, nothing, "only class 'neither'"),
    ({"promoters": "p.fa", "tasks": "conditions", "test_conditions": "heat"}, nothing,
     "each is a task of its own"),
    ({"histone": "warm=heat.npz"}, nothing, "e.tsv: unknown condition 'warm'"),
    ({"histone": "heat=heat.npz", "bigwig": "heat:K4=heat.npz"}, nothing, "`histone` or `bigwig`"),
    ({"bigwig": "heat:K4=heat.npz"}, nothing, "`bigwig` needs `annotation`"),
    ({"histone": "heat=heat.npz"}, edit("e.tsv", "\ng", "\nh"),
     "no gene of e.tsv is in the tables of histone marks"),
    (YEAST | {"valid": ["I", "II"], "test": "III"}, nothing, "train 0"),
    (YEAST | {"valid": "IV"}, nothing, "no gene lies on 'IV'"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "change", "told"), BAD)
def test_bad_input_is_one_line(
    world: dict[str, np.ndarray], given: dict[str, Any], change: Callable[[], object], told: str
) -> None:
    change()
    with pytest.raises(ValueError, match=told) as raised:
        prepare("e.tsv", **given)
    assert "\n" not in str(raised.value)


def test_related_genes_are_remembered(world: dict[str, np.ndarray]) -> None:
    near = "".join(f"g{i}\tI\t{20 * i - (14 if i == 3 else 0)}\t+\n" for i in range(12))
    Path("pos.tsv").write_text(near)  # g3 begins 6 bases after g2, whose promoter has 8
    for tasks in ("pooled", "conditions"):
        dataset = prepare(
            "e.tsv", promoters="p.fa", positions="pos.tsv", tasks=tasks,
            valid_fraction=0.2, test_fraction=0.2,
        ).dataset  # fmt: skip
        gene, together = dataset.factors["gene"], dataset.together
        of = {name: together[gene.of == i] for i, name in enumerate(gene.names)}
        assert all(len(set(numbers.tolist())) == 1 for numbers in of.values())
        assert of["g2"][0] == of["g3"][0]
        assert of["g6"][0] == of["g7"][0]  # the same promoter
        assert len(np.unique(together)) == len(gene.names) - 2


def test_a_blacklist_leaves_genes_out(world: dict[str, np.ndarray]) -> None:
    Path("list.bed").write_text("I\t25\t60\nII\t0\t5\n")  # touches windows of 20-28, 40-48
    prepared = prepare("e.tsv", promoters="p.fa", positions="pos.tsv", blacklist="list.bed")
    left = dict(prepared.left_out or ())
    assert [name for name, why in left.items() if "blacklist" in why] == ["g1", "g2"]
    assert not {"g1", "g2"} & set(prepared.dataset.factors["gene"].names)
    assert "2 genes touch the blacklist and are left out" in prepared.notes
    with pytest.raises(ValueError, match="`blacklist` needs to know where genes lie"):
        prepare("e.tsv", promoters="p.fa", blacklist="list.bed")


def test_promoters_that_share_kmers_are_drawn_together(world: dict[str, np.ndarray]) -> None:
    letters = np.random.default_rng(1).choice(list("ACGT"), (12, 60))
    letters[9, 20:] = letters[5, 20:]
    records = [f">{gene}\n{''.join(row)}\n" for gene, row in zip(GENES, letters, strict=True)]
    Path("long.fa").write_text("".join(records))
    for seed in range(4):
        dataset = prepare(
            "e.tsv", promoters="long.fa", split_by="homology", seed=seed,
            valid_fraction=0.3, test_fraction=0.3,
        ).dataset  # fmt: skip
        gene = dataset.factors["gene"]
        pair = np.isin(gene.of, [gene.names.index("g5"), gene.names.index("g9")])
        assert len(set(dataset.split[pair].tolist())) == 1
        assert len(set(dataset.together[pair].tolist())) == 1
    with pytest.raises(ValueError, match="`split_by` homology needs promoters"):
        prepare("e.tsv", **HISTONE, split_by="homology")
    with pytest.raises(ValueError, match="chance or homology for genes, received chromosomes"):
        prepare("e.tsv", promoters="p.fa", split_by="chromosomes")
