import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.model_report.join import join
from chromkeras.scoring.tables import open_scores
from chromkeras.variant_effects import variants as module
from chromkeras.variant_effects.options import VariantOptions
from chromkeras.variant_effects.variants import variants

OPTIONS = VariantOptions(null=2, tasks=("skin",), contrasts=("liver-skin",))


@pytest.fixture
def run(make_model, genome, random_records, write_vcf, tmp_path, monkeypatch):
    """Return a function that scores a part of some records as a file of the given name."""
    monkeypatch.setattr(module, "RECORDS", 4)
    model = make_model()
    records = random_records(14)
    records[3] = "chr1 10 edge A C"
    records[9] += " more"
    vcf = write_vcf([*records, "chr9 10 away A C"])

    def score(name, part="1/1"):
        return variants(model, vcf, genome, tmp_path / name, OPTIONS, part=part)

    return score


@pytest.mark.parametrize("ending", ["tsv", "vcf.gz", "h5"])
def test_joined_parts_are_the_whole_run(run, tmp_path, ending):
    whole = run(f"whole.{ending}")
    parts = [run(f"part{k}.{ending}", f"{k}/3").out for k in (3, 1, 2)]
    out, joined = join(parts, tmp_path / f"joined.{ending}").out
    if ending == "h5":
        pieces = [next(open_scores(path).pieces()) for path in (whole.out, out)]
        for key, values in pieces[0].items():
            np.testing.assert_array_equal(values, pieces[1][key], err_msg=key)
        text = join(parts, tmp_path / "joined.tsv").out[0].read_text()
        assert text == run("whole.tsv").out.read_text()
    else:
        assert out.read_bytes() == whole.out.read_bytes()
    assert "q" in open_scores(out).layout.matrices
    assert joined.name == f"joined.{ending}.rejected.tsv"
    assert joined.read_text() == whole.rejected.read_text()
    assert len(joined.read_text().splitlines()) >= 3


def test_formats_that_do_not_go_together_are_refused(run, tmp_path):
    parts = [run("1.vcf.gz", "1/2").out, run("2.tsv", "2/2").out]
    with pytest.raises(InputError, match="one format"):
        join(parts, tmp_path / "j.vcf.gz")
    parts[1] = run("2.vcf.gz", "2/2").out
    with pytest.raises(InputError, match="one format"):
        join(parts, tmp_path / "j.tsv")
    with pytest.raises(InputError, match="missing: 2"):
        join(parts[:1], tmp_path / "j.vcf.gz")
    assert not list(tmp_path.glob("j.*"))
