"""A small genome, models and VCF files."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from chromkeras.model_file.save_model import save_model
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

TASKS = ("liver", "skin")
LENGTH = 300


@pytest.fixture(scope="session")
def bases() -> dict[str, str]:
    """Chromosomes of random bases, one with a run of N."""
    rng = np.random.default_rng(5)
    one, two = ("".join(rng.choice(list("ACGT"), n)) for n in (4000, 2500))
    return {"chr1": one, "chr2": two[:1200] + "N" * 400 + two[1600:]}


@pytest.fixture
def genome(bases, tmp_path) -> Path:
    """The genome as FASTA, half of it in lower case."""
    path = tmp_path / "genome.fa"
    lines = [f">{name}\n{text[:1000].lower()}{text[1000:]}\n" for name, text in bases.items()]
    path.write_text("".join(lines))
    return path


@pytest.fixture
def make_model(tiny_recipe, tmp_path) -> Callable[..., Path]:
    """Return a function that writes an untrained model whose outputs differ between sequences."""

    def make(name: str = "model", seed: int = 0, problem: str = "binary", **given) -> Path:
        recipe = tiny_recipe("hard")
        plan = resolve_plan(recipe, TASKS, {"dna": (LENGTH, 4)}, problem=problem, **given)
        rng = np.random.default_rng(seed)
        weights = [
            np.abs(w) if w.ndim == 1 else rng.normal(0, 0.4, w.shape).astype(np.float32)
            for w in build_model(plan).get_weights()
        ]
        path = tmp_path / f"{name}.keras"
        save_model(path, plan, weights, fingerprint="none", scores={})
        return path

    return make


@pytest.fixture
def write_vcf(tmp_path) -> Callable[[Iterable[str]], Path]:
    """Return a function that writes records, with spaces for tabs, as a VCF file."""

    def write(records: Iterable[str], name: str = "v.vcf") -> Path:
        lines = ["##fileformat=VCFv4.2", "#CHROM POS ID REF ALT QUAL FILTER INFO", *records]
        path = tmp_path / name
        path.write_text("".join(line.replace(" ", "\t") + "\n" for line in lines))
        return path

    return write


@pytest.fixture
def random_records(bases) -> Callable[[int], list[str]]:
    """Return a function that gives records of all kinds of change, in no order."""

    def draw(count: int, seed: int = 0) -> list[str]:
        rng = np.random.default_rng(seed)
        records = []
        for i in range(count):
            place = int(rng.integers(400, 3500))
            ref = bases["chr1"][place : place + int(rng.choice([1, 1, 1, 2, 4]))]
            alts = []
            while len(alts) < rng.choice([1, 1, 2]):
                alt = "".join(rng.choice(list("ACGT"), rng.choice([1, 1, 2, 5])))
                if alt != ref and alt not in alts:
                    alts.append(alt)
            records.append(f"chr1 {place + 1} v{i} {ref} {','.join(alts)} . PASS DP={i}")
        return records

    return draw
