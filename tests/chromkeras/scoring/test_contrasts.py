import time

import numpy as np
import pytest

from chromkeras.scoring.contrasts import choose_targets, parse_contrast

TISSUES = ("Muscle", "Hypod", "Intest", "Neurons")


def test_weights_are_of_means():
    target = parse_contrast("Muscle - Hypod+Intest", TISSUES)
    assert target.name == "Muscle - Hypod+Intest"
    assert target.weights == {"Muscle": 1, "Hypod": -0.5, "Intest": -0.5}
    logits = np.array([[3.0, 1, 2, 9]])
    assert target.excess(logits, TISSUES).tolist() == [1.5]
    (alone,) = choose_targets(("Muscle",), (), TISSUES)
    assert alone.excess(logits, TISSUES).tolist() == [3 - 15 / 4]


@pytest.mark.parametrize("text", ["Intest-Neurons", "Intest - Neurons", "Intest − Neurons"])
def test_ways_to_write_a_contrast(text):
    target = parse_contrast(text, TISSUES)
    assert (target.name, target.raised, target.lowered) == (
        "Intest - Neurons", ("Intest",), ("Neurons",),
    )  # fmt: skip


def test_the_rest_is_every_task_that_the_left_does_not_name():
    target = parse_contrast("Muscle+Hypod-rest", TISSUES)
    assert (target.name, target.lowered) == ("Muscle+Hypod - rest", ("Intest", "Neurons"))
    known = ("a", "b", "rest")
    assert parse_contrast("a-rest", known).lowered == ("rest",)
    assert parse_contrast("a-rest ", ("a", "b", "c")).name == "a - rest"
    assert parse_contrast("a-forest", ("a", "b", "forest")).name == "a - forest"


def test_names_with_a_minus_or_a_plus():
    known = ("T-cell", "B-cell", "CD4+", "CD4+CD25+", "T", "cell-B-cell", "CD25+")
    target = parse_contrast("B-cell-T-cell", known)
    assert (target.raised, target.lowered) == (("B-cell",), ("T-cell",))
    plus = parse_contrast("CD4+CD25+-CD4+", known)
    assert (plus.raised, plus.lowered) == (("CD4+CD25+",), ("CD4+",))
    both = parse_contrast("CD4++B-cell-T-cell", known)
    assert (both.raised, both.lowered) == (("CD4+", "B-cell"), ("T-cell",))
    with pytest.raises(ValueError, match="'T' less 'cell-B-cell' or 'T-cell' less 'B-cell'; put"):
        parse_contrast("T-cell-B-cell", known)
    assert parse_contrast("T-cell - B-cell", known).raised == ("T-cell",)
    assert parse_contrast("T - cell-B-cell", known).raised == ("T",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Intest-Neuron", "contrast 'Intest-Neuron': unknown task 'Neuron'; did you mean Neuron"),
        ("Musle+Hypod-Intest", "unknown task 'Musle'; did you mean Muscle"),
        ("Muscle", "expected TASK-TASK, TASK.TASK-TASK or TASK-rest, with tasks of Muscle, Hyp"),
        ("Muscle-", "expected TASK-TASK"),
        ("rest-Muscle", "expected TASK-TASK"),
        ("Muscle-Hypod-Intest", "expected TASK-TASK"),
        ("Muscle+Hypod+Intest+Neurons-rest", "expected TASK-TASK"),
        ("Muscle-Muscle", "contrast 'Muscle-Muscle' names 'Muscle' twice; expected"),
    ],
)
def test_a_contrast_that_cannot_be_read(text, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse_contrast(text, TISSUES)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["t{}", "t-{}", "t+{}", "t{}+"])
def test_many_tasks_are_read_at_once(name):
    known = tuple(name.format(i) for i in range(164))
    began = time.process_time()
    target = parse_contrast(f"{known[0]} - {'+'.join(known[1:])}", known)
    assert (target.raised, target.lowered) == (known[:1], known[1:])
    with pytest.raises(ValueError, match="contrast"):
        parse_contrast(f"{'+'.join(known)}+-+nobody", known)
    with pytest.raises(ValueError, match="contrast"):
        parse_contrast("-" * 100_000, known)
    assert time.process_time() - began < 5


def test_tasks_and_contrasts_together():
    def names(*chosen):
        return [target.name for target in choose_targets(*chosen, TISSUES)]

    assert names((), ()) == list(TISSUES)
    assert names((), ("Muscle-rest",)) == ["Muscle - rest"]
    assert names(("Hypod",), ("Muscle-rest",)) == ["Hypod", "Muscle - rest"]
    with pytest.raises(ValueError, match="duplicate task or contrast 'Muscle - Hypod'"):
        names((), ("Muscle-Hypod", "Muscle - Hypod"))
    with pytest.raises(ValueError, match="unknown task 'Musle'"):
        names(("Musle",), ())
