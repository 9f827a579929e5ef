"""The documentation names only what there is: commands, options, recipe keys, public names."""

import ast
import importlib.util
import re
import shlex
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import typer
from typer.exceptions import TyperException

import chrominterpret
import chromkeras
from chromkeras.baselines.options import baseline_options
from chromkeras.cli.app import app
from chromkeras.errors import InputError
from chromkeras.recipe.choices import BASELINE
from chromkeras.recipe.reading import make_recipe, recipe_keys
from chromkeras.recipe.recipe import SECTIONS, DataRecipe
from chromkeras.registry import ARCHITECTURES, BASELINES
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(
        path
        for folder in (ROOT / "docs", ROOT / "models")
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".md", ".rst") and not {"_build", "api"} & set(path.parts)
    ),
]
SHELL = ("bash", "sh", "text", "console", "")
PROGRAM = "chromkeras"
FENCE = re.compile(r"^(`{3,})([^\n]*)\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)(?:``([^`]+)``|`([^`]+)`)(?!`)")
OPTION = re.compile(r"--[a-z][a-z-]*")
KEY = re.compile(rf"(?:{'|'.join((*SECTIONS, BASELINE))})\.[a-z_0-9]+")


def extension(name):
    """Return a module of the site's extensions that needs no Sphinx."""
    path = ROOT / "docs" / "_extensions" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"docs_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COMMANDS = {words: command for words, _, command in extension("commands").commands()}
GROUPS = {words.rpartition(" ")[0] for words in COMMANDS}


def options_of(command):
    return {name for parameter in command.params for name in command_names(parameter)} | {"--help"}


def command_names(parameter):
    return [*parameter.opts, *parameter.secondary_opts]


OPTIONS = {name for command in COMMANDS.values() for name in options_of(command)}
OPTIONS |= options_of(typer.main.get_command(app))
SCRIPTS = "".join(
    path.read_text(encoding="utf-8")
    for path in (ROOT / "scripts").rglob("*")
    if path.suffix in (".py", ".sh")
)


def lines_of(text):
    """Yield the command lines of the program in the blocks of a page, continued lines joined."""
    blocks = [block for _, kind, block in FENCE.findall(text) if kind.strip() in SHELL]
    blocks += re.findall(r"(?:^    \S.*\n)+", text, re.MULTILINE)
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True) if PROGRAM in line else []
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):  # KERAS_BACKEND=jax
                words.pop(0)
            if words[:1] == [PROGRAM]:
                yield words


def command_of(words):
    """Return the longest command that a line begins with, and its other words."""
    for count in range(len(words), 0, -1):
        if (name := " ".join(words[:count])) in COMMANDS:
            return name, words[count:]
    raise AssertionError(f"no command: {' '.join(words)}")


def parsed(words):
    """Return the values that the program takes from a command line, which it must accept."""
    name, rest = command_of(words)
    try:
        return COMMANDS[name].make_context(name, list(rest)).params
    except typer.Exit:  # --help
        return {}


def check_recipe(values):
    """Raise where the plan, the size or a setting of a command line is none of a recipe's."""
    if values.get("settings") is None and "plan" not in values:
        return
    if values.get("plan") in BASELINES.names():
        baseline_options(values["plan"], values.get("settings") or ())
        return
    make_recipe(
        values.get("plan", "hard"),
        size=values.get("size", ""),
        settings=values.get("settings") or (),
        values={"architecture.name": values["architecture"]} if values.get("architecture") else {},
    )


def wrong_commands(text):
    """Yield what is wrong with each command line of a page."""
    for words in lines_of(text):
        try:
            check_recipe(parsed(words))
        except TyperException as error:
            yield f"{' '.join(words)}: {error.format_message()}"
        except (AssertionError, InputError) as error:
            yield f"{' '.join(words)}: {error}"


def wrong_quotations(text):
    """Yield the commands, options and recipe keys in a page's running text that do not exist."""
    for quoted in INLINE.findall(FENCE.sub("", text)):
        words = " ".join("".join(quoted).split())
        if words.startswith(f"{PROGRAM} "):
            yield from wrong_mention(words)
        elif words.startswith("--"):
            known = {o for o in OPTION.findall(words) if o in OPTIONS or o in SCRIPTS}
            yield from sorted(set(OPTION.findall(words)) - known)
        if (key := KEY.match(words)) and key[0] not in recipe_keys_of_all():
            yield key[0]


def wrong_mention(words):
    """Yield what is wrong with a command that is mentioned, perhaps without all that it needs."""
    first, *rest = words.split()
    plain = [word for word in rest if re.fullmatch(r"[a-z|]+", word)]
    if not plain:
        return  # a placeholder, such as NAME
    names = [f"{first} {name}" for name in plain[0].split("|")]
    if names[0] in GROUPS and len(plain) > 1:
        names = [f"{names[0]} {name}" for name in plain[1].split("|")]
    for name in names:
        if name not in COMMANDS and name not in GROUPS:
            yield name
        elif name in COMMANDS:
            wrong = set(OPTION.findall(words)) - options_of(COMMANDS[name])
            yield from (f"{name} {option}" for option in sorted(wrong))


def recipe_keys_of_all():
    found = {key for name in ARCHITECTURES.names() for key in recipe_keys(name)}
    each = [
        field.name for name in BASELINES.names() for field in fields(BASELINES.get(name).Options)
    ]
    return found | {f"{BASELINE}.{name}" for name in each}


def python_of(text):
    """Return the syntax trees of a page's Python, without magics and options of cells."""
    blocks = (block for _, kind, block in FENCE.findall(text) if "python" in kind)
    return [ast.parse(re.sub(r"^[%:].*$", "", block, flags=re.MULTILINE)) for block in blocks]


def wrong_names(text):
    """Yield the names of ours in a page's Python that do not exist."""
    packages = {"chromkeras": chromkeras, "chrominterpret": chrominterpret}
    for node in (node for tree in python_of(text) for node in ast.walk(tree)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            package = packages.get(node.value.id)
            if package is not None and node.attr not in package.__all__:
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in packages:
            module = importlib.import_module(node.module)
            yield from (
                f"{node.module}.{each.name}"
                for each in node.names
                if not hasattr(module, each.name)
            )


def ids(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_page_names_what_there_is(page):
    text = page.read_text(encoding="utf-8")
    wrong = [*wrong_commands(text), *wrong_quotations(text), *wrong_names(text)]
    assert wrong == []


def test_every_command_has_an_example():
    lines = [words for page in PAGES for words in lines_of(page.read_text(encoding="utf-8"))]
    assert {command_of(words)[0] for words in lines} == set(COMMANDS)


@pytest.mark.parametrize(
    ("page", "word"),
    [
        ("```bash\nchromkeras trian hard\n```\n", "no command"),
        ("```bash\nchromkeras train hard --datta x.h5\n```\n", "--datta"),
        ("```bash\nchromkeras train \\\n    hard --set training.epoch=3\n```\n", "training.epoch"),
        ("```bash\nKERAS_BACKEND=jax chromkeras train hrad\n```\n", "hrad"),
        ("```bash\nchromkeras evaluate --data x.h5  # no model\n```\n", "model"),
        ("    chromkeras compare a.keras b.keras --part costs\n", "--part"),
    ],
)
def test_a_wrong_command_is_found(page, word):
    (wrong,) = wrong_commands(page)
    assert word in wrong


@pytest.mark.parametrize(
    "words",
    ["chromkeras trian", "chromkeras prepare peak", "chromkeras train --mmapp", "--datta",
     "balance.weight"],
)  # fmt: skip
def test_a_wrong_quotation_is_found(words):
    assert list(wrong_quotations(f"Say `{words}` first.")) != []


def test_a_wrong_name_is_found():
    page = "```python\nchromkeras.trian(1)\nfrom chromkeras.errors import InptError\n```\n"
    assert sorted(wrong_names(page)) == ["chromkeras.errors.InptError", "chromkeras.trian"]


@pytest.mark.parametrize("package", [chromkeras, chrominterpret], ids=lambda p: p.__name__)
def test_every_public_name_has_a_page_that_says_what_it_is(package):
    names = extension("names")
    listed = [name for group in names.groups(package.__name__).values() for name in group]
    assert sorted(listed) == sorted(package.__all__)
    for name, thing in names.public_objects(package.__name__).items():
        full = f"{package.__name__}.{name}"
        assert f":: {full}\n" in names.page(full, thing, title=name)
        assert (thing.__doc__ or "").strip(), full
    for full, kind in names.types_of(package.__name__).items():
        assert (kind.__doc__ or "").strip(), full


def test_the_architecture_of_another_package_can_be_trained():
    text = (ROOT / "docs" / "howto" / "extending.md").read_text(encoding="utf-8")
    (block,) = (block for _, kind, block in FENCE.findall(text) if kind == "python")
    try:
        exec(compile(block, "extending.md", "exec"), {"__name__": "extending"})
        recipe = make_recipe("hard", size="small", values={"architecture.name": "wide"})
        assert recipe.architecture.filters == 16
        plan = resolve_plan(recipe, ("a", "b"), {"dna": (100, 4)}, problem="binary")
        assert build_model(plan).output_shape == (None, 2)
    finally:
        ARCHITECTURES.unregister("wide")


def test_defaults_of_recipe_keys_are_shown_as_they_are():
    settings = extension("settings")
    shown = {field.name: settings.default_text(field) for field in fields(DataRecipe)}
    expected = {"reverse_complement": "true", "shift": "3", "background": "1.0", "together": "1"}
    assert shown == expected
    assert set(settings.attribute_texts(DataRecipe)) == set(shown)


def test_links_of_built_pages_are_checked(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    check_links = importlib.import_module("check_links")
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="b.html#there">b</a><a href="#here">a</a>'
    )
    (tmp_path / "b.html").write_text('<a href="a.html">a</a><a href="https://x.org/">x</a>')
    assert [line.split(" ", 1)[0] for line in check_links.faults(tmp_path)] == ["a.html:"]
    (tmp_path / "b.html").write_text('<p id="there"><a href="c.html">c</a><a href="https:">x</a>')
    check_links.read.cache_clear()
    assert sorted(line.split(" leads")[0] for line in check_links.faults(tmp_path)) == [
        "b.html: c.html", "b.html: https: is no link"
    ]  # fmt: skip
    sys.modules.pop("check_links")
