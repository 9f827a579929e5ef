import keras
import numpy as np
import pytest

from chrominterpret.motifs.motif_files import read_motifs, write_meme
from chrominterpret.motifs.pwm import Motif, information_content, pssm
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.motif_start import motif_filter, start_from_motifs

TASKS = ("a", "b", "c")
LETTERS = np.eye(4)


def motif(name, text, sharp=1.0):
    ppm = sharp * LETTERS[["ACGT".index(c) for c in text]] + (1 - sharp) / 4
    return Motif(name, ppm, nsites=20)


def test_filter_by_hand():
    # One pseudocount spread over four bases: p = 20.25 / 21 and 0.25 / 21.
    high, low = np.log2(20.25 / 21 / 0.25), np.log2(0.25 / 21 / 0.25)
    filter_ = motif_filter(motif("m", "ACG"), 6)
    assert filter_.shape == (6, 4)
    np.testing.assert_array_equal(filter_[[0, 4, 5]], 0)
    np.testing.assert_allclose(filter_[1], [high, low, low, low])
    np.testing.assert_allclose(filter_[3], [low, low, high, low])
    np.testing.assert_array_equal(motif_filter(motif("m", "ACG"), 3), filter_[1:4])


def test_of_a_long_motif_the_most_informative_stretch():
    ppm = np.concatenate([np.full((3, 4), 0.25), LETTERS[[0, 1, 2]], [[0.4, 0.2, 0.2, 0.2]]])
    long = Motif("m", ppm, nsites=20)
    np.testing.assert_allclose(motif_filter(long, 3), pssm(long)[3:6])
    np.testing.assert_allclose(motif_filter(long, 4), pssm(long)[3:7])


@pytest.fixture
def meme(tmp_path):
    def write(*motifs):
        path = tmp_path / "motifs.meme"
        write_meme(path, motifs)
        return path

    return write


def drawn_and_started(recipe, path):
    keras.utils.set_random_seed(0)
    model = build_model(resolve_plan(recipe, TASKS, {"dna": (300, 4)}, problem="binary"))
    kernel = model.get_layer("conv_1").kernel
    before = keras.ops.convert_to_numpy(kernel).copy()
    count = start_from_motifs(model, path)
    return before, keras.ops.convert_to_numpy(kernel), count


@pytest.mark.parametrize(
    "settings",
    [("hard",), ("single",), ("single", "sharing.grouped=3", "sharing.groups=a,b;c")],
)
def test_motifs_on_both_strands_in_every_network(settings, tiny_recipe, meme):
    path = meme(motif("one", "ACGTT"), motif("two", "GGA"))
    before, after, count = drawn_and_started(tiny_recipe(*settings), path)
    assert count == 2
    np.testing.assert_array_equal(after[..., 2:], before[..., 2:])
    norms = [np.sqrt((k**2).sum(axis=(-3, -2))) for k in (before, after)]
    np.testing.assert_allclose(*norms, rtol=1e-5)
    one, two = (motif_filter(m, 19) for m in read_motifs(path))
    kernels = after if after.ndim == 4 else after[None]
    for kernel in kernels:
        for place, expected in ((0, one), (1, two[::-1, ::-1])):
            found = kernel[..., place]
            cosine = (found * expected).sum() / np.linalg.norm(found) / np.linalg.norm(expected)
            assert cosine == pytest.approx(1, abs=1e-5)
    # The reverse complement of GGA reads TCC.
    assert "".join("ACGT"[i] for i in kernels[0][8:11, :, 1].argmax(axis=1)) == "TCC"


def test_the_most_informative_of_too_many(tiny_recipe, meme):
    sharpness = (0.9, 0.3, 0.8, 1.0, 0.5, 0.95, 0.7, 0.99)
    path = meme(*(motif(f"m{i}", "ACGTT", s) for i, s in enumerate(sharpness)))
    _, after, count = drawn_and_started(tiny_recipe("hard"), path)
    assert count == 6 == after.shape[-1]
    kept = [motif_filter(m, 19) for i, m in enumerate(read_motifs(path)) if i not in (1, 4)]
    third = after[..., 2] / np.linalg.norm(after[..., 2])
    np.testing.assert_allclose(third, kept[2] / np.linalg.norm(kept[2]), atol=1e-6)


def test_what_cannot_start_filters_is_said(tiny_recipe, meme, tmp_path):
    model = build_model(
        resolve_plan(tiny_recipe("hard"), TASKS, {"dna": (300, 4)}, problem="binary")
    )
    with pytest.raises(ValueError, match=r"motif file .*absent\.meme does not exist"):
        start_from_motifs(model, tmp_path / "absent.meme")
    flat = meme(Motif("flat", np.full((4, 4), 0.25)))
    with pytest.raises(ValueError, match="no motif that carries information"):
        start_from_motifs(model, flat)


@pytest.mark.parametrize("filters", [12, 64])
def test_real_motifs(filters, tiny_recipe, real_data):
    path = real_data("motifs/JASPAR2024_CORE_nematodes.meme")
    recipe = tiny_recipe("hard", f"architecture.filters=[{filters}, 4, 4]")
    _, after, count = drawn_and_started(recipe, path)
    motifs = read_motifs(path)
    assert count == min(len(motifs), filters)
    bits = [information_content(m.ppm).sum() for m in motifs]
    cut = sorted(bits, reverse=True)[count - 1]
    kept = [m for m, information in zip(motifs, bits, strict=True) if information >= cut]
    for place, motif in enumerate(kept):
        expected = motif_filter(motif, 19)
        found = after[..., place][:: -1 if place % 2 else 1, :: -1 if place % 2 else 1]
        cosine = (found * expected).sum() / np.linalg.norm(found) / np.linalg.norm(expected)
        assert cosine == pytest.approx(1, abs=1e-5)
        if len(motif) <= 19:
            inside = expected.any(axis=1)
            assert (found[inside].argmax(axis=1) == motif.ppm.argmax(axis=1)).all()
