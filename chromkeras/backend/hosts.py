"""Training over several hosts: processes of JAX's own runtime, one or more on each host."""

import hashlib
import re
from dataclasses import dataclass

import keras
import numpy as np

from chromkeras.errors import InputError

AUTO = "auto"
_PLACE = re.compile(r"(\S+:[0-9]{1,5}),([0-9]{1,5})/([0-9]{1,5})")


@dataclass(frozen=True)
class Hosts:
    """Processes that train together.

    Attributes
    ----------
    coordinator
        Address of the first process, as HOST:PORT.
    number, count
        Number of this process, from 1, and of all.
    """

    coordinator: str
    number: int
    count: int


def parse_hosts(text: str) -> Hosts | None:
    """Read processes such as "node1:9876,2/4"; None for "auto", which leaves them to JAX.

    Raises
    ------
    InputError
        It is neither.

    Examples
    --------
    >>> parse_hosts("node1:9876,2/4")
    Hosts(coordinator='node1:9876', number=2, count=4)
    """
    if text == AUTO:
        return None
    found = _PLACE.fullmatch(text.strip())
    if not found or not 1 <= int(found[2]) <= int(found[3]):
        raise InputError(
            f"`hosts`: expected {AUTO} or HOST:PORT,K/N (the first process's address, and which of "
            f"N this is), received {text!r}"
        )
    return Hosts(found[1], int(found[2]), int(found[3]))


def join_hosts(text: str) -> None:
    """Join the processes that train together; where this process has joined already, do nothing.

    It waits for all of them, and must come before anything is computed with JAX.

    Parameters
    ----------
    text
        As `parse_hosts` reads it; "auto" takes what SLURM, Open MPI, Kubernetes or a Cloud TPU
        says of the job.

    Raises
    ------
    InputError
        The backend is not JAX, JAX has computed already, or there is no scheduler.
    """
    hosts = parse_hosts(text)
    if (backend := keras.backend.backend()) != "jax":
        raise InputError(f"`hosts`: expected KERAS_BACKEND=jax, received {backend}")
    import jax

    if jax.distributed.is_initialized():
        return
    try:
        if hosts is None:
            jax.distributed.initialize()
        else:
            jax.distributed.initialize(hosts.coordinator, hosts.count, hosts.number - 1)
    except (RuntimeError, ValueError) as error:  # of JAX's runtime all are of these classes
        raise InputError(
            f"`hosts` {text}: JAX could not join the processes: {_why(error)}"
        ) from error


def _why(error: Exception) -> str:
    if "coordinator_address should be defined" in str(error):
        return f"no scheduler that it knows is here; expected HOST:PORT,K/N in the place of {AUTO}"
    return " ".join(str(error).split())[:200]


def process_count() -> int:
    """Return how many processes train together; 1 without `join_hosts`."""
    if keras.backend.backend() != "jax":
        return 1
    import jax

    return int(jax.process_count()) if jax.distributed.is_initialized() else 1


def process_number() -> int:
    """Return the number of this process among them, from 1."""
    if process_count() == 1:
        return 1
    import jax

    return int(jax.process_index()) + 1


def is_first() -> bool:
    """Return whether this process writes files and tells of the training: the first does."""
    return process_number() == 1


def check_alike(text: str) -> None:
    """Check that all processes were given the same, as they would wait for each other otherwise.

    Parameters
    ----------
    text
        All that a run depends on.

    Raises
    ------
    InputError
        Another process has another text; it is raised in all of them.
    """
    if process_count() == 1:
        return
    from jax.experimental import multihost_utils

    digest = np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint32)
    every = np.asarray(multihost_utils.process_allgather(digest))
    others = [str(i + 1) for i in np.flatnonzero((every != every[0]).any(axis=1))]
    if others:
        raise InputError(
            "`hosts`: expected the same data, recipe and state to resume in all processes; those "
            f"of process {', '.join(others)} are not those of process 1"
        )
