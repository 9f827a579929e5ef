import pytest

from chromkeras.errors import InputError
from chromkeras.recipe.reading import recipe_from_values
from chromkeras.registry import ARCHITECTURES
from chromkeras.search.samplers import distributions
from chromkeras.search.space import Choices, Range, read_space, space_names

GOOD = """
[training]
learning_rate = {low = 1e-4, high = 1e-2, log = true}
batch_size = {choices = [64, 128]}
epochs = {low = 2, high = 6, step = 2}
[architecture]
filters = {choices = [[300, 200, 200], [64, 64, 64]]}
dropout = {low = 0.0, high = 0.5, step = 0.1}
first_activation = {choices = ["relu", "exponential"]}
summary = {choices = [true, false]}
"""
TOGETHER = """
[architecture]
"filters, widths,pools" = {choices = [[[6, 5], [9, 7], [4, 4]], [[6, 5, 4], [9, 7, 5], [3, 3, 3]]]}
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "space.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_space_is_read_with_the_types_of_the_recipe(written):
    domains = read_space(written(GOOD)).domains
    assert domains["training.learning_rate"] == Range(1e-4, 1e-2, log=True)
    assert domains["training.epochs"] == Range(2, 6, step=2)
    assert domains["architecture.filters"] == Choices(((300, 200, 200), (64, 64, 64)))
    assert type(domains["training.epochs"].low) is int
    assert type(domains["architecture.dropout"].low) is float
    assert set(distributions(read_space(written(GOOD)))) == set(domains)


def test_the_values_of_a_trial_make_a_recipe(written):
    space = read_space(written(GOOD))
    labels = (1e-3, 64, 4, "[64, 64, 64]", 0.1, "relu", True)
    recipe = recipe_from_values("hard", space.values(dict(zip(space.domains, labels, strict=True))))
    assert recipe.architecture.filters == (64, 64, 64)
    assert recipe.architecture.summary is True
    assert (recipe.training.batch_size, recipe.training.epochs) == (64, 4)


def test_keys_that_go_together_are_one_choice(written):
    space = read_space(written(TOGETHER))
    assert space.keys == ("architecture.filters", "architecture.widths", "architecture.pools")
    grid = space.grid()
    assert len(grid) == 2
    recipe = recipe_from_values("hard", space.values(grid[0]))
    assert (recipe.architecture.filters, recipe.architecture.pools) == ((6, 5), (4, 4))


def test_a_grid_has_every_combination_once():
    space = read_space({
        "training": {"batch_size": {"choices": [8, 16]}, "epochs": {"low": 1, "high": 3}},
        "architecture": {"dropout": {"low": 0, "high": 0.3, "step": 0.1}},
    })  # fmt: skip
    grid = space.grid()
    assert len(grid) == len({tuple(point.values()) for point in grid}) == 2 * 3 * 4
    assert {point["training.epochs"] for point in grid} == {1, 2, 3}
    assert {point["architecture.dropout"] for point in grid} == {0.0, 0.1, 0.2, 0.3}


def test_every_shipped_space_is_one_of_an_architecture():
    assert "basset" in space_names()
    for name in space_names():
        architecture = name.partition("_")[0]
        assert architecture in ARCHITECTURES.names()
        assert read_space(name, architecture).domains


RATE = "[training]\nlearning_rate = "
BAD = {
    "": "at least one key with values to try",
    "[training": "is not valid TOML",
    "[trainng]\nepochs = {choices = [1]}": "did you mean training or",
    "training = 3": "expected a table [training], received 3",
    "[training]\nlearning_rat = {choices = [1]}": "did you mean training.learning_rate",
    "[architecture]\nname = {choices = ['basset']}": "architecture.name is not searched",
    "[training]\nseed = {choices = [1, 2]}": "give `replicates`",
    RATE + "0.1": "received 0.1; a value that is not searched belongs in the recipe",
    RATE + "[0.1, 0.2]": "expected {choices = [...]} or {low = ..., high = ...}",
    RATE + "{chioces = [1]}": "unknown word in training.learning_rate: 'chioces'",
    RATE + "{choices = [1], low = 2}": "unknown word in training.learning_rate: 'low'",
    RATE + "{}": "low is missing",
    RATE + "{low = 1e-3}": "high is missing",
    RATE + "{low = 1e-2, high = 1e-3}": "expected low below high, received 0.01 and 0.001",
    RATE + "{low = 0, high = 1}": "training.learning_rate: expected above 0, received 0",
    RATE + "{low = 1e-3, high = 'a'}": "expected a number, received 'a'",
    RATE + "{low = 1e-3, high = nan}": "expected above 0, received nan",
    RATE + "{low = 1e-3, high = 1e-1, log = 1}": "expected log = true or false, received 1",
    RATE + "{low = 1e-3, high = 1e-1, log = true, step = 0.1}": "or a step, received both",
    RATE + "{low = 1.0, high = 2.0, step = 0.3}": "a whole number of steps",
    RATE + "{low = 1.0, high = 2.0, step = 0}": "a step that is a number above 0",
    RATE + "{choices = []}": "expected choices = [one value or more], received []",
    RATE + "{choices = 'abc'}": "expected choices = [one value or more], received 'abc'",
    RATE + "{choices = [0.1, 0.1]}": "expected different choices, received 0.1 twice",
    RATE + "{choices = [-1]}": "training.learning_rate: expected above 0, received -1.0",
    "[training]\nepochs = {low = 1, high = 5, step = 1.5}": "a step that is a whole number",
    "[training]\nepochs = {low = 1.5, high = 5}": "expected a whole number, received 1.5",
    "[training]\nweight_decay = {low = 0, high = 1, log = true}": "expected low above 0 with log",
    "[training]\noptimizer = {choices = ['adm']}": "unknown training.optimizer 'adm'",
    "[training]\noptimizer = {low = 1, high = 2}": "its values are no numbers",
    "[architecture]\nfilters = {choices = [64, 128]}": "expected a list of whole numbers",
    "[architecture]\ndropout = {low = 0, high = 1}": "expected 0 to below 1, received 1.0",
    "[architecture]\n'filters, width' = {choices = [[[1], [1]]]}": "mean architecture.widths",
    "[architecture]\n'filters, widths' = {choices = [[[1]]]}": "2 values each, one for every key",
    "[architecture]\n'filters, widths' = {low = 1, high = 2}": "its values are no numbers",
    "[architecture]\ndropout = {choices = [0]}\n'dropout, summary' = {choices = [[0, true]]}":
        "architecture.dropout stands twice",
}  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_a_bad_space_is_one_line(text, written):
    path = written(f"# a space\n{text}")
    with pytest.raises(InputError) as caught:
        read_space(path)
    message = str(caught.value)
    assert BAD[text] in message
    assert message.startswith(f"search space {path}")
    assert "\n" not in message


def test_an_unknown_space_names_the_shipped_ones(tmp_path):
    with pytest.raises(InputError, match="unknown search space 'baset'; did you mean basset"):
        read_space("baset")
    with pytest.raises(InputError, match=r"absent\.toml does not exist"):
        read_space(tmp_path / "absent.toml")
    with pytest.raises(InputError, match=r"architecture\.filters: expected a whole number"):
        read_space("basset", "dilated")


def test_a_grid_needs_steps_and_has_an_end():
    with pytest.raises(InputError, match="choices or a step for the sampler grid"):
        read_space({"training": {"learning_rate": {"low": 0.1, "high": 1.0}}}).grid()
    with pytest.raises(InputError, match="choices or a step for the sampler grid"):
        read_space({"training": {"epochs": {"low": 1, "high": 9, "log": True}}}).grid()
    with pytest.raises(InputError, match="fewer than 1,000,000 steps"):
        read_space({"training": {"epochs": {"low": 1, "high": 10**9}}}).grid()
    wide = {"low": 1, "high": 2000}
    with pytest.raises(InputError, match="the grid has 4,000,000 points"):
        read_space({"training": {"epochs": wide, "patience": wide}}).grid()
