"""A look at Keras's backend in a process of its own: an import that fails takes down no other."""

import json
import os
import subprocess
import sys
from typing import Any

PATIENCE = 60.0
# Keras and TensorFlow import these where they are installed, and compute without them. They take
# as long as the rest: the probe leaves them out, and `doctor` imports them meanwhile. By module,
# the distribution.
BESIDE = {
    "IPython": "ipython",
    "jax": "jax",
    "matplotlib": "matplotlib",
    "pandas": "pandas",
    "sklearn": "scikit-learn",
}


def start_probe() -> "subprocess.Popen[str]":
    """Start the process, which imports Keras, computes something and prints what it found."""
    command = [sys.executable, "-P", "-m", __name__]  # -P: modules of the current folder stay out
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def read_probe(process: "subprocess.Popen[str]", *, patience: float = PATIENCE) -> dict[str, Any]:
    """Return "backend", "devices" and "warning" as the process found them, or an "error".

    Parameters
    ----------
    process
        What `start_probe` returned.
    patience
        Seconds to wait.
    """
    try:
        printed, errors = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {"error": f"no answer after {patience:.0f} s"}
    if process.returncode == 0:
        found: dict[str, Any] = json.loads(printed.splitlines()[-1])
        return found
    lines = errors.strip().splitlines()
    return {"error": lines[-1] if lines else f"it ended with code {process.returncode}"}


def _look() -> dict[str, Any]:
    from chromkeras.backend.quiet import backend_name, import_keras

    left_out: dict[str, Any] = dict.fromkeys(set(BESIDE) - {backend_name()})
    sys.modules.update(left_out)  # an import of None fails as if it were missing
    import_keras()
    import keras

    total = float(keras.ops.sum(keras.ops.matmul(keras.ops.ones((2, 3)), keras.ops.ones((3, 2)))))
    if total != 12.0:
        raise ArithmeticError(f"a product of matrices came out as {total}, not 12")
    backend = keras.backend.backend()
    return {"backend": backend, "devices": _devices(backend), "warning": _warning(backend)}


def _devices(backend: str) -> list[str]:
    if backend == "torch":
        import torch

        return ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    import keras

    return [str(device) for device in keras.distribution.list_devices()]


def _warning(backend: str) -> str:
    from chromkeras.backend import unused_gpus

    if backend not in unused_gpus.INSTALL or unused_gpus.hidden(os.environ):
        return ""
    usable = unused_gpus.usable_gpus(backend)
    present = usable or unused_gpus.nvidia_gpus()
    used = max(usable, 1)
    return unused_gpus.unused_gpus(used, present=present, usable=usable, backend=backend)


if __name__ == "__main__":
    print(json.dumps(_look()))
