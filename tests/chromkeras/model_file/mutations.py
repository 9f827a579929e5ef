"""Hostile model files, resume states and gradient logs, made from good ones.

Every function takes a ``random.Random`` and the parts of a good file, and returns the bytes of a
bad one. `CANARY` stands in payloads for a path that they would touch if they were run, `SECRET` for
files that they would read; `Traps` puts in real paths.
"""

import base64
import copy
import io
import json
import marshal
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np

from chromkeras.errors import InputError

ESCAPE = "\x1b]0;owned\x07\x1b[2J\u202e\r\n"


@dataclass(frozen=True)
class Traps:
    """Paths that no reader may touch: one to be made by code, two to be read."""

    canary: str
    secret: str
    secret_h5: str


@dataclass(frozen=True)
class Parts:
    """What a good .keras file is made of."""

    config: dict[str, Any]
    metadata: bytes
    weights: bytes
    traps: Traps

    @classmethod
    def of(cls, path: Any, traps: Traps) -> "Parts":
        with zipfile.ZipFile(path) as file:
            read = file.read
            return cls(
                json.loads(read("config.json")), read("metadata.json"), read("model.weights.h5"),
                traps,
            )  # fmt: skip

    def file(self, *, config: Any = None, weights: bytes | None = None, raw: bytes = b"") -> bytes:
        """Return the file with another configuration, its text or weights."""
        text = raw or json.dumps(self.config if config is None else config).encode()
        weights = self.weights if weights is None else weights
        return zipped(
            [("metadata.json", self.metadata), ("config.json", text), ("model.weights.h5", weights)]
        )


def zipped(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as file:
        for name, data in members:
            file.writestr(name, data)
    return held.getvalue()


def refusal(reader: Callable[..., Any], *arguments: Any) -> str:
    """Return the line in which a reader refuses what it is given, "" where it does not."""
    try:
        reader(*arguments)
    except InputError as error:
        return str(error)
    return ""


# --- archives of any kind


def flip_bytes(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice([1, 1, 3, 10, 100])):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def flip_directory(random: Random, data: bytes) -> bytes:
    """Change bytes of the directory at the end, or of a member's header."""
    changed = bytearray(data)
    start = data.find(b"PK\x01\x02") if random.random() < 0.7 else 0
    for _ in range(random.choice([1, 2, 5])):
        changed[random.randrange(start, min(len(changed), start + 400))] = random.randrange(256)
    return bytes(changed)


def cut(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data))]


def pad(random: Random, data: bytes) -> bytes:
    junk = random.randbytes(random.choice([1, 50, 5000]))
    return junk + data if random.random() < 0.5 else data + junk


def set_field(random: Random, data: bytes) -> bytes:
    """Set a field of a directory entry: flags, method, checksum, sizes, lengths, offset."""
    changed = bytearray(data)
    places = _places(data, b"PK\x01\x02")
    place = random.choice(places) if places else 0
    offset, form = random.choice(
        [(4, "<H"), (6, "<H"), (8, "<H"), (10, "<H"), (16, "<L"), (20, "<L"), (24, "<L"),
         (28, "<H"), (30, "<H"), (32, "<H"), (34, "<H"), (42, "<L")]
    )  # fmt: skip
    most = 2 ** (16 if form == "<H" else 32) - 1
    value = random.choice([0, 1, 8, 12, 14, 93, 99, most, most // 2, random.randrange(most)])
    struct.pack_into(form, changed, place + offset, min(value, most))
    return bytes(changed)


def set_end(random: Random, data: bytes) -> bytes:
    """Set a field of the end of the directory: numbers, size, offset, length of a comment."""
    changed = bytearray(data)
    offset, form = random.choice(
        [(4, "<H"), (6, "<H"), (8, "<H"), (10, "<H"), (12, "<L"), (16, "<L"), (20, "<H")]
    )
    most = 2 ** (16 if form == "<H" else 32) - 1
    struct.pack_into(form, changed, len(data) - 22 + offset, random.randrange(most))
    return bytes(changed)


def rename_member(random: Random, data: bytes) -> bytes:
    """Give members other names, or add some."""
    members = _members(data)
    name = random.choice(
        ["../../evil", "/etc/passwd", "assets/x", "a" * 60_000, ESCAPE, "config.json", " ",
         "model.weights.npz", "facts.npy", "variable_00.npy", "CONFIG.JSON", "config.json/"]
    )  # fmt: skip
    if random.random() < 0.5:
        members.append((name, random.randbytes(20)))
    else:
        place = random.randrange(len(members))
        members[place] = (name, members[place][1])
    return _quietly(zipped, members)


def drop_member(random: Random, data: bytes) -> bytes:
    members = _members(data)
    del members[random.randrange(len(members))]
    return zipped(members)


def compress(random: Random, data: bytes) -> bytes:
    method = random.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    return zipped(_members(data), method)


def many_members(random: Random, data: bytes) -> bytes:
    """Add entries by the ten thousand, of which the directory is made by hand."""
    count = random.choice([1_000, 60_000])
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", *[20, 3, 20, 0], *[0] * 4, 0, 0, 0,
                        1, 0, 0, 0, 0, 0, 0) + b"a"  # fmt: skip
    directory = entry * count
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *[min(count, 65_535)] * 2,
                      len(directory), len(data), 0)  # fmt: skip
    return data + directory + end


def swap_members(random: Random, data: bytes) -> bytes:
    """Let each member's data be another's."""
    names, contents = zip(*_members(data), strict=True)
    shuffled = list(contents)
    random.shuffle(shuffled)
    return zipped(list(zip(names, shuffled, strict=True)))


ARCHIVES: tuple[Callable[[Random, bytes], bytes], ...] = (
    flip_bytes, flip_directory, cut, pad, set_field, set_end, rename_member, drop_member, compress,
    many_members, swap_members,
)  # fmt: skip


def _members(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return [(info.filename, file.read(info)) for info in file.infolist()]


def _places(data: bytes, mark: bytes) -> list[int]:
    places, start = [], data.find(mark)
    while start >= 0:
        places.append(start)
        start = data.find(mark, start + 1)
    return places


def _quietly(make: Callable, *arguments: Any) -> bytes:
    """Call what warns of names that stand twice."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make(*arguments)


# --- values of any kind


def odd_value(random: Random, traps: Traps) -> Any:
    deep: Any = []
    for _ in range(random.choice([3, 70, 300])):
        deep = [deep]
    return random.choice(
        [None, True, -1, 0, 1, 2, 10**6, 3 * 10**7, 10**12, 2**63, 10**400, 0.5, 1e308,
         float("nan"), float("inf"), "", "x", "relu", "float64", "int8", ESCAPE, "a" * 100_000,
         traps.secret, [], {}, [[]], [None], [1, 2, 3], ["a", "b"], {"a": 1}, deep,
         {"class_name": "Lambda", "config": {}}, {"config": {}}, {"class_name": "Dense"},
         [0] * 10_000, {str(i): i for i in range(2000)}]
    )  # fmt: skip


def change_value(random: Random, tree: Any, traps: Traps, *, steps: int = 1) -> Any:
    """Return a copy of a JSON value with some of its inner values changed."""
    changed = copy.deepcopy(tree)
    for _ in range(steps):
        holder, key = _random_place(random, changed)
        if holder is None:
            return odd_value(random, traps)
        how = random.random()
        if how < 0.2:
            del holder[key]
        elif how < 0.3 and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        elif how < 0.35 and isinstance(holder, dict):
            holder[f"{key}x"] = holder.pop(key)
        elif how < 0.4 and isinstance(holder, list):
            random.shuffle(holder)
        elif how < 0.5 and isinstance(holder[key], int) and not isinstance(holder[key], bool):
            holder[key] = random.choice([-1, 0, 1, 2, 100, 10**5]) + holder[key]
        else:
            holder[key] = odd_value(random, traps)
    return changed


def _random_place(random: Random, tree: Any) -> tuple[Any, Any]:
    places: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            keys = list(value) if isinstance(value, dict) else list(range(len(value)))
            places += [(value, key) for key in keys]
            waiting += [value[key] for key in keys]
    return random.choice(places) if places else (None, None)


# --- config.json


def change_config(random: Random, parts: Parts) -> bytes:
    return parts.file(
        config=change_value(random, parts.config, parts.traps, steps=random.choice([1, 1, 2, 5]))
    )


def change_layer(random: Random, parts: Parts) -> bytes:
    """Change the configuration or the build of one layer, which leaves the rest whole."""
    config = copy.deepcopy(parts.config)
    layer = random.choice(config["config"]["layers"])
    key = random.choice(["config", "config", "build_config", "inbound_nodes"])
    if key in layer:
        layer[key] = change_value(random, layer[key], parts.traps)
    return parts.file(config=config)


def change_card(random: Random, parts: Parts) -> bytes:
    config = copy.deepcopy(parts.config)
    card = next(e for e in config["config"]["layers"] if e["class_name"] == "RunCard")
    card["config"] = change_value(random, card["config"], parts.traps)
    return parts.file(config=config)


def change_size(random: Random, parts: Parts) -> bytes:
    """Let a layer be larger, also where its inputs are said to be."""
    config = copy.deepcopy(parts.config)
    sizes = ("filters", "units", "tasks", "kernel_size", "pool_size", "strides", "groups")
    layers = [e for e in config["config"]["layers"] if set(sizes) & set(e["config"])]
    layer = random.choice(layers)
    key = random.choice([size for size in sizes if size in layer["config"]])
    size = random.choice([0, -1, 2, 1000, 10**6, 3 * 10**7, 10**12, 2**40])
    layer["config"][key] = [size] if isinstance(layer["config"][key], list) else size
    if random.random() < 0.5:
        for entry in config["config"]["layers"]:
            shape = entry.get("build_config", {}).get("input_shape")
            if isinstance(shape, list) and isinstance(shape[-1], int):
                shape[-1] = size
    return parts.file(config=config)


def rewire(random: Random, parts: Parts) -> bytes:
    """Let a layer read from another, from one that does not exist, or from itself."""
    config = copy.deepcopy(parts.config)
    layers = config["config"]["layers"]
    histories = _histories(layers)
    history = random.choice(histories)
    names = [entry["name"] for entry in layers]
    history[:] = random.choice(
        [
            [random.choice(names), 0, 0],
            ["nowhere", 0, 0],
            [ESCAPE, 0, 0],
            [history[0], random.choice([1, -1, 10**6, 2**63]), 0],
            [history[0], 0, random.choice([1, -1, 10**6])],
            [history[0], "0", None],
            [],
        ]
    )
    if random.random() < 0.3:
        random.shuffle(layers)
    if random.random() < 0.2:
        random.choice(layers)["name"] = random.choice(names)
    return parts.file(config=config)


def _histories(value: Any) -> list[list[Any]]:
    if isinstance(value, dict):
        own = [value["keras_history"]] if "keras_history" in value else []
        return own + [h for v in value.values() for h in _histories(v)]
    return [h for v in value for h in _histories(v)] if isinstance(value, list) else []


def payloads(traps: Traps) -> list[dict[str, Any]]:
    """Return objects that would run code or read files if Keras made them."""
    code = compile(f"open({traps.canary!r}, 'w')", "x", "eval")
    value = base64.encodebytes(marshal.dumps(code)).decode()
    function = {"class_name": "__lambda__", "config": {"value": value, "defaults": None,
                                                       "closure": None}}  # fmt: skip

    def layer(
        name: str, module: str = "keras.layers", registered: Any = None, **config: Any
    ) -> Any:
        entry = {"name": "evil", **config}
        return {
            "module": module,
            "class_name": name,
            "config": entry,
            "registered_name": registered,
        }

    command = f"touch {traps.canary}"
    return [
        layer("Lambda", function=function, output_shape=None),
        layer("Lambda", function=[value, None, None], output_shape=None),
        layer("Lambda", registered="keras>Lambda", function=function),
        layer("Lambda", module="keras.src.layers.core.lambda_layer", function=function),
        layer("TFSMLayer", filepath=str(Path(traps.secret).parent)),
        layer("StringLookup", vocabulary=traps.secret),
        layer("IntegerLookup", vocabulary=traps.secret),
        layer("TextVectorization", vocabulary=traps.secret),
        layer("Normalization", mean=1.0, variance=1.0),
        layer("system", module="os", registered="os.system", command=command),
        layer("Popen", module="subprocess", registered="Popen", args=["touch", traps.canary]),
        layer("RunCard", module="os", registered="chromkeras>TaskCrossentropy"),
        layer("FusedAdam", module="chromkeras", registered="chromkeras>FusedAdam"),
        layer("Sequential", module="keras", layers=[layer("Lambda", function=function)]),
        layer("Functional", module="keras.src.models.functional", layers=[]),
        layer("Dense", module="keras.layers", registered="evil>Dense", units=3),
        layer("Bidirectional", layer=layer("Lambda", function=function)),
        layer("TimeDistributed", layer=layer("TFSMLayer", filepath=traps.secret)),
        {"class_name": "function", "module": "os", "config": "system",
         "registered_name": "system"},
        {"class_name": "function", "module": "builtins", "config": "exec",
         "registered_name": "exec"},
        {"class_name": "function", "module": "keras.utils", "config": "get_file",
         "registered_name": "get_file"},
        {"class_name": "function", "module": "keras.saving", "config": "load_model",
         "registered_name": "load_model"},
        {"class_name": "__typespec__", "spec_name": "x", "module": "os", "config": ["x"],
         "registered_name": None},
        {"class_name": "__numpy__", "config": {"value": [0], "dtype": "O"}},
        {"class_name": "__tensor__", "config": {"value": [[0] * 99] * 99, "dtype": "float32"}},
        {"class_name": "__bytes__", "config": {"value": "x"}},
        function,
    ]  # fmt: skip


def put_payload(random: Random, parts: Parts) -> bytes:
    """Put code where an object or a value stands."""
    config = copy.deepcopy(parts.config)
    payload = random.choice(payloads(parts.traps))
    layers = config["config"]["layers"]
    layer = random.choice(layers)
    place = random.randrange(6)
    if place == 0:
        layer |= {k: v for k, v in payload.items() if k != "config"}
        layer["config"] = {**payload["config"], "name": layer["name"]} if isinstance(
            payload["config"], dict
        ) else payload["config"]  # fmt: skip
    elif place == 1:
        objects = [k for k, v in layer["config"].items() if isinstance(v, dict)]
        layer["config"][random.choice([*objects, "activation", "kernel_initializer"])] = payload
    elif place == 2:
        for node in layer["inbound_nodes"]:
            node["kwargs"]["training"] = payload
    elif place == 3:
        config["compile_config"] = {"loss": payload, "optimizer": payload}
    elif place == 4:
        layer["compile_config"] = {"loss": payload}
    else:
        config |= payload
    return parts.file(config=config)


def raw_text(random: Random, parts: Parts) -> bytes:
    """Let config.json be no JSON, not the JSON of a model, or too much of it."""
    text = json.dumps(parts.config)
    raw = random.choice(
        [
            b"[]", b"{}", b"null", b'"x"', b"3", b"{", b"\xff\xfe\x00", b"\x00" * 100,
            text.encode("utf-16"), text.encode("utf-8-sig"), text[: len(text) // 2].encode(),
            b"[" * 200_000, b"[" * 200 + b"]" * 200, b"[" + b"[]," * 300_000 + b"[]]",
            b"9" * 5_000, b'{"a":' * 900 + b"1" + b"}" * 900, text.replace("null", "NaN").encode(),
            text.replace('"name"', '"name", "name"').encode(),
            (text[:-1] + ', "class_name": "Lambda"}').encode(),
        ]
    )  # fmt: skip
    return parts.file(raw=raw)


def many_layers(random: Random, parts: Parts) -> bytes:
    """Let the model be a chain of thousands of layers, forwards or backwards."""
    config = copy.deepcopy(parts.config)
    layers = config["config"]["layers"]
    activation = next(e for e in layers if e["class_name"] == "Activation")
    chain = []
    before = activation["name"]
    for i in range(random.choice([300, 2_500])):
        link = copy.deepcopy(activation)
        link["name"] = link["config"]["name"] = f"link_{i}"
        link["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = [before, 0, 0]
        before = link["name"]
        chain.append(link)
    place = layers.index(activation) + 1
    layers[place:place] = chain if random.random() < 0.5 else chain[::-1]
    return parts.file(config=config)


# --- model.weights.h5


def change_weights(random: Random, parts: Parts) -> bytes:
    """Change the HDF5 structure: other places, types, shapes, filters, links."""
    held = io.BytesIO(parts.weights)
    with h5py.File(held, "r+") as file:
        paths: list[str] = []
        file.visititems(lambda n, o: paths.append(n) if isinstance(o, h5py.Dataset) else None)
        random.choice(_WEIGHTS)(random, file, random.choice(paths), parts.traps)
    return parts.file(weights=held.getvalue())


def _external(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    shape = file[path].shape
    del file[path]
    size = int(np.prod(shape)) * 4
    file.create_dataset(path, shape, "f4", external=[(traps.secret, 0, size)])


def _external_link(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    del file[path]
    file[path] = h5py.ExternalLink(traps.secret_h5, "/x")


def _external_group(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    group = path.rpartition("/")[0]
    del file[group]
    file[group] = h5py.ExternalLink(traps.secret_h5, "/")


def _soft_link(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    del file[path]
    file[path] = h5py.SoftLink(random.choice(["/nowhere", "/layers", path]))


def _virtual(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    shape = file[path].shape
    del file[path]
    layout = h5py.VirtualLayout(shape, "f4")
    layout[...] = h5py.VirtualSource(traps.secret_h5, "x", shape=shape)
    file.create_virtual_dataset(path, layout)


def _inflating(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    del file[path]
    file.create_dataset(
        path, data=np.zeros(random.choice([10**3, 3 * 10**7]), "f4"), chunks=True,
        compression=random.choice(["gzip", "lzf"]),
    )  # fmt: skip


def _declared(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    del file[path]
    shape = random.choice([(2 * 10**9,), (10**12,), (2**20, 2**20), (2**31, 4)])
    chunks = random.choice([None, (1,) * len(shape)])
    file.create_dataset(path, shape, "f4", chunks=chunks)


def _other_type(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    shape = file[path].shape
    del file[path]
    kinds = [h5py.string_dtype(), "S8", "c8", [("a", "f4")], h5py.vlen_dtype("f4"), "f8", "i1", "?",
             h5py.special_dtype(ref=h5py.Reference), np.dtype(("f4", (3,)))]  # fmt: skip
    file.create_dataset(path, shape, random.choice(kinds))


def _other_shape(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    data = file[path][...]
    del file[path]
    shapes = [(), (0,), (1,), (*data.shape, 1), data.shape[::-1], (data.size + 1,)]
    file[path] = np.zeros(random.choice(shapes), "f4")


def _empty(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    del file[path]
    file[path] = random.choice([h5py.Empty("f4"), np.dtype("f4")])


def _twice(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    file[f"{path}_again"] = file[path]


def _cycle(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    file[f"{path.rpartition('/')[0]}/loop"] = file[random.choice(["/", "layers"])]


def _missing(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    del file[random.choice([path, path.rpartition("/")[0], "layers"])]


def _additional(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    name = random.choice(["x", ESCAPE, "a" * 5000, "layers/x/" + "/".join("y" * 40)])
    file[name] = np.zeros(random.choice([1, 10**6]), "f4")


def _values(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    file[path][...] = random.choice([np.nan, np.inf, 1e38, -1e38, 0])


def _attribute(random: Random, file: h5py.File, path: str, traps: Traps) -> None:
    file[path].attrs["dtype"] = random.choice(["bfloat16", ESCAPE, np.zeros(5000)])


_WEIGHTS: tuple[Callable[[Random, h5py.File, str, Traps], None], ...] = (
    _external, _external_link, _external_group, _soft_link, _virtual, _inflating, _declared,
    _other_type, _other_shape, _empty, _twice, _cycle, _missing, _additional, _values, _attribute,
)  # fmt: skip


def flip_weights(random: Random, parts: Parts) -> bytes:
    """Change bytes of the HDF5 part under a right checksum, mostly of its structure."""
    weights = bytearray(parts.weights)
    structure = [p for mark in (b"TREE", b"HEAP", b"SNOD", b"OHDR") for p in _places(weights, mark)]
    for _ in range(random.choice([1, 1, 2, 8])):
        start = random.choice([0, *structure, random.randrange(len(weights))])
        place = min(start + random.randrange(200), len(weights) - 1)
        weights[place] = random.choice([0, 0xFF, random.randrange(256)])
    return parts.file(weights=bytes(weights))


def cut_weights(random: Random, parts: Parts) -> bytes:
    weights = random.choice(
        [b"", b"x", parts.weights[: random.randrange(len(parts.weights))], parts.weights * 2,
         parts.metadata, b"\x89HDF\r\n\x1a\n", b"\0" * 512 + parts.weights]
    )  # fmt: skip
    return parts.file(weights=weights)


def bomb(random: Random, parts: Parts) -> bytes:
    """Members that are small in the file and large in memory."""
    spaces = b" " * random.choice([9 * 2**20, 64 * 2**20])
    text = json.dumps(parts.config).encode()
    names = ("metadata.json", "config.json", "model.weights.h5")
    contents = [parts.metadata, text, parts.weights]
    contents[random.randrange(3)] += spaces
    data = zipped(list(zip(names, contents, strict=True)), zipfile.ZIP_DEFLATED)
    return data if random.random() < 0.7 else understate(data)


def understate(data: bytes) -> bytes:
    """Say of deflated members that they are stored and as small as they lie."""
    changed = bytearray(data)
    for place in _places(data, b"PK\x01\x02"):
        packed = struct.unpack_from("<L", changed, place + 20)[0]
        struct.pack_into("<H", changed, place + 10, 0)
        struct.pack_into("<L", changed, place + 24, packed)
    return bytes(changed)


def break_archive(random: Random, parts: Parts) -> bytes:
    return random.choice(ARCHIVES)(random, parts.file())


MODELS: tuple[Callable[[Random, Parts], bytes], ...] = (
    change_config, change_config, change_layer, change_layer, change_card, change_card, change_size,
    rewire, put_payload, put_payload, raw_text, many_layers, change_weights, change_weights,
    flip_weights, cut_weights, bomb, break_archive, break_archive,
)  # fmt: skip


# --- resume states and gradient logs


def change_arrays(random: Random, data: bytes, traps: Traps) -> bytes:
    """Change arrays of a NumPy archive: their facts, types, shapes, headers."""
    members = _members(data)
    place = random.randrange(len(members))
    name, content = members[place]
    if random.random() < 0.5:
        place = next(i for i, (n, _) in enumerate(members) if n == "facts.npy")
        name, content = members[place]
    changed = _changed_array(random, name, content, traps)
    members[place] = (name, changed)
    method = random.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    return _quietly(zipped, members, method)


def _changed_array(random: Random, name: str, content: bytes, traps: Traps) -> bytes:
    array = np.load(io.BytesIO(content))
    if name == "facts.npy" and random.random() < 0.8:
        facts = change_value(random, json.loads(str(array)), traps)
        return _npy(np.array(json.dumps(facts)))
    choice = random.randrange(9)
    if choice == 0:
        return _npy(np.array([_Touch(traps.canary)], object), pickled=True)
    if choice == 1:
        return _header(random.choice(["<f4", "|O", "<U9", "V9", "f4,f4", "<f3", "U999999999"]),
                       random.choice(["(3,)", "()", "(1000000000000,)", "(-1,)", "(2**40,)",
                                      "(" * 300, "(0, 99999999999)"]))  # fmt: skip
    if choice == 2:
        return content[: random.randrange(len(content))]
    if choice == 3:
        return content + b"\0" * 9
    if choice == 4:
        return flip_bytes(random, content)
    if choice == 5:
        texts, numbers = ["U5", "S5"], ["c8", "?", "f2"]
        return _npy(array.astype(random.choice(texts + numbers * (array.dtype.kind != "U"))))
    if choice == 6:
        return _npy(np.zeros(random.choice([(0,), (1,), (3, 3), (8 * 10**6,)]), "f4"))
    if choice == 7:
        return _npy(np.zeros(3, [("a", "f4")]))
    return _npy(np.asfortranarray(array[None]) if array.ndim else array[None])


class _Touch:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


def _npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    held = io.BytesIO()
    np.lib.format.write_array(held, array, allow_pickle=pickled)
    return held.getvalue()


def _header(kind: str, shape: str) -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + b"\0" * 12


def inflating_array(random: Random, data: bytes, traps: Traps) -> bytes:
    """A NumPy archive of some hundred kilobytes whose arrays are of hundreds of megabytes."""
    members = _members(data)
    place = random.randrange(len(members))
    text = np.array(" " * random.choice([10**6, 4 * 10**7]))
    large = np.zeros(random.choice([10**6, 5 * 10**7]), "f4")
    members[place] = (members[place][0], _npy(random.choice([text, large])))
    return zipped(members, zipfile.ZIP_DEFLATED)


def break_npz(random: Random, data: bytes, traps: Traps) -> bytes:
    return random.choice(ARCHIVES)(random, data)


def pickle_bytes(random: Random, data: bytes, traps: Traps) -> bytes:
    """No archive at all, but a pickle, which ``numpy.load`` would also take."""
    return pickle.dumps(_Touch(traps.canary)) + zlib.compress(data)[:20]


NUMPY: tuple[Callable[[Random, bytes, Traps], bytes], ...] = (
    change_arrays, change_arrays, change_arrays, inflating_array, break_npz, break_npz,
    pickle_bytes,
)  # fmt: skip
