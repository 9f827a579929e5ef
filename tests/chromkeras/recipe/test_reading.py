import pytest

from chromkeras.architectures import basset
from chromkeras.errors import InputError
from chromkeras.recipe.choices import PLANS
from chromkeras.recipe.reading import make_recipe, recipe_from_dict, size_names
from chromkeras.search.space import read_space


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("size", size_names())
def test_dict_round_trip(plan, size):
    recipe = make_recipe(plan, size=size, settings=["sharing.depth=2", "training.seed=7"])
    assert recipe_from_dict(recipe.to_dict()) == recipe


def test_later_sources_win(tmp_path):
    file = tmp_path / "r.toml"
    file.write_text("[training]\nepochs = 3\nseed = 5\n[architecture]\nfilters = [9, 8, 7]\n")
    recipe = make_recipe(
        "soft", size="small", file=file, settings=["training.epochs=4"],
        values={"training.batch_size": 9},
    )  # fmt: skip
    assert (recipe.training.epochs, recipe.training.seed, recipe.training.batch_size) == (4, 5, 9)
    assert recipe.architecture.filters == (9, 8, 7)
    assert recipe.architecture.dense == basset.SIZES["small"]["architecture.dense"]


BAD = {
    "training.epoch=3": "unknown recipe key 'training.epoch'; did you mean training.epochs",
    "training.epochs=1.5": "training.epochs: expected a whole number, received 1.5",
    "training.epochs=0": "training.epochs: expected at least 1, received 0",
    "training.epochs": "expected a setting section.key=value, received 'training.epochs'",
    "data.reverse_complement=1": "expected true or false, received 1",
    "sharing.strength=strong": "sharing.strength: expected a number, received 'strong'",
    "sharing.p=0.5": "sharing.p: expected at least 1",
    "training.optimizer=adm": "unknown training.optimizer 'adm'; did you mean adam",
    "training.learning_rate=0": "training.learning_rate: expected above 0",
    "training.learning_rate=inf": "training.learning_rate: expected above 0, received inf",
    "sharing.strength=inf": "sharing.strength: expected at least 0.0, received inf",
    "training.seed=99999999999": "training.seed: expected 0 to below 4294967296, received 9999",
    "architecture.dropout=1.0": "architecture.dropout: expected 0 to below 1, received 1.0",
    "architecture.filters=[1, 2]": "as many architecture.filters as widths and pools, received 2",
    "architecture.dense=[0]": "expected sizes of at least 1, received 0",
    "architecture.dense=many": "expected a list of whole numbers, received 'many'",
}


@pytest.mark.parametrize("setting", BAD)
def test_bad_settings_say_what_was_expected(setting):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        make_recipe("hard", settings=[setting])
    assert BAD[setting] in str(error.value)


def test_bad_names_and_files(tmp_path):
    with pytest.raises(ValueError, match="unknown plan 'hrd'; did you mean hard"):
        make_recipe("hrd")
    with pytest.raises(ValueError, match="unknown size 'smal'; did you mean small"):
        make_recipe("hard", size="smal")
    file = tmp_path / "r.toml"
    for text, message in [
        ("[trainin]\nepochs = 1", "unknown table in recipe"),
        ("epochs = 1", "unknown table in recipe"),
        ("[training\n", "not valid TOML"),
        ("training = 3", "expected a table"),
    ]:
        file.write_text(text)
        with pytest.raises(ValueError, match=message):
            make_recipe("hard", file=file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[training]\nepoch = 1", r"recipe .*r\.toml: unknown recipe key 'training.epoch'"),
        ("[training]\nepochs = 'x'", r"recipe .*r\.toml: training.epochs: expected a whole number"),
    ],
)
def test_a_recipe_file_is_named_even_where_an_option_wins(tmp_path, text, message):
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        make_recipe("hard", file=path, values={"training.epochs": 1})


def test_a_wrong_setting_is_not_hidden_by_a_later_one():
    with pytest.raises(ValueError, match="expected a whole number, received 'many'"):
        make_recipe("hard", settings=["training.epochs=many"], values={"training.epochs": 1})


@pytest.mark.parametrize("key", ["sharing.depth", "sharing.same_start", "architecture.filters"])
def test_long_values_are_cut_in_messages(key):
    with pytest.raises(InputError, match=r"…$") as error:
        make_recipe("hard", values={key: [[0] * 2000, "\x1b[2J"]})
    assert len(str(error.value)) < 200
    assert str(error.value).isprintable()


DEEP, MANY = "[" * 2000 + "]" * 2000, "1" * 400


@pytest.mark.parametrize(
    ("value", "message"),
    [(DEEP, "nested at most"), ("[" * 2000, "nested at most"), ("{a=" * 1500, "nested at most"),
     (MANY, "at most 64 bits"), ("-" + MANY, "at most 64 bits"), ("1" * 5000, "at most 64 bits"),
     ("0x" + "f" * 4000, "at most 64 bits")],
)  # fmt: skip
@pytest.mark.parametrize("key", ["training.epochs", "training.learning_rate", "training.optimizer"])
def test_deep_and_long_values_are_one_line(key, value, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        make_recipe("hard", settings=[f"{key}={value}"])
    assert str(caught.value).startswith(key)
    section, name = key.split(".")
    path = tmp_path / "r.toml"
    path.write_text(f"[{section}]\n{name} = {value}\n")
    for read in (lambda: make_recipe("hard", file=path), lambda: read_space(path, "basset")):
        with pytest.raises(InputError, match=r"r\.toml.* (not valid TOML|expected)") as caught:
            read()
        assert len(str(caught.value)) < 500


def test_a_recipe_of_an_editor_that_writes_a_byte_order_mark(tmp_path):
    path = tmp_path / "r.toml"
    path.write_bytes(b"\xef\xbb\xbf[training]\r\nepochs = 4\r\n")
    assert make_recipe("hard", file=path).training.epochs == 4


def test_a_recipe_of_many_megabytes_is_not_read(tmp_path):
    path = tmp_path / "r.toml"
    path.write_bytes(b"#" * 2_000_000)
    with pytest.raises(InputError, match="expected at most 1,048,576 bytes"):
        make_recipe("hard", file=path)
