"""Warning of GPUs that a training does not use."""

import logging
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import keras

_log = logging.getLogger(__name__)
INSTALL = {"tensorflow": "tensorflow[and-cuda]", "jax": "jax[cuda]"}


def warn_of_unused_gpus(devices: int) -> None:
    """Log a warning where GPUs are present that ``devices`` do not use."""
    backend = keras.backend.backend()
    if backend not in INSTALL or hidden(os.environ):
        return
    usable = usable_gpus(backend)
    present = usable or nvidia_gpus()
    message = unused_gpus(devices, present=present, usable=usable, backend=backend)
    if message:
        _log.warning(message)


def unused_gpus(devices: int, *, present: int, usable: int, backend: str) -> str:
    """Return the warning of unused GPUs, "" where there is none.

    Parameters
    ----------
    devices
        Number of devices to train on.
    present, usable
        Numbers of GPUs of the machine, and of those that the backend can compute on.
    backend
        Name of the backend, "tensorflow" or "jax".
    """
    if present and not usable:
        return (
            f"{_gpus(present)} present but unused: this {backend} computes on the CPU only; "
            f"install one with CUDA (pip install '{INSTALL[backend]}') or check the driver"
        )
    if devices < usable:
        return f"{_gpus(usable)} present, {devices} used; devices={usable} trains on all"
    return ""


def hidden(environment: Mapping[str, str]) -> bool:
    """Return whether the user has hidden the GPUs by an environment variable."""
    if environment.get("JAX_PLATFORMS") == "cpu":
        return True
    return environment.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")


def usable_gpus(backend: str) -> int:
    """Return how many GPUs (or TPUs) of this host the backend can compute on."""
    if backend == "tensorflow":
        import tensorflow as tf

        return len(tf.config.list_physical_devices("GPU"))
    import jax

    return sum(device.platform != "cpu" for device in jax.local_devices())


def nvidia_gpus(root: Path = Path("/")) -> int:
    """Return how many NVIDIA GPUs the machine has, whatever any library makes of them.

    Parameters
    ----------
    root
        Root of the file system.
    """
    driver = len(list(root.glob("proc/driver/nvidia/gpus/*")))
    files = len(list(root.glob("dev/nvidia[0-9]*")))
    return max(driver, files) or _listed_by_nvidia_smi()


def _listed_by_nvidia_smi() -> int:
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    try:
        listing = subprocess.run(
            [program, "-L"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in listing.stdout.splitlines())


def _gpus(count: int) -> str:
    return "1 GPU is" if count == 1 else f"{count} GPUs are"
