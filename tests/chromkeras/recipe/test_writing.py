from chromkeras.recipe.reading import make_recipe
from chromkeras.recipe.writing import recipe_toml


def test_a_written_recipe_is_read_again(tiny_recipe, plan, architecture, tmp_path):
    settings = (
        "training.learning_rate=1e-5",
        "sharing.grouped=0",
        'sharing.groups="ä\\"b\x7f\\\\"',
    )
    recipe = tiny_recipe(plan, *settings, architecture=architecture)
    path = tmp_path / "recipe.toml"
    path.write_text(recipe_toml(recipe, note="two\nlines"), encoding="utf-8")
    assert path.read_text(encoding="utf-8").startswith("# two\n# lines\n")
    for size in ("", "small"):
        assert make_recipe(plan, size=size, file=path) == recipe
