import pytest

from chromkeras.backend import unused_gpus as module
from chromkeras.backend.unused_gpus import hidden, nvidia_gpus, unused_gpus, warn_of_unused_gpus


@pytest.mark.parametrize(
    ("devices", "present", "usable", "line"),
    [
        (1, 0, 0, ""),
        (1, 1, 1, ""),
        (4, 4, 4, ""),
        (1, 1, 0, "1 GPU is present but unused: this tensorflow computes on the CPU only"),
        (2, 8, 0, "8 GPUs are present but unused"),
        (1, 4, 4, "4 GPUs are present, 1 used; devices=4 trains on all"),
    ],
)
def test_what_is_said(devices, present, usable, line):
    said = unused_gpus(devices, present=present, usable=usable, backend="tensorflow")
    assert said.startswith(line)
    assert bool(said) == bool(line)


def test_which_package_to_install():
    assert "'jax[cuda]'" in unused_gpus(1, present=1, usable=0, backend="jax")


@pytest.mark.parametrize("folder", ["proc/driver/nvidia/gpus/0000:65:00.{}", "dev/nvidia{}"])
def test_gpus_are_found_by_their_files(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_listed_by_nvidia_smi", lambda: 0)
    assert nvidia_gpus(tmp_path) == 0
    for number in range(2):
        (tmp_path / folder.format(number)).mkdir(parents=True)
    (tmp_path / "dev" / "nvidiactl").mkdir(parents=True)
    assert nvidia_gpus(tmp_path) == 2


def test_gpus_are_found_by_nvidia_smi(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H200'\necho 'GPU 1: NVIDIA H200'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert nvidia_gpus(tmp_path) == 2
    program.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'\nexit 9\n")
    assert nvidia_gpus(tmp_path) == 0


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"CUDA_VISIBLE_DEVICES": "1"}, False),
        ({"CUDA_VISIBLE_DEVICES": ""}, True),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, True),
        ({"JAX_PLATFORMS": "cpu"}, True),
    ],
)
def test_gpus_hidden_by_the_user(environment, expected):
    assert hidden(environment) is expected


def test_one_warning_is_logged(monkeypatch, caplog):
    for name in ("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "usable_gpus", lambda backend: 0)
    monkeypatch.setattr(module, "nvidia_gpus", lambda: 1)
    warn_of_unused_gpus(1)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith("1 GPU is present but unused")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    warn_of_unused_gpus(1)
    assert len(caplog.records) == 1
