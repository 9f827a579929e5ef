"""``public-names``: a page for each name in ``__all__`` of a package, grouped by where it lies.

Beside the public names stand the classes of ours that their functions take and return.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from generated import Generated, heading
from names import first_line, groups, page, public_objects, types_of

FOLDER = Path("reference", "api")


def write_pages(app: Any) -> None:
    """Write a page for each public name and type; pages of names that are gone are removed."""
    app.env.public_aliases = {}
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    wanted, first = {}, {}
    for package in app.config.public_packages:
        for name, thing in public_objects(package).items():
            full = f"{package}.{name}"
            same = first.setdefault(id(thing), full)
            if same != full:
                app.env.public_aliases[full] = same
            wanted[full] = page(full, thing, title=name, same="" if same == full else same)
        for full, kind in types_of(package).items():
            wanted[full] = page(full, kind, title=kind.__name__)
    for file in folder.glob("*.rst"):
        if file.stem not in wanted:
            file.unlink()
    for full, text in wanted.items():
        file = folder / f"{full}.rst"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def split_attributes(
    app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Give each attribute an entry of its own where a docstring describes several at once."""
    if "Attributes" not in lines:
        return
    place = lines.index("Attributes") + 2
    while place < len(lines):
        names = lines[place].split(", ")
        if len(names) > 1 and all(name.isidentifier() for name in names):
            end = place + 1
            while end < len(lines) and lines[end].startswith(" "):
                end += 1
            text = lines[place + 1 : end]
            lines[place:end] = [line for name in names for line in (name, *text)]
        place += 1


def resolve_alias(app: Any, env: Any, node: Any, content: Any) -> Any:
    """Return a reference to the page that documents what has two public names, else None."""
    target = env.public_aliases.get(node.get("reftarget"))
    if target is None or node.get("refdomain") != "py":
        return None
    domain = env.get_domain("py")
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", target, node, content)


class PublicNames(Generated):
    """Tables of the public names of a package, and of the types of their arguments."""

    required_arguments = 1

    def lines(self) -> Iterator[str]:
        """Yield a table for each group, with the group's title."""
        package = self.arguments[0]
        for group, names in groups(package).items():
            yield from heading(group.replace("_", " ").capitalize(), "-")
            yield first_line(import_module(f"{package}.{group}"))
            yield from _table(f"{package}.{name}" for name in names)
        if types := types_of(package):
            yield from heading("Types", "-")
            yield "Settings and results of the functions above."
            yield from _table(types)


def _table(names: Any) -> Iterator[str]:
    yield from ("", ".. autosummary::", "   :toctree: api", "   :nosignatures:", "")
    yield from (f"   ~{name}" for name in names)
    yield ""


def setup(app: Any) -> dict[str, Any]:
    """Add the directive, and write the pages before files are looked for."""
    app.add_config_value("public_packages", [], "env")
    app.add_directive("public-names", PublicNames)
    app.connect("builder-inited", write_pages)
    app.connect("missing-reference", resolve_alias)
    app.connect("autodoc-process-docstring", split_attributes, priority=400)  # before napoleon
    return {"parallel_read_safe": True}
