import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from chromkeras.cli.app import run
from chromkeras.errors import InputError
from chromkeras.model_file.beside import tensorboard_path
from chromkeras.training.run_log import LOGS, check_log
from chromkeras.training.train import train

SHORT = ("training.epochs=2", "training.batch_size=16")


def read_events(folder):
    """Return the values of each scalar by the folder and its name."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    found = {}
    for part in sorted(folder.iterdir()):
        events = EventAccumulator(str(part)).Reload()
        for name in events.Tags()["tensors"]:
            values = [float(make_ndarray(e.tensor_proto)) for e in events.Tensors(name)]
            found[f"{part.name}/{name}"] = values
    return found


def test_tensorboard_has_what_the_history_has(tiny_dataset, tiny_recipe, tmp_path):
    pytest.importorskip("tensorboard", reason="the extra tensorboard is not installed")
    out = tmp_path / "m.keras"
    for _ in range(2):  # the second run is in the place of the first
        result = train(tiny_dataset(), tiny_recipe("hard", *SHORT), out, log="tensorboard")
    found = read_events(tensorboard_path(out))
    for key, name in (
        ("loss", "train/epoch_loss"),
        ("val_loss", "validation/epoch_loss"),
        ("val_auroc", "validation/epoch_auroc"),
        ("val_auroc/task1", "validation/epoch_auroc/task1"),
    ):
        expected = [row[key] for row in result.rows]
        assert found[name] == pytest.approx(expected, rel=1e-5)
        assert len(expected) == 2


@pytest.fixture
def wandb(monkeypatch):
    """A stand-in for the package: what was begun, sent and finished."""
    module = ModuleType("wandb")
    module.__spec__ = ModuleSpec("wandb", None)
    module.begun, module.sent, module.finished = [], [], 0

    class Sent:
        def log(self, values):
            module.sent.append(values)

        def finish(self):
            module.finished += 1

    def init(**settings):
        module.begun.append(settings)
        return Sent()

    module.init = init
    monkeypatch.setitem(sys.modules, "wandb", module)
    return module


def test_wandb_gets_every_epoch(wandb, tiny_dataset, tiny_recipe, tmp_path):
    recipe = tiny_recipe("hard", *SHORT)
    result = train(tiny_dataset(), recipe, tmp_path / "m.keras", log="wandb")
    (begun,) = wandb.begun
    assert (begun["project"], begun["name"]) == ("chromkeras", "m")
    assert begun["config"]["training"]["epochs"] == 2
    assert [sent["epoch"] for sent in wandb.sent] == [1, 2]
    for sent, row in zip(wandb.sent, result.rows, strict=True):
        assert sent["val_auroc"] == row["val_auroc"]
    assert wandb.finished == 1


@pytest.mark.parametrize("log", LOGS)
def test_a_package_that_is_not_there_is_one_line(log, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("chromkeras.training.run_log.find_spec", lambda name: None)
    monkeypatch.chdir(tmp_path)
    assert run(["train", "hard", "--log", log]) == 2
    printed = capsys.readouterr().err
    assert f"--log {log} needs the package {log}" in printed
    assert printed.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_unknown_logs_are_refused():
    with pytest.raises(InputError, match="unknown log 'tensorbord'; did you mean tensorboard"):
        check_log("tensorbord")
