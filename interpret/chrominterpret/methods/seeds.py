"""Random numbers of a sequence that do not depend on its batch."""

import hashlib

import numpy as np


def row_generator(row: np.ndarray, seed: int) -> np.random.Generator:
    """Return a generator that depends on a seed and the numbers of one row alone."""
    content = np.ascontiguousarray(row, np.float32).tobytes()
    digest = hashlib.blake2b(content, digest_size=8).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "little")])
