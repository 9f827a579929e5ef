"""Training on several devices, with the result of a single one.

JAX goes through ``keras.distribution``, TensorFlow through ``tf.distribute.MirroredStrategy``;
with ``backend.py`` this is the only backend-specific code of chromkeras. On one device every
function here does nothing.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import keras
from keras import ops
from keras.distribution import DataParallel, DeviceMesh, LayoutMap, ModelParallel, TensorLayout

from chromkeras.backend.hosts import process_count
from chromkeras.backend.shards import SHARDS
from chromkeras.errors import InputError
from chromkeras.names import unknown


def distribution(count: int = 1, shard: str = "data", *, tasks: int) -> AbstractContextManager[Any]:
    """Return the context in which a model is built, compiled, fitted and asked for predictions.

    Weights, losses and batch-norm statistics come out as on one device: means are taken over
    the whole batch, and the sharing penalty counts once. Only dropout draws other masks on
    TensorFlow.

    Parameters
    ----------
    count
        Number of devices, of each process where several have joined (``hosts.join_hosts``).
    shard
        Name of what is divided among the devices: "data" (the rows of each batch) or, on JAX,
        "tasks" (the weights with a task axis; layers that tasks share are computed on every
        device).
    tasks
        Number of tasks T.

    Raises
    ------
    InputError
        Unknown ``shard``; fewer devices than ``count``; tasks that cannot be divided equally
        among the devices, or not on this backend.
    """
    if shard not in SHARDS:
        raise unknown("`shard`", shard, SHARDS)
    backend = keras.backend.backend()
    if shard == "tasks" and backend != "jax":
        raise InputError(f"`shard` tasks: expected KERAS_BACKEND=jax, received {backend}")
    if shard == "tasks" and process_count() > 1:
        raise InputError("`shard` tasks: expected one host, whose devices hold all weights")
    if count == 1 and process_count() == 1:
        return nullcontext()
    devices = _devices(count, backend)
    if shard == "tasks":
        if tasks % count:
            raise InputError(
                f"`shard` tasks: expected a number of tasks that is divided equally among "
                f"{count} devices, received {tasks}"
            )
        return _TaskShards(devices).scope()
    if backend == "jax":
        return _RowShards(devices=devices, auto_shard_dataset=False).scope()
    scope: AbstractContextManager[Any] = _mirrored_strategy(tuple(devices)).scope()
    return scope


@cache  # two strategies in a process would number their collective operations alike
def _mirrored_strategy(devices: tuple[str, ...]) -> Any:
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(devices)


def _devices(count: int, backend: str) -> list[str]:
    if backend not in ("tensorflow", "jax"):
        raise InputError(f"`devices`: expected 1 on {backend}, received {count}")
    found = _devices_of_processes() if backend == "jax" else [keras.distribution.list_devices()]
    fewest = min(found, key=len)
    if not 1 <= count <= len(fewest):
        raise InputError(
            f"`devices`: expected 1 to {len(fewest)}, the devices {backend} sees "
            f"({', '.join(fewest)}), received {count}"
        )
    return [device for own in found for device in own[:count]]


def _devices_of_processes() -> list[list[str]]:
    """Return the names of each process's devices, as Keras knows them."""
    import jax

    found: list[list[str]] = [[] for _ in range(jax.process_count())]
    for device in jax.devices():
        found[device.process_index].append(f"{device.platform}:{device.id}")
    return found


class _RowShards(DataParallel):
    """Weights on every device; the rows of a batch are sharded.

    JAX takes input whose rows are split only where every device gets as many. So a batch goes
    to all devices whole and is split where the first layers put it out: inside a compiled step
    the compiler pads the last device's rows and leaves the padding out of every sum. The outputs
    are whole again, so that every process can read the predictions.
    """

    first: frozenset[str] = frozenset()
    last: frozenset[str] = frozenset()

    def get_data_layout(self, data_shape: tuple[int, ...]) -> TensorLayout:
        """Return the layout of a batch: whole on every device."""
        return TensorLayout((None,) * len(data_shape), self.device_mesh)

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """Return the layout of the output at ``path``: split after the first layers, then whole."""
        layer = path.removesuffix("/output")
        if layer in self.last:
            return TensorLayout((None,), self.device_mesh)
        split = layer in self.first
        return TensorLayout((self.batch_dim_name,), self.device_mesh) if split else None


class _TaskShards(ModelParallel):
    """Weights with a task axis are sharded by task; batches and other weights are whole."""

    def __init__(self, devices: list[str]) -> None:
        mesh = DeviceMesh((1, len(devices)), ("batch", "tasks"), devices)
        self.by_task = LayoutMap(mesh)
        super().__init__(layout_map=self.by_task, batch_dim_name="batch")

    @property
    def count(self) -> int:
        """Number of devices."""
        return int(self.device_mesh.shape[1])


def split_by_task(path: str, tasks: int) -> None:
    """Have the coming weight ``path`` sharded by task, where the tasks are divided among devices.

    Parameters
    ----------
    path
        Path of the weight; its first axis is one of tasks, or of tasks times channels.
    tasks
        Number of tasks, or of groups: these stay whole where they do not come out equal.
    """
    current = keras.distribution.distribution()
    if not isinstance(current, _TaskShards) or tasks % current.count:
        return
    if current.by_task.get(path) is None:
        current.by_task[path] = ("tasks",)


def over_tasks(function: Callable[[Any, Any], Any], x: Any, kernel: Any) -> Any:
    """Return ``function(x, kernel)``, computed on each device for that device's own tasks.

    Parameters
    ----------
    function
        Function that treats tasks apart.
    x
        Tensor (batch, length, T * C); so is the result.
    kernel
        Weights (T, ...).
    """
    current = keras.distribution.distribution()
    if not isinstance(current, _TaskShards) or kernel.shape[0] % current.count:
        return function(x, kernel)
    import jax
    from jax.sharding import PartitionSpec

    channels, leading = PartitionSpec(None, None, "tasks"), PartitionSpec("tasks")
    return jax.shard_map(
        function,
        mesh=current.device_mesh.backend_mesh,
        in_specs=(channels, leading),
        out_specs=channels,
    )(x, kernel)


def prepare(model: keras.Model, optimizer: Any) -> None:
    """Make a model that was built under ``distribution`` ready for it, before it is compiled.

    On TensorFlow, batch normalisation is to take its statistics over all replicas; on JAX, the
    layers that read the input are where a batch is split.

    Raises
    ------
    InputError
        The optimizer accumulates gradients over batches, which TensorFlow cannot do here.
    """
    current = keras.distribution.distribution()
    if isinstance(current, _RowShards):
        inputs = {id(tensor) for tensor in model.inputs}
        readers = [
            layer
            for layer in model.layers
            if not isinstance(layer, keras.layers.InputLayer)
            and inputs & {id(tensor) for tensor in keras.tree.flatten(layer.input)}
        ]
        current.first = frozenset(layer.path for layer in readers)
        outputs = {id(tensor) for tensor in model.outputs}
        current.last = frozenset(
            layer.path
            for layer in model.layers
            if outputs & {id(tensor) for tensor in keras.tree.flatten(layer.output)}
        )
    elif replicas() > 1:
        batches = optimizer.gradient_accumulation_steps or 1
        if batches > 1:
            raise InputError(
                f"training.accumulate: expected 1 on {replicas()} devices with TensorFlow (or "
                f"KERAS_BACKEND=jax), received {batches}"
            )
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True


def replicas() -> int:
    """Return how many replicas of the model ``MirroredStrategy`` keeps; 1 without it."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return int(tf.distribute.get_strategy().num_replicas_in_sync)


def shards_rows() -> bool:
    """Return whether the rows of a batch are divided among several devices."""
    sharded = isinstance(keras.distribution.distribution(), DataParallel)
    return sharded or replicas() > 1


def sum_over_replicas(x: Any) -> Any:
    """Return the sum of the replicas' tensors; outside a replica's step, ``x`` itself."""
    context = _replica_context()
    return context.all_reduce("SUM", x) if context else x


def level_over_replicas(loss: Any) -> Any:
    """Return a loss of a replica's shard with its gradient, and the mean over shards as its value.

    Keras weights the losses it logs by the rows of each replica, which is exact only where all
    shards are alike.
    """
    if _replica_context() is None:
        return loss
    value = ops.stop_gradient(loss)
    return loss - value + sum_over_replicas(value) / replicas()


def once_over_replicas(loss: Any) -> Any:
    """Return what a layer hands to ``add_loss`` so that the loss counts once.

    Keras takes 1/N of what each replica added, but the N replicas' threads add to one list, and
    a replica that begins its forward pass empties it. The sum here makes the replicas meet, so
    the list holds N losses; each therefore has 1/N of the value, and the gradient of its own.
    """
    if _replica_context() is None:
        return loss
    value = ops.stop_gradient(loss)
    return loss - value + sum_over_replicas(value) / replicas() ** 2


def _replica_context() -> Any:
    """Return TensorFlow's context inside a step of one of several replicas, else None."""
    if replicas() == 1:
        return None
    import tensorflow as tf

    return tf.distribute.get_replica_context()
