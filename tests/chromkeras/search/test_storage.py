import pytest

from chromkeras.errors import InputError
from chromkeras.recipe.reading import make_recipe
from chromkeras.search.storage import opened
from chromkeras.search.tune import tune

SPACE = {"training": {"batch_size": {"choices": [8, 16]}}}


@pytest.mark.parametrize("name", ["study.db", "study.sqlite", "study.log", "study.journal"])
def test_files_of_something_else_are_refused(name, tmp_path):
    path = tmp_path / name
    path.write_text("something else\n" * 100)
    with pytest.raises(InputError, match="choose another name"), opened(path):
        pass
    assert path.read_text() == "something else\n" * 100


@pytest.mark.parametrize("name", ["{a} %41?b#c.db", "{a} %41?b#c.log"])
def test_any_name_will_do(name, quick, tiny_dataset, tmp_path):
    recipe, path = make_recipe("hard"), tmp_path / name
    for trials in (1, 2):
        result = tune(tiny_dataset(), recipe, SPACE, tmp_path / "out", storage=path, trials=trials)
        assert len(result.trials) == trials
    assert {each.name for each in tmp_path.iterdir()} == {name, "out"}


def test_a_record_that_a_crash_left_unfinished_is_cut_off(quick, tiny_dataset, tmp_path):
    recipe, path = make_recipe("hard"), tmp_path / "study.log"
    options = {"storage": path, "sampler": "grid"}
    tune(tiny_dataset(), recipe, SPACE, tmp_path, trials=1, **options)
    with path.open("a") as file:
        file.write('{"op_code":4,"work')
    assert tune(tiny_dataset(), recipe, SPACE, tmp_path, **options).counts == {"done": 2}
    assert len(quick) == 2
