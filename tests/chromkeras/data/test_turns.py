"""Which task a batch trains."""

from itertools import pairwise

import keras
import numpy as np
import pytest

from chromkeras.data.batches import Batches
from chromkeras.data.turns import TaskTurns
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.recipe.choices import TECHNIQUES
from chromkeras.recipe.reading import recipe_choices
from chromkeras.training.epochs import StartEpoch


def turns(dataset, technique, **options):
    batches = Batches(dataset, dataset.rows("train"), batch_size=8, seed=3)
    return TaskTurns(batches, technique, **options)


def trained(batch):
    return set(np.flatnonzero(batch[2].any(axis=0)))


def test_the_recipe_offers_the_techniques():
    assert recipe_choices("balance.technique") == TECHNIQUES


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_shown_labels_and_inputs_are_those_of_the_batch(tiny_dataset, technique):
    some = turns(tiny_dataset(), technique, task=1, epochs=1)
    for index in range(len(some)):
        x, y, known = some[index]
        plain_x, plain_y, plain_known = some.batches[index]
        np.testing.assert_array_equal(x, plain_x)
        np.testing.assert_array_equal(y, plain_y)
        np.testing.assert_array_equal(known[:, list(trained(some[index]))],
                                      plain_known[:, list(trained(some[index]))])  # fmt: skip
        assert known.dtype == np.float32


def test_joint_trains_all_tasks(tiny_dataset):
    some = turns(tiny_dataset(), "joint")
    assert all(trained(some[i]) == {0, 1, 2} for i in range(len(some)))


def test_round_robin_goes_on_where_the_last_epoch_stopped(tiny_dataset):
    some = turns(tiny_dataset(rows=128), "round_robin")
    seen = [some.active_task(i) for i in range(len(some))]
    some.on_epoch_end()
    seen += [some.active_task(i) for i in range(len(some))]
    assert seen == [i % 3 for i in range(2 * len(some))]
    assert trained(some[0]) == {some.active_task(0)}


def test_one_task_trains_each_once_in_one_stretch(tiny_dataset):
    some = turns(tiny_dataset(), "one_task")
    for _ in range(3):
        seen = [some.active_task(i) for i in range(len(some))]
        changes = sum(a != b for a, b in pairwise(seen))
        assert sorted(set(seen)) == [0, 1, 2]
        assert changes == 2
        some.on_epoch_end()


def test_warm_start_trains_one_task_and_then_all(tiny_dataset):
    some = turns(tiny_dataset(), "warm_start", task=2, epochs=1)
    assert trained(some[0]) == {2}
    some.on_epoch_end()
    assert trained(some[0]) == {0, 1, 2}


def test_training_begins_with_the_first_epoch(tiny_dataset):
    some = turns(tiny_dataset(), "warm_start", task=2, epochs=2)
    model = keras.Sequential([keras.Input((300, 4)), keras.layers.Flatten(), keras.layers.Dense(3)])
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: seen.append((some.batches.epoch, some.active_task(0)))
    )
    model.compile(loss=TaskLoss("plain"))
    model.fit(some, epochs=3, shuffle=False, verbose=0, callbacks=[StartEpoch(some.batches), watch])
    assert seen == [(0, 2), (1, 2), (2, None)]


def test_a_resumed_run_has_the_same_turns(tiny_dataset):
    dataset = tiny_dataset()
    first = turns(dataset, "one_task")
    first.on_epoch_end()
    again = TaskTurns(
        Batches(dataset, dataset.rows("train"), batch_size=8, seed=3, epoch=1), "one_task"
    )
    assert [first.active_task(i) for i in range(len(first))] == [
        again.active_task(i) for i in range(len(again))
    ]


def test_too_few_batches_and_unknown_techniques_are_refused(tiny_dataset):
    dataset = tiny_dataset()
    batches = Batches(dataset, dataset.rows("train"), batch_size=48, seed=0)
    with pytest.raises(ValueError, match=r"as many batches.*\(3\), received 1"):
        TaskTurns(batches, "round_robin")
    with pytest.raises(ValueError, match="unknown technique 'all'"):
        TaskTurns(batches, "all")
