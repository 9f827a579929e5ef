"""Predictions of files: equal to a plain loop over the model, whatever the batches and parts."""

import gzip
import json
import logging
from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pybigtools
import pysam
import pytest
from scipy.special import expit, logit

import chromkeras
from chromkeras.data.dataset import Dataset
from chromkeras.data.factor import Factor
from chromkeras.data.hdf5 import save_dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.errors import InputError
from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.model_report.join import join
from chromkeras.scoring import chunks, run
from chromkeras.scoring.predict import predict
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

LENGTH = 60
BED = """browser position chr1
track name=peaks
# a comment
chr1\t100\t250\tone\t0\t+
chr2\t0\t10\ttwo\t0\t-

chr2\t320\t333
chr1\t100\t250\tone\t0\t+
chr1\t65500\t65600\tfour\t1\t-
"""
REGIONS = [("chr1", 100, 250), ("chr2", 0, 10), ("chr2", 320, 333), ("chr1", 100, 250),
           ("chr1", 65500, 65600)]  # fmt: skip


def centred(regions):
    return [(chrom, (start + end) // 2 - LENGTH // 2) for chrom, start, end in regions]


@pytest.fixture
def bed(tmp_path):
    path = tmp_path / "regions.bed"
    path.write_text(BED)
    return path


@pytest.fixture
def many(tmp_path):
    """A BED file of 23 regions."""
    path = tmp_path / "many.bed"
    path.write_text("".join(f"chr1\t{k * 97}\t{k * 97 + 80}\tr{k}\n" for k in range(23)))
    return path


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(run, "CHUNK", 4)


def read(path):
    return pd.read_csv(path, sep="\t")


def test_regions_are_those_of_a_plain_loop(models, genome, bed, plain_loop, window_letters):
    path, letters = genome
    model = models(1)[0]
    texts = [window_letters(letters[chrom], start) for chrom, start in centred(REGIONS)]
    expected = expit(plain_loop(open_model(model).network, texts) + logit(0.2))
    found = predict(model, bed=bed, genome=path)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    out = bed.with_name("scores.tsv")
    done = predict(model, bed=bed, genome=path, out=out)
    assert (done.rows, done.members, done.out) == (5, 1, (out,))
    assert "2 reach past an end" in done.source
    table = read(out)
    assert list(table.columns) == ["chrom", "start", "end", "name", "strand", "window",
                                   "gut", "nerve", "gut-nerve"]  # fmt: skip
    assert table["name"].tolist() == ["one", "two", ".", "one", "four"]
    assert list(zip(table["chrom"], table["window"], strict=True)) == centred(REGIONS)
    np.testing.assert_allclose(table.iloc[:, 6:], expected, rtol=1e-5)
    assert not [p for p in out.parent.iterdir() if p.name.startswith(".")]


def test_the_reverse_strand_is_read_where_strands_are_not_averaged(
    models, genome, bed, plain_loop, window_letters
):
    path, letters = genome
    model = models(1)[0]
    texts = [window_letters(letters[chrom], start) for chrom, start in centred(REGIONS)]
    turn = str.maketrans("ACGTacgtNR", "TGCAtgcaNY")
    texts = [t.translate(turn)[::-1] if k in (1, 4) else t for k, t in enumerate(texts)]
    expected = plain_loop(open_model(model).network, texts, both_strands=False)
    found = predict(model, bed=bed, genome=path, both_strands=False, logits=True, calibrated=False)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_sequences_of_any_length_are_centred(models, tmp_path, plain_loop):
    texts = ["ACGT" * 15, "acgtn" * 4, "RYKMSW" + "ACGGT" * 20, "A", "ACGT" * 15]
    fasta = tmp_path / "some.fa"
    fasta.write_text("".join(f">s{k % 4} text\n{t[:50]}\n{t[50:]}\n" for k, t in enumerate(texts)))
    model = models(1)[0]
    windows = [texts[0], "N" * 20 + texts[1] + "N" * 20, texts[2][23:83], "N" * 30 + "A" + "N" * 29,
               texts[0]]  # fmt: skip
    expected = expit(plain_loop(open_model(model).network, windows) + logit(0.2))
    np.testing.assert_allclose(predict(model, fasta=fasta), expected, rtol=1e-5)
    packed = {".gz": gzip.compress(fasta.read_bytes())}
    pysam.tabix_compress(str(fasta), str(tmp_path / "some.bgz"))
    (tmp_path / "some.fa.gz").write_bytes(packed[".gz"])
    for name in ("some.fa.gz", "some.bgz"):
        np.testing.assert_array_equal(predict(model, fasta=tmp_path / name),
                                      predict(model, fasta=fasta))  # fmt: skip
    done = predict(model, fasta=fasta, out=tmp_path / "s.tsv.gz")
    assert "2 reach past an end" in done.source
    assert "1 sequences are longer" in done.source
    table = read(done.out[0])
    assert table[["name", "length", "window"]].values.tolist() == [
        ["s0", 60, 0], ["s1", 20, -20], ["s2", 106, 23], ["s3", 1, -30], ["s0", 60, 0],
    ]  # fmt: skip


def test_long_sequences_are_tiled(models, genome, tmp_path, plain_loop, window_letters):
    path, letters = genome
    model, text = models(1)[0], letters["chr2"]
    bed = tmp_path / "whole.bed"
    bed.write_text("chr2\t0\t333\nchr2\t100\t120\n")
    starts = [*range(0, 320, 40)[:8], 80]  # the eighth ends at 340, past the last base
    expected = expit(
        plain_loop(open_model(model).network, [window_letters(text, k) for k in starts])
        + logit(0.2)
    )
    done = predict(model, bed=bed, genome=path, stride=40, out=tmp_path / "tiles.tsv")
    table = read(done.out[0])
    assert table["window"].tolist() == starts
    assert "1 reach past" in done.source
    np.testing.assert_allclose(table["gut"], expected[:, 0], rtol=1e-5)
    fasta = tmp_path / "whole.fa"
    fasta.write_text(f">chr2\n{text}\n")
    tiles = predict(model, fasta=fasta, stride=40)
    np.testing.assert_allclose(tiles, expected[:8], rtol=1e-5)


def test_an_ensemble_has_mean_spread_and_each(models, genome, bed):
    path, _ = genome
    paths = models(3)
    each = [predict(p, bed=bed, genome=path, logits=True, contrasts=["gut - nerve"]) for p in paths]
    out = bed.with_name("scores.h5")
    done = predict(
        paths, bed=bed, genome=path, logits=True, contrasts=["gut - nerve"], members=True, out=out
    )
    assert done.members == 3
    with h5py.File(out) as file:
        np.testing.assert_allclose(file["score"], np.mean(each, axis=0), atol=1e-5)
        np.testing.assert_allclose(file["spread"], np.std(each, axis=0, ddof=1), atol=1e-5)
        np.testing.assert_allclose(file["member_2"], each[1], atol=1e-5)
        assert file["tasks"].asstr()[:].tolist() == ["gut - nerve"]
        assert file["chrom"].asstr()[:3].tolist() == ["chr1", "chr2", "chr2"]
        assert [m["file"] for m in json.loads(file.attrs["models"])] == [p.name for p in paths]
        assert file.attrs["both strands"]
        assert len(json.loads(file.attrs["calibration"])) == 3
    arrays = predict(paths, bed=bed, genome=path, members=True)
    assert arrays.shape == (3, 5, 3)
    headings = list(read(predict(paths, bed=bed, genome=path, tasks=["nerve"], members=True,
                                 out=bed.with_name("s.tsv")).out[0]).columns)  # fmt: skip
    assert headings[6:] == ["nerve", "nerve_sd", "nerve_member1", "nerve_member2", "nerve_member3"]


def test_classes_and_real_values(models, genome, bed, plain_loop, window_letters):
    path, letters = genome
    texts = [window_letters(letters[chrom], start) for chrom, start in centred(REGIONS)]
    model = models(1, loss="crossentropy")[0]
    found = predict(model, bed=bed, genome=path)
    assert found.shape == (5, 3, 3)
    np.testing.assert_allclose(found.sum(axis=-1), 1, rtol=1e-6)
    model = models(1, loss="poisson")[0]
    outputs = plain_loop(open_model(model).network, texts)
    np.testing.assert_allclose(predict(model, bed=bed, genome=path), np.exp(outputs), rtol=1e-4)


@pytest.mark.parametrize("size", [1, 3, 5, 256])
def test_scores_do_not_depend_on_the_batch_size(size, models, genome, many):
    model, path = models(1)[0], genome[0]
    expected = predict(model, bed=many, genome=path)
    found = predict(model, bed=many, genome=path, batch_size=size)
    np.testing.assert_allclose(found, expected, rtol=2e-6)


def test_scores_do_not_depend_on_the_order(models, genome, many):
    model, path = models(1)[0], genome[0]
    expected = predict(model, bed=many, genome=path)
    lines = many.read_text().splitlines(keepends=True)
    order = np.random.default_rng(0).permutation(len(lines))
    many.write_text("".join(lines[k] for k in order))
    np.testing.assert_allclose(predict(model, bed=many, genome=path), expected[order], rtol=2e-6)


@pytest.mark.parametrize("suffix", ["tsv.gz", "h5"])
def test_parts_are_the_whole(suffix, models, genome, many, small_chunks):
    model, path = [open_model(each) for each in models(2)], genome[0]
    whole = many.with_name(f"whole.{suffix}")
    predict(model, bed=many, genome=path, out=whole, batch_size=2)
    parts = [many.with_name(f"part{k}.{suffix}") for k in (1, 2, 3)]
    for number, part in enumerate(parts, 1):
        predict(model, bed=many, genome=path, out=part, batch_size=2, part=f"{number}/3")
    joined = join(parts[::-1], many.with_name(f"joined.{suffix}"))
    assert joined.rows == 23
    assert joined.out[0].read_bytes() == whole.read_bytes()


class Killed(BaseException):
    """What no code of ours catches."""


@pytest.mark.parametrize("suffix", ["tsv.gz", "h5"])
def test_an_interrupted_run_goes_on_to_the_same_file(
    suffix, models, genome, many, small_chunks, monkeypatch, caplog
):
    model, path = open_model(models(1)[0]), genome[0]
    out = many.with_name(f"scores.{suffix}")
    call = {"bed": many, "genome": path, "batch_size": 2}
    predict(model, out=out, **call)
    whole = out.read_bytes()
    out.unlink()
    write = chunks.Chunks.write

    def until_killed(self, number, piece):
        if number == 3:
            raise Killed
        write(self, number, piece)

    with monkeypatch.context() as patch:
        patch.setattr(chunks.Chunks, "write", until_killed)
        with pytest.raises(Killed):
            predict(model, out=out, **call)
    assert not out.exists()
    with pytest.raises(InputError, match="holds part of a run of other models, data or options"):
        predict(model, out=out, logits=True, **call)
    with caplog.at_level(logging.INFO, "chromkeras"):
        done = predict(model, out=out, **call)
    assert done.resumed == 12
    assert "3 of 6 chunks are there" in caplog.text
    assert out.read_bytes() == whole


def test_a_fresh_run_drops_what_was_left(models, genome, many, small_chunks, monkeypatch):
    model, path = open_model(models(1)[0]), genome[0]
    out = many.with_name("scores.tsv")
    with monkeypatch.context() as patch:
        patch.setattr(run, "FORMATS", {".tsv": lambda *_: (_ for _ in ()).throw(Killed)})
        with pytest.raises(Killed):
            predict(model, bed=many, genome=path, out=out)
    assert not out.exists()
    done = predict(model, bed=many, genome=path, out=out, logits=True, fresh=True)
    assert (done.resumed, done.rows) == (0, 23)


@pytest.fixture
def dataset(tmp_path):
    random = np.random.default_rng(0)
    return Dataset(
        {"dna": PackedSequences.from_codes(random.integers(0, 5, (30, LENGTH)).astype(np.uint8))},
        random.integers(0, 2, (30, 1)).astype(np.int8),
        ("other",),
        np.array(["train", "valid", "test"])[np.arange(30) % 3],
        chrom=np.array(["chr1"] * 30),
        start=np.arange(30) * 10,
        factors={"gene": Factor(("a", "b", "c"), np.arange(30) % 3)},
    )


def test_rows_of_a_data_set(models, dataset, tmp_path, plain_loop):
    model = models(1)[0]
    rows = dataset.rows("test")
    texts = ["".join("ACGTN"[c] for c in codes) for codes in dataset.codes(rows)]
    expected = expit(plain_loop(open_model(model).network, texts) + logit(0.2))
    np.testing.assert_allclose(predict(model, dataset, split="test"), expected, rtol=1e-5)
    save_dataset(dataset, tmp_path / "data.h5")
    done = predict(model, tmp_path / "data.h5", split="test", out=tmp_path / "s.tsv")
    table = read(done.out[0])
    assert table["row"].tolist() == rows.tolist()
    assert table["window"].tolist() == (rows * 10).tolist()
    assert table["gene"].tolist() == ["c"] * 10
    np.testing.assert_allclose(table.iloc[:, -3:], expected, rtol=1e-5)


def test_genes_are_read_in_their_direction(models, dataset, tmp_path):
    model = models(1)[0]
    dna = replace(dataset.dna, stranded=True)
    genes = replace(dataset, inputs={"dna": dna})
    expected = predict(model, dataset, both_strands=False)
    np.testing.assert_array_equal(predict(model, genes), expected)
    done = predict(model, genes, out=tmp_path / "s.tsv")
    np.testing.assert_allclose(read(done.out[0]).iloc[:, -3:], expected, rtol=1e-5)


def test_regions_as_bigwig(models, genome, bed):
    path, letters = genome
    model = models(1)[0]
    scores = predict(model, bed=bed, genome=path)
    done = predict(model, bed=bed, genome=path, out=bed.with_name("scores.bw"))
    assert [p.name for p in done.out] == [f"scores.{t}.bw" for t in ("gut", "nerve", "gut-nerve")]
    file = pybigtools.open(str(done.out[1]))
    assert file.chroms() == {name: len(text) for name, text in letters.items()}
    found = [(chrom, *record) for chrom in ("chr1", "chr2") for record in file.records(chrom)]
    expected = [("chr1", 100, 250, 3), ("chr1", 65500, 65600, 4), ("chr2", 0, 10, 1),
                ("chr2", 320, 333, 2)]  # fmt: skip
    assert [each[:3] for each in found] == [each[:3] for each in expected]
    wanted = [scores[row, 1] for *_, row in expected]
    np.testing.assert_allclose([each[3] for each in found], wanted, rtol=1e-6)


def test_regions_past_the_end_have_no_bigwig(models, genome, bed):
    bed.write_text("chr2\t333\t400\n")
    with pytest.raises(InputError, match="expected a region inside its chromosome"):
        predict(models(1)[0], bed=bed, genome=genome[0], out=bed.with_name("s.bw"))
    assert not [p for p in bed.parent.iterdir() if p.suffix == ".bw"]


def test_bigwig_of_overlapping_tiles_from_parts(models, genome, tmp_path, caplog):
    path, letters = genome
    model = models(1)[0]
    bed = tmp_path / "tiles.bed"
    bed.write_text("chr2\t0\t333\nchr2\t15\t100\n")
    call = {"bed": bed, "genome": path, "stride": 20, "tasks": ["gut"]}
    tiles = read(predict(model, out=tmp_path / "t.tsv", **call).out[0])
    total, count = np.zeros(len(letters["chr2"])), np.zeros(len(letters["chr2"]))
    for window, score in zip(tiles["window"], tiles["gut"], strict=True):
        middle = slice(window + 20, window + 40)
        total[middle] += score
        count[middle] += 1
    parts = [tmp_path / f"{k}.h5" for k in (1, 2)]
    for number, part in enumerate(parts, 1):
        predict(model, out=part, part=f"{number}/2", batch_size=4, **call)
    with caplog.at_level(logging.INFO, "chromkeras"):
        done = join(parts, tmp_path / "all.bw")
    assert "the mean of their scores" in caplog.text
    values = pybigtools.open(str(done.out[0])).values("chr2", fillna=None)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(values, total / count, rtol=1e-4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chr1\t5\n", "regions.bed:1: expected at least 3 columns"),
        ("chr1\t5\tx\n", "regions.bed:1: expected an integer end, received 'x'"),
        ("#\nchr1\t9\t5\n", "regions.bed:2: end 5 lies before start 9"),
        ("chr1\t-9\t5\n", "start -9 is negative"),
        ("chr1\t0\t5\n1\t2\t3\n", "regions.bed:2: chromosome '1' is not in genome genome.fa; "
         "did you mean chr1?"),
        ("track name=none\n", "holds no region"),
        ("", "is empty"),
    ],
)  # fmt: skip
def test_bad_regions_are_one_line(text, said, models, genome, bed):
    bed.write_text(text)
    out = bed.with_name("s.tsv")
    with pytest.raises(InputError) as caught:
        predict(models(1)[0], bed=bed, genome=genome[0], out=out)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not [p for p in out.parent.iterdir() if "s.tsv" in p.name]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "expected one of `dataset`, `fasta` and `bed`, received none"),
        ({"fasta": "f.fa", "bed": "b.bed"}, "received `fasta` and `bed`"),
        ({"bed": "b.bed"}, "expected `genome` with `bed`"),
        ({"fasta": "f.fa", "genome": "g.fa"}, "expected `bed` with `genome`"),
        ({"fasta": "none.fa"}, "sequences none.fa does not exist"),
        ({"fasta": "f.fa", "out": "s.csv"}, "expected a name that ends in .tsv"),
        ({"fasta": "f.fa", "out": "s.bw"}, "bigWig holds scores of regions"),
        ({"bed": "b.bed", "genome": "g.fa", "out": "s.bw", "part": "1/2"}, "cannot be joined"),
        ({"fasta": "f.fa", "part": "3/2"}, "expected K/N with 1 <= K <= N"),
        ({"fasta": "f.fa", "part": "half"}, "expected K/N, such as 3/10"),
        ({"fasta": "f.fa", "stride": -1}, "`stride`: expected 1 or more"),
        ({"fasta": "f.fa", "tasks": ["guts"]}, "unknown task 'guts'; did you mean gut"),
        ({"fasta": "f.fa", "contrasts": ["gut-brain"]}, "unknown task 'brain'"),
    ],
)
def test_bad_calls_are_one_line(given, said, models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.fa").write_text(">a\nACGT\n")
    (tmp_path / "b.bed").write_text("chr1\t0\t9\n")
    (tmp_path / "g.fa").write_text(">chr1\nACGTACGTACGT\n")
    with pytest.raises(InputError) as caught:
        predict(models(1)[0], **given)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b">a\nACGU\n", "sequence 'a': expected IUPAC nucleotides, received 'U' at position 3"),
        (b"no fasta\n", "expected"),
        (b"\x1f\x8b broken", "bad.fa"),
        (b">a\n>b\nACGT\n", "expected records of a name and a sequence"),
    ],
)
def test_bad_sequences_are_one_line(content, said, models, tmp_path):
    fasta = tmp_path / "bad.fa"
    fasta.write_bytes(content)
    with pytest.raises(InputError) as caught:
        predict(models(1)[0], fasta=fasta)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_not_calibrated_is_said(models, tmp_path, caplog):
    (tmp_path / "f.fa").write_text(">a\nACGT\n")
    opened = open_model(models(1)[0])
    untold = replace(opened, card=replace(opened.card, scores={}))
    with caplog.at_level(logging.WARNING, "chromkeras"):
        found = predict(untold, fasta=tmp_path / "f.fa")
    assert "does not say the share of positives" in caplog.text
    outputs = predict(opened, fasta=tmp_path / "f.fa", logits=True, calibrated=False)
    np.testing.assert_allclose(found, expit(outputs), rtol=1e-6)
    given = predict(opened, fasta=tmp_path / "f.fa", prior=0.1)
    np.testing.assert_allclose(given, expit(outputs + logit(0.1)), rtol=1e-5)


def test_it_is_public(tmp_path, models):
    assert chromkeras.predict is predict
    assert chromkeras.join is join


@pytest.mark.parametrize("architecture", ["deepreg", "wakawaka"])
def test_models_of_several_inputs_need_a_data_set(
    architecture, tiny_recipe, tiny_dataset, tmp_path
):
    dataset = tiny_dataset(rows=24, architecture=architecture)
    recipe = tiny_recipe("hard", architecture=architecture)
    plan = resolve_plan(recipe, dataset.tasks, dataset.shapes, problem="binary")
    weights = build_model(plan).get_weights()
    save_model(tmp_path / "m.keras", plan, weights, fingerprint="", scores={})
    model = open_model(tmp_path / "m.keras")
    expected = predict(model, dataset, split="train")
    done = predict(model, dataset, split="train", out=tmp_path / "s.h5")
    with h5py.File(done.out[0]) as file:
        np.testing.assert_allclose(file["score"], expected, rtol=1e-5)
        np.testing.assert_array_equal(file["row"], dataset.rows("train"))
    (tmp_path / "f.fa").write_text(">a\nACGT\n")
    with pytest.raises(InputError, match=r"m.keras reads .* beside DNA.*a data set with all"):
        predict(model, fasta=tmp_path / "f.fa")
