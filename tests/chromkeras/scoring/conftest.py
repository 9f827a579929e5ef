"""Tiny models, and sequences for them."""

import numpy as np
import pytest

from chromkeras.data.codes import encode
from chromkeras.losses.registry import of_loss
from chromkeras.model_file.card import TRAINING_SHARE
from chromkeras.model_file.save_model import save_model
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

LENGTH = 60
TASKS = ("gut", "nerve", "gut-nerve")
CLASSES = ("closed", "open", "both")
SHARES = (0.2, 0.3, 0.5)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Return a function that makes files of untrained models of 60 bp: those of one recipe."""
    from chromkeras.recipe.reading import make_recipe

    small = ("architecture.filters=[4,3]", "architecture.widths=[7,5]", "architecture.pools=[4,4]",
             "architecture.dense=[5]")  # fmt: skip
    made = {}

    def make(count=1, loss="rebalanced", tasks=TASKS, length=LENGTH):
        key = count, loss, tasks, length
        if key not in made:
            problem = of_loss(loss, "PROBLEM")
            classes = CLASSES if problem == "classes" else ()
            recipe = make_recipe("hard", settings=(*small, f"training.loss={loss}"))
            shapes = {"dna": (length, 4)}
            plan = resolve_plan(recipe, tasks, shapes, problem=problem, classes=classes)
            folder = tmp_path_factory.mktemp("models")
            paths = [folder / f"m{k}.keras" for k in range(count)]
            random = np.random.default_rng(0)
            for path, share in zip(paths, SHARES, strict=False):
                network = build_model(plan)
                weights = [w + random.normal(0, 0.1, w.shape) for w in network.get_weights()]
                weights = [
                    np.abs(w) if "variance" in v.path else w
                    for w, v in zip(weights, network.weights, strict=True)
                ]
                scores = {TRAINING_SHARE: dict.fromkeys(tasks, share)}
                scores = scores if problem == "binary" else {}
                save_model(path, plan, weights, fingerprint="other", scores=scores)
            made[key] = paths
        return made[key]

    return make


@pytest.fixture
def genome(tmp_path):
    """A genome of two chromosomes with lower case, N and IUPAC letters: path, letters by name."""
    random = np.random.default_rng(1)
    letters = {
        name: "".join(random.choice([*"ACGTacgtNR"], size, p=[0.12] * 8 + [0.02] * 2))
        for name, size in (("chr1", 150_000), ("chr2", 333))
    }
    path = tmp_path / "genome.fa"
    with path.open("w") as file:
        for name, text in letters.items():
            lines = [text[k : k + 61] for k in range(0, len(text), 61)]
            file.write("\n".join([f">{name} described", *lines]) + "\n")
    return path, letters


@pytest.fixture(scope="session")
def window_letters():
    """Return a function that gives a window of a text, with N beyond its ends."""

    def cut(text, start, length=LENGTH):
        return "".join(text[k] if 0 <= k < len(text) else "N" for k in range(start, start + length))

    return cut


@pytest.fixture(scope="session")
def plain_loop():
    """Return a function that gives outputs by a plain call of ``model.predict``."""
    table = np.vstack([np.eye(4), np.zeros((1, 4))]).astype(np.float32)

    def outputs(network, texts, *, both_strands=True):
        x = table[np.stack([encode(text) for text in texts])]
        found = network.predict(x, verbose=0)
        if both_strands:
            turned = np.ascontiguousarray(x[:, ::-1, ::-1])
            found = 0.5 * (found + network.predict(turned, verbose=0))
        return found

    return outputs
