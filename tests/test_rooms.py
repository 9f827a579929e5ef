"""Imports of chromkeras point down: every room imports only from rooms below it."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# From the ground floor up; rooms on one line may not import each other.
ROOMS = (
    {"errors"},
    {"names"},
    {"files", "registry"},
    {"tables", "progress"},
    {"statistics"},
    {"plots"},
    {"architectures"},
    {"recipe"},
    {"backend", "conflict"},
    {"layers"},
    {"data"},
    {"problems"},
    {"losses"},
    {"importers"},
    {"optimizers"},
    {"sharing"},
    {"model_file"},
    {"datasets"},
    {"cost"},
    {"evaluation"},
    {"scoring"},
    {"monitoring"},
    {"training"},
    {"cross_validation"},
    {"baselines", "installation", "model_report", "search"},
    {"comparison", "variant_effects"},
    {"benchmarking"},
    {"cli"},
)
MOST_AT_THE_TOP = 7


def modules(package):
    """Return each module's dotted name and syntax tree."""
    base = ROOT if package == "chromkeras" else ROOT / "interpret"
    for path in sorted((base / package).rglob("*.py")):
        parts = path.relative_to(base).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def imports(tree):
    """Return the dotted names that a module imports, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{each.name}" for each in node.names)
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def floors(rooms):
    return {room: floor for floor, names in enumerate(rooms) for room in names}


def room_of(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def test_every_room_imports_only_what_is_below_it():
    floor, wrong = floors(ROOMS), []
    for name, tree in modules("chromkeras"):
        own = room_of(name)
        for imported in imports(tree):
            if imported.split(".")[0] != "chromkeras" or not own:
                continue
            other = room_of(imported)
            if other and other != own and floor[other] >= floor[own]:
                wrong.append(f"{name} imports {imported}")
    assert wrong == []


def test_parts_of_the_comparison_import_only_their_core():
    wrong = []
    for name, tree in modules("chromkeras"):
        if not name.startswith("chromkeras.comparison."):
            continue
        for imported in imports(tree):
            if imported.startswith("chromkeras.comparison."):
                own, other = (each.split(".")[2] for each in (name, imported))
                if other not in (own, "core"):
                    wrong.append(f"{name} imports {imported}")
    assert wrong == []


def test_the_list_names_every_room_once():
    found = {room_of(name) for name, _ in modules("chromkeras")} - {""}
    assert found == set().union(*ROOMS)
    assert sum(map(len, ROOMS)) == len(found)


def test_few_modules_lie_loose():
    loose = [path for path in (ROOT / "chromkeras").glob("*.py") if path.stem != "__init__"]
    assert len(loose) <= MOST_AT_THE_TOP


def test_no_module_imports_itself_in_a_circle():
    graph = {}
    for package in ("chromkeras", "chrominterpret"):
        names = {name for name, _ in modules(package)}
        for name, tree in modules(package):
            targets = set()
            for imported in imports(tree):
                found = imported if imported in names else imported.rpartition(".")[0]
                if found in names and found != name:
                    targets.add(found)
            graph[name] = targets
    done = set()

    def visit(name, path):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, [*path, name])
            done.add(name)

    for name in sorted(graph):
        visit(name, [])
