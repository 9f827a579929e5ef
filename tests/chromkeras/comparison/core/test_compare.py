from types import SimpleNamespace

import pytest

from chromkeras.comparison.core.compare import chosen_parts
from chromkeras.errors import InputError
from chromkeras.registry import COMPARISON_PARTS


@pytest.fixture
def toy():
    """A part from outside the package, between two of its own."""
    COMPARISON_PARTS.register(
        "toy", SimpleNamespace(ORDER=25, compare_part=lambda comparison: None)
    )
    yield "toy"
    COMPARISON_PARTS.unregister("toy")


def test_every_part_has_an_order_of_its_own_and_a_function():
    parts = [COMPARISON_PARTS.get(name) for name in COMPARISON_PARTS.names()]
    assert len({part.ORDER for part in parts}) == len(parts)
    assert all(callable(part.compare_part) for part in parts)


def test_parts_are_in_the_order_of_the_page(toy):
    every = chosen_parts(())
    assert every == (
        "predictions", "costs", "toy", "layers", "filters", "distances", "attributions",
        "patterns", "gradients",
    )  # fmt: skip
    assert chosen_parts(("layers", "toy")) == ("toy", "layers")


def test_unknown_parts_and_repeated_ones_are_refused():
    with pytest.raises(InputError, match="unknown part 'costss'; did you mean costs"):
        chosen_parts(("costss",))
    with pytest.raises(InputError, match="duplicate `parts` name 'costs'"):
        chosen_parts(("costs", "costs"))
