import numpy as np
import pytest

from chromkeras import datasets
from chromkeras.errors import InputError
from chromkeras.model_file import shipped
from chromkeras.model_file.card import read_card


def test_the_worm_rows_are_those_that_no_shipped_model_was_trained_on():
    dataset = datasets.worm()
    assert len(dataset.rows("train")) == 0
    assert len(dataset) == len(dataset.rows("valid")) + len(dataset.rows("test")) > 0
    assert np.unique(dataset.chrom).tolist() == ["chrX"]
    for path in shipped.shipped_models().values():
        card = read_card(path)
        assert dataset.was_trained_on(card.fingerprint) or dataset.select_tasks(
            card.tasks
        ).was_trained_on(card.fingerprint)


def test_models_are_named_by_their_folders():
    models = shipped.shipped_models()
    assert {"worm_hard", "worm_sharing/soft"} <= set(models)
    assert shipped.model_path("worm_hard") == models["worm_hard"]
    assert read_card("worm_sharing/soft").tasks == read_card(models["worm_sharing/soft"]).tasks


def test_a_path_is_taken_as_it_is(tmp_path, monkeypatch):
    assert shipped.model_path("absent.keras").name == "absent.keras"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "worm_hard").mkdir()
    assert shipped.model_path("worm_hard").name == "worm_hard"


def test_unknown_names_and_changed_files_are_refused(tmp_path, monkeypatch):
    with pytest.raises(
        InputError, match="unknown shipped model 'worm_hrd'; did you mean worm_hard"
    ):
        shipped.model_path("worm_hrd")
    (tmp_path / shipped.CHECKSUMS).write_text(f"{'0' * 64}  worm.h5\n")
    (tmp_path / "worm.h5").write_text("other")
    monkeypatch.setattr(shipped, "PLACES", (tmp_path,))
    with pytest.raises(InputError, match="expected SHA-256 000000000000…, received"):
        datasets.worm()
    (tmp_path / "worm.h5").unlink()
    with pytest.raises(InputError, match="received no file"):
        datasets.worm()
    monkeypatch.setattr(shipped, "PLACES", (tmp_path / "absent",))
    with pytest.raises(InputError, match="the shipped models are missing"):
        datasets.worm()
