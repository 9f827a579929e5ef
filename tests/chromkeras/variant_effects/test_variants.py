import re
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pysam
import pytest
from scipy.stats import false_discovery_control
from sklearn.metrics import roc_auc_score

from chromkeras.errors import InputError
from chromkeras.importers.simulate import simulate
from chromkeras.importers.simulation import Simulation
from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.recipe.reading import make_recipe
from chromkeras.scoring.chunks import Chunks
from chromkeras.scoring.indexed_genome import IndexedGenome
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.train import train
from chromkeras.variant_effects import variants as module
from chromkeras.variant_effects.null import some_substitutions
from chromkeras.variant_effects.options import VariantOptions
from chromkeras.variant_effects.variants import variants

PLAIN = VariantOptions(null=0)
WITH_NULL = VariantOptions(null=2, shifts=(0, 5))
_ONE_HOT = np.vstack([np.eye(4), np.zeros((1, 4))]).astype(np.float32)


def table(path):
    return pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""])


def one_hot(text):
    return _ONE_HOT[["ACGTN".index(base) for base in text]]


def by_hand(network, text, position, ref, alt, shifts=(0,), length=300):
    """Return logits of both alleles, (T,) each, one sequence and strand at a time."""
    start, end = position - 1, position - 1 + len(ref)
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt, end = ref[:-1], alt[:-1], end - 1
    while ref and alt and ref[0] == alt[0]:
        ref, alt, start = ref[1:], alt[1:], start + 1
    changed = text[:start] + alt + text[end:]
    logits = {False: [], True: []}
    for shift in shifts:
        first = start + len(ref) // 2 - length // 2 + shift
        windows = [(False, text[first : first + length]), (True, changed[first : first + length])]
        if len(ref) != len(alt):
            last = first + length + len(alt) - len(ref)
            windows.append((True, changed[last - length : last]))
        for allele, window in windows:
            x = one_hot(window)[None]
            both = network(x).numpy() + network(np.ascontiguousarray(x[:, ::-1, ::-1])).numpy()
            logits[allele].append(both[0] / 2)
    return np.mean(logits[False], axis=0), np.mean(logits[True], axis=0)


@pytest.fixture
def few(random_records, write_vcf):
    return write_vcf(random_records(12))


def test_scores_are_those_of_a_plain_loop(make_model, genome, bases, few, tmp_path):
    model = make_model()
    network = open_model(model).network
    found = variants(model, few, genome, tmp_path / "s.tsv", replace(PLAIN, shifts=(0, -11)))
    rows = table(found.out)
    assert found.scored == len(rows) > 12
    assert found.reasons == {}
    for _, row in rows.iterrows():
        ref, alt = by_hand(network, bases[row.chrom], row.pos, row.ref, row.alt, (0, -11))
        assert [row["liver ref_log_odds"], row["skin ref_log_odds"]] == pytest.approx(ref, abs=2e-5)
        assert [row["liver score"], row["skin score"]] == pytest.approx(alt - ref, abs=2e-5)
        chance = 1 / (1 + np.exp(-alt[0]))
        assert row["liver alt_probability"] == pytest.approx(chance, abs=2e-5)
    assert rows["liver score"].std() > 0.01


def scores_of(path):
    with h5py.File(path) as file:
        return {name: file[name][:] for name in file if name != "facts"}


def test_scores_do_not_depend_on_batch_size_order_or_part(
    make_model, genome, random_records, write_vcf, tmp_path, monkeypatch
):
    model, records = make_model(), random_records(30)
    vcf = write_vcf(records)
    whole = scores_of(variants(model, vcf, genome, tmp_path / "a.h5", WITH_NULL).out)
    other = variants(model, vcf, genome, tmp_path / "b.h5", replace(WITH_NULL, batch_size=7))
    turned = write_vcf(records[::-1], "turned.vcf")
    backwards = scores_of(variants(model, turned, genome, tmp_path / "c.h5", WITH_NULL).out)
    order = np.lexsort([whole[key] for key in ("alt", "pos")])
    again = np.lexsort([backwards[key] for key in ("alt", "pos")])
    for key in ("score", "ref_log_odds", "alt_probability", "p", "percentile", "q"):
        assert scores_of(other.out)[key] == pytest.approx(whole[key], abs=1e-5)
        assert backwards[key][again] == pytest.approx(whole[key][order], abs=1e-5)
    monkeypatch.setattr(module, "RECORDS", 8)
    parts = [
        scores_of(variants(model, vcf, genome, tmp_path / f"{k}.h5", WITH_NULL, part=f"{k}/3").out)
        for k in (1, 2, 3)
    ]
    for key in ("pos", "alt"):
        assert np.array_equal(np.concatenate([part[key] for part in parts]), whole[key])
    for key in ("score", "p"):
        joined = np.concatenate([part[key] for part in parts])
        assert joined == pytest.approx(whole[key], abs=1e-5)
    assert np.isnan(np.concatenate([part["q"] for part in parts])).all()


def test_a_run_that_was_stopped_goes_on(
    make_model, genome, random_records, write_vcf, tmp_path, monkeypatch
):
    model, vcf = make_model(), write_vcf(random_records(20))
    expected = variants(model, vcf, genome, tmp_path / "a.tsv", PLAIN).out.read_text()
    monkeypatch.setattr(module, "RECORDS", 4)
    write, written = Chunks.write, []

    def stopping(self, number, piece):
        if number == 3 and len(written) == 3:
            raise KeyboardInterrupt
        written.append(number)
        write(self, number, piece)

    monkeypatch.setattr(Chunks, "write", stopping)
    with pytest.raises(KeyboardInterrupt):
        variants(model, vcf, genome, tmp_path / "b.tsv", PLAIN)
    assert not (tmp_path / "b.tsv").exists()
    with pytest.raises(InputError, match="other models, data or options"):
        variants(model, vcf, genome, tmp_path / "b.tsv", replace(PLAIN, shifts=(1,)))
    written.append("again")
    assert variants(model, vcf, genome, tmp_path / "b.tsv", PLAIN).out.read_text() == expected
    assert written == [0, 1, 2, "again", 3, 4]
    assert not list(tmp_path.glob(".*partial"))


def test_rejected_alleles_stand_in_a_file_of_their_own(
    make_model, genome, bases, write_vcf, tmp_path
):
    base = bases["chr1"][999]
    wrong = "A" if base != "A" else "C"
    records = [
        f"chr1 1000 good {base} {wrong},<DEL>,*",
        f"chr1 1000 twice {base.lower()} {wrong.lower()}",
        f"chr1 1000 wrong {wrong} {base}",
        "chr2 1300 gap A C",
        "chr3 5 away A C",
        "chr1 99999 off A C",
        "chr1 x . A C",
        "chr1 7",
        f"chr1 1000 long {'ACGT' * 200_000} C",
    ]
    found = variants(make_model(), write_vcf(records), genome, tmp_path / "s.tsv", PLAIN)
    rows, rejected = table(found.out), table(found.rejected)
    assert rows["id"].tolist() == ["good", "twice"]
    assert rows["liver score"].nunique() == 1
    assert (found.records, found.scored, len(rejected)) == (9, 2, 9)
    assert rejected["line"].tolist() == [3, 3, 5, 6, 7, 8, 9, 10, 11]
    assert sum(found.reasons.values()) == 9
    assert found.rejected.stat().st_size < 5000
    mismatches = rejected.reason[[2, 3]].tolist()
    assert mismatches == [
        f"the reference allele differs from the genome, which has {there}" for there in (base, "N")
    ]
    assert found.notes == (
        "chromosomes that are not in the genome: chr3; did you mean chr2 or chr1?",
    )


def test_chromosomes_of_other_names_are_said(make_model, genome, write_vcf, tmp_path):
    with pytest.raises(InputError, match=r"no chromosome of .* did you mean chr1"):
        variants(make_model(), write_vcf(["1 900 . A C"]), genome, tmp_path / "s.tsv", PLAIN)
    assert not (tmp_path / "s.tsv").exists()


def test_the_null_is_kept_and_q_are_of_all_variants(make_model, genome, few, tmp_path, monkeypatch):
    model = make_model()
    first = variants(model, few, genome, tmp_path / "a.tsv", WITH_NULL)
    monkeypatch.setattr(module, "draw_null", None)  # it is not drawn again
    chosen = replace(WITH_NULL, tasks=("skin",), contrasts=("liver-skin",))
    second = variants(model, few, genome, tmp_path / "b.tsv", chosen)
    assert first.null == second.null
    a, b = table(first.out), table(second.out)
    for figure in ("score", "p", "percentile", "q"):
        assert np.array_equal(a[f"skin {figure}"], b[f"skin {figure}"])
    contrast = (a["liver score"] - a["skin score"]).to_numpy()
    assert b["liver - skin score"].to_numpy() == pytest.approx(contrast, abs=1e-4)
    for name in ("liver", "skin"):
        q = false_discovery_control(a[f"{name} p"].to_numpy())
        assert a[f"{name} q"].to_numpy() == pytest.approx(q, rel=1e-5)
    assert a["region"].isin(["active", "background"]).all()
    with pytest.raises(TypeError):
        variants(model, few, genome, tmp_path / "c.tsv", replace(WITH_NULL, seed=1))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_records(
    make_model, genome, bases, write_vcf, tmp_path
):
    """Slow: 100,000 records; most are rejected, so that the model has little to do."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("the peak of memory can be told on Linux alone")
    rng = np.random.default_rng(0)
    places = rng.integers(400, 3500, 5).tolist()
    kinds = [f"{p + 1} . {bases['chr1'][p]} {'AC'[bases['chr1'][p] == 'A']}" for p in places]
    kinds += ["7", "x . A C", "9 . . C", "9 . A *,<DEL>", "99999 . A C"] * 4
    model, most = make_model(), []
    for count in (2000, 10_000, 100_000):
        vcf = write_vcf(f"chr1 {kinds[k]}" for k in rng.integers(0, len(kinds), count))
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
        found = variants(model, vcf, genome, tmp_path / f"{count}.tsv.gz", PLAIN)
        status = Path("/proc/self/status").read_text()
        most.append(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024)
        assert found.records == count
        assert found.scored + sum(found.reasons.values()) >= count
    assert most[2] < most[1] + 30  # MiB


def test_vcf_keeps_all_records_and_adds_scores(
    make_model, genome, bases, random_records, write_vcf, tmp_path
):
    base = bases["chr1"][999]
    other = [each for each in "ACGT" if each != base]
    records = [
        *random_records(6),
        "chr1 5 no_info N C",
        f"chr1 1000 m {base} {other[0]},*,TTT . . .",
    ]
    vcf, model = write_vcf(records), make_model()
    found = variants(model, vcf, genome, tmp_path / "s.vcf.gz", WITH_NULL)
    rows = table(variants(model, vcf, genome, tmp_path / "s.tsv", WITH_NULL).out)
    scores = iter(rows["skin score"])
    with pysam.VariantFile(str(found.out)) as file:
        read = list(file)
        assert set(file.header.contigs) == {"chr1", "chr2"}
    assert [record.id for record in read] == [record.split()[2] for record in records]
    for record in read:
        info = dict(record.info)
        for k, alt in enumerate(record.alts):
            if record.ref == "N" or alt == "*":
                assert info["CK_rejected"][k] is not None
                assert "CK_skin_score" not in info or info["CK_skin_score"][k] is None
            else:
                assert info["CK_skin_score"][k] == pytest.approx(next(scores), rel=1e-4)
                assert info["CK_region"][k] in ("active", "background")
    assert read[0].info["DP"] == "0"
    assert next(scores, None) is None
    with found.out.open("rb") as file:
        assert file.read(14)[12:] == b"BC"  # bgzip
    again = variants(model, found.out, genome, tmp_path / "again.vcf.gz", WITH_NULL).out
    assert again.read_bytes() == found.out.read_bytes()


def test_several_models_are_an_ensemble(make_model, genome, few, tmp_path):
    models = [make_model("a", 1), make_model("b", 2), make_model("c", 3)]
    options = replace(PLAIN, members=True)
    rows = table(variants(models, few, genome, tmp_path / "s.tsv", options).out)
    each = np.stack([rows[f"skin score_{k}"] for k in (1, 2, 3)])
    for k, model in enumerate(models):
        alone = table(variants(model, few, genome, tmp_path / "one.tsv", PLAIN).out)
        assert each[k] == pytest.approx(alone["skin score"].to_numpy(), abs=1e-4)
    assert rows["skin score"].to_numpy() == pytest.approx(each.mean(axis=0), abs=1e-4)
    assert rows["skin spread"].to_numpy() == pytest.approx(each.std(axis=0, ddof=1), abs=1e-4)


def test_real_values_and_classes(make_model, genome, few, tmp_path):
    real = table(
        variants(
            make_model("r", problem="regression"), few, genome, tmp_path / "r.tsv", WITH_NULL
        ).out
    )
    assert not [name for name in real if "probability" in name]
    difference = (real["skin alt_prediction"] - real["skin ref_prediction"]).to_numpy()
    assert real["skin score"].to_numpy() == pytest.approx(difference, abs=1e-4)
    model = make_model("c", problem="classes", classes=("closed", "open", "poised"))
    classes = table(variants(model, few, genome, tmp_path / "c.tsv", WITH_NULL).out)
    chances = [classes[f"skin:{name} alt_probability"] for name in ("closed", "open", "poised")]
    assert sum(chances).to_numpy() == pytest.approx(1, abs=1e-4)
    odds = (classes["skin:open alt_log_odds"] - classes["skin:open ref_log_odds"]).to_numpy()
    assert classes["skin:open score"].to_numpy() == pytest.approx(odds, abs=1e-4)


def test_random_substitutions_have_uniform_p(make_model, write_vcf, tmp_path):
    rng = np.random.default_rng(0)
    genome = tmp_path / "large.fa"
    genome.write_text(">chr1\n" + "".join(rng.choice(list("ACGT"), 200_000)) + "\n")
    with IndexedGenome(genome) as opened:
        drawn = some_substitutions(opened, 300, (0,), 99, 1000)
        records = [f"{c} {p} . {ref} {alt}" for (c, p, ref, alt), _ in drawn]
    options = VariantOptions(null=39, both_strands=False)
    found = scores_of(
        variants(make_model(), write_vcf(records), genome, tmp_path / "s.h5", options).out
    )
    assert len(np.unique(found["region"])) == 2
    for cut in (0.05, 0.5):
        # the null has 64 times 39 substitutions, and the variants are not spread evenly over them
        error = np.sqrt(cut * (1 - cut) * (1 / 1000 + 1 / (64 * 39 / 2)))
        assert np.abs((found["p"] <= cut).mean(axis=0) - cut).max() < 4 * error


@pytest.mark.slow
def test_substitutions_in_planted_motifs_count_more_than_those_beside(tmp_path):
    data = simulate(
        Simulation(tasks=2, motifs_per_task=1, sequences=3000, length=300, span=150, copies=(1, 2))
    )
    recipe = make_recipe("hard", size="small", settings=["training.epochs=12"])
    train(data, recipe, tmp_path / "m.keras")
    rows = data.rows("test")
    codes = data.one_hot(rows).argmax(axis=-1)
    rng = np.random.default_rng(0)
    sides = rng.integers(0, 4, (2, len(rows), 300))
    texts = ["".join("ACGT"[c] for c in row) for row in np.hstack([sides[0], codes, sides[1]])]
    genome, records = tmp_path / "g.fa", []
    genome.write_text("".join(f">r{i}\n{text}\n" for i, text in zip(rows, texts, strict=True)))
    truth, place = data.truth, {row: i for i, row in enumerate(rows.tolist())}
    planted = {row: np.zeros(300, bool) for row in place}
    instances = [i for i, row in enumerate(truth.row) if row in place]
    for i in instances:
        planted[truth.row[i]][truth.start[i] : truth.end[i]] = True
    for i in instances:
        if not truth.causal[i].any():
            continue
        row, at = truth.row[i], int(rng.integers(truth.start[i], truth.end[i]))
        near = range(max(0, truth.start[i] - 40), min(300, truth.end[i] + 40))
        beside = int(rng.choice([j for j in near if not planted[row][j]]))
        for kind, where in (("in", at), ("beside", beside)):
            ref = texts[place[row]][300 + where]
            task = int(np.flatnonzero(truth.causal[i])[0])
            alt = "ACGT"[("ACGT".index(ref) + int(rng.integers(1, 4))) % 4]
            records.append(f"r{row} {301 + where} {kind}/{task} {ref} {alt}")
    vcf = tmp_path / "v.vcf"
    lines = ["##fileformat=VCFv4.2", *(record.replace(" ", "\t") for record in records)]
    vcf.write_text("\n".join(lines) + "\n")
    found = scores_of(variants(tmp_path / "m.keras", vcf, genome, tmp_path / "s.h5", PLAIN).out)
    names = [name.decode().split("/") for name in found["id"]]
    sizes = [abs(row[int(task)]) for row, (_, task) in zip(found["score"], names, strict=True)]
    assert roc_auc_score([kind == "in" for kind, _ in names], sizes) > 0.75


def test_models_of_other_inputs_are_refused(tiny_recipe, tiny_dataset, genome, few, tmp_path):
    recipe, data = (make(architecture="wakawaka") for make in (tiny_recipe, tiny_dataset))
    plan = resolve_plan(recipe, data.tasks, data.shapes, problem="binary")
    weights = build_model(plan).get_weights()
    save_model(tmp_path / "two.keras", plan, weights, fingerprint="none", scores={})
    with pytest.raises(InputError, match="expected a model of DNA alone"):
        variants(tmp_path / "two.keras", few, genome, tmp_path / "s.tsv", PLAIN)


@pytest.mark.parametrize(
    "wrong",
    [{"null": -1}, {"shifts": ()}, {"shifts": (1, 1)}, {"batch_size": 0}, {"explain": -2}],
)
def test_wrong_options(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        VariantOptions(**wrong)


def test_wrong_names(make_model, genome, few, tmp_path):
    model = make_model()
    with pytest.raises(InputError, match=r"ends in .tsv, .tsv.gz, .h5 or .vcf.gz"):
        variants(model, few, genome, tmp_path / "s.txt", PLAIN)
    with pytest.raises(InputError, match="liver"):
        variants(model, few, genome, tmp_path / "s.tsv", replace(PLAIN, tasks=("lver",)))
    with pytest.raises(InputError, match="half of the window of 300"):
        variants(model, few, genome, tmp_path / "s.tsv", replace(PLAIN, shifts=(0, -150)))
    with pytest.raises(InputError, match="K/N"):
        variants(model, few, genome, tmp_path / "s.tsv", PLAIN, part="4/3")
