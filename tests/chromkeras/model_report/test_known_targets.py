from dataclasses import replace

import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.model_report.features import FeatureScores
from chromkeras.model_report.known_targets import (
    KnownTargets,
    check_targets,
    compare_targets,
    read_targets,
    write_target_tests,
)

GENES = tuple(f"gene{i}" for i in range(12))


@pytest.fixture
def scores():
    """Of two regulators: the first scores gene 0 to 5 highest, the second all alike."""
    size = np.stack([np.arange(12)[::-1], np.arange(12) % 2], axis=1).astype(float)[None]
    none = np.zeros((1, 2))
    return FeatureScores(
        "regulators", ("MSN2", "HSF1"), ("expression",), none, none, none, 12, 12, GENES, size, 0.0
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "targets.tsv"
    pairs = [("MSN2", g) for g in (*GENES[:5], "gene6", "elsewhere")]
    pairs += [("HSF1", g) for g in GENES[:6]] + [("GCN4", g) for g in GENES[:6]]
    pairs += [("HSF1", GENES[0])]  # twice, which counts once
    lines = ["regulator\ttarget\tknown as", *(f"{r}\t{g}\t{r.lower()}" for r, g in pairs)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_u_and_p_by_hand(scores, file, tmp_path):
    found = compare_targets(scores, read_targets(file))
    first, second = found.tests
    # all of 6 × 6 pairs but that of gene 6 with gene 5
    assert (first.regulator, first.targets, first.others) == ("MSN2", 6, 6)
    assert first.auc == pytest.approx(35 / 36)
    assert first.p == pytest.approx(2 / 924)  # two of the choices of 6 of 12 are as extreme
    assert first.q == pytest.approx(2 * first.p)
    assert first.at_targets == pytest.approx(np.mean([11, 10, 9, 8, 7, 5]))
    assert first.higher == 0
    assert second.auc == pytest.approx(0.5)
    assert second.higher == 1  # MSN2's own scores tell these genes apart better
    assert found.facts["that the model does not read"] == 1
    assert found.facts["that are not among the genes scored"] == 1
    assert found.facts["tested"] == 2
    assert (found.source, found.task) == ("regulators", "expression")
    write_target_tests([found, replace(found, source="others")], tmp_path)
    table = (tmp_path / "targets.tsv").read_text().splitlines()
    assert table[1].startswith("regulators\texpression\tMSN2\tmsn2\t6\t6\t")
    assert table[3].startswith("others\texpression\tMSN2\t")


def test_what_training_took_to_nothing_is_not_tested(scores, file):
    scores.by_gene[0, :, 1] *= 1e-9
    found = compare_targets(scores, read_targets(file))
    assert [test.regulator for test in found.tests] == ["MSN2"]
    assert found.facts["that it reads and does not use"] == 1


def test_too_few_targets_are_counted(scores):
    known = KnownTargets("list", {"MSN2": frozenset(GENES[:4]), "HSF1": frozenset(GENES[:8])})
    found = compare_targets(scores, known)
    assert found.tests == ()
    assert found.facts["with fewer than 5 targets or other genes"] == 2


def test_a_file_without_the_columns_or_the_genes(tmp_path):
    path = tmp_path / "other.tsv"
    path.write_text("tf\tgene\nMSN2\tgene1\n")
    with pytest.raises(InputError, match="expected columns regulator and target"):
        read_targets(path)
    path.write_text("regulator\ttarget\n")
    with pytest.raises(InputError, match="holds no pair"):
        read_targets(path)
    path.write_text("regulator\ttarget\nMSN2\tYAL001C\n")
    with pytest.raises(InputError, match="genes of the data set"):
        check_targets(read_targets(path), GENES)
    with pytest.raises(InputError, match="rows without genes"):
        check_targets(read_targets(path), ())
