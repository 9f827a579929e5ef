from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan


def test_a_model_is_saved_whole_and_opened_again(small_recipe, tmp_path):
    plan = resolve_plan(small_recipe, ("a", "b"), {"dna": (60, 4)}, problem="binary")
    weights = build_model(plan).get_weights()
    scores = {"validation_auroc_mean": float("nan")}
    save_model(tmp_path / "m.keras", plan, weights, fingerprint="f", scores=scores)
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]
    found = open_model(tmp_path / "m.keras")
    assert (found.tasks, found.card.fingerprint) == (("a", "b"), "f")
    assert [w.tolist() for w in found.network.get_weights()] == [w.tolist() for w in weights]
