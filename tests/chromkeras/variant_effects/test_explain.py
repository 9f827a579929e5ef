from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from chromkeras.variant_effects import explain as module
from chromkeras.variant_effects.options import VariantOptions
from chromkeras.variant_effects.variants import variants

OPTIONS = VariantOptions(null=2, explain=3, motifs="jaspar:nematodes", references=4)


@pytest.mark.parametrize("null", [0, 2])
def test_the_strongest_are_explained(
    null, make_model, genome, random_records, write_vcf, tmp_path, monkeypatch
):
    written = []
    write = module.write_explained

    def keep(explained, folder, *, source):
        written.extend(explained)
        write(explained, folder, source=source)

    monkeypatch.setattr(module, "write_explained", keep)
    models = [make_model("a", 1), make_model("b", 2)]
    found = variants(
        models, write_vcf(random_records(12)), genome, tmp_path / "s.tsv",
        replace(OPTIONS, null=null),
    )  # fmt: skip
    rows = pd.read_csv(found.out, sep="\t")
    scores = rows[["liver score", "skin score"]].to_numpy()
    if null:
        smallest = np.sort(rows[["liver p", "skin p"]].min(axis=1))[:3]
        assert [one.figures["p"] for one in written] == pytest.approx(smallest, abs=1e-5)
    else:
        largest = np.sort(np.abs(scores).max(axis=1))[::-1][:3]
        assert [abs(one.figures["score"]) for one in written] == pytest.approx(largest, abs=1e-4)
    for one in written:
        # of a substitution both alleles have one window and the same references
        if one.lengths == (1, 1):
            assert (one.alt - one.ref).sum() == pytest.approx(one.figures["score"], abs=2e-3)
        assert ((one.ref != 0).sum(axis=1) <= 1).all()
    assert found.explained == tmp_path / "s_explained"
    names = sorted(path.name for path in found.explained.iterdir())
    pictures = ["variant_1.png", "variant_2.png", "variant_3.png"]
    assert names == ["motif_changes.tsv", "report.html", *pictures]
    page = (found.explained / "report.html").read_text()
    assert not [word for word in ('src="http', 'href="http', "url(http") if word in page]
    assert written[0].name.split(" ")[0] in page
    changed = pd.read_csv(found.explained / "motif_changes.tsv", sep="\t")
    assert len(changed) == sum(len(one.changes) for one in written)
