"""Links from pages to files of the repository that are outside of ``docs/``.

They work where the repository is browsed. In the built site a link to a file that a page shows
(``repository_pages``) leads to the page, and any other becomes the file's path as a literal.
"""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes


def outside(target: str, document: Path, source: Path) -> str:
    """Return the path in the repository of a link that leaves the documentation, else ""."""
    root = source.parent
    path = Path(document.parent, target.partition("#")[0]).resolve()
    if source in path.parents or root not in path.parents or not path.exists():
        return ""
    return path.relative_to(root).as_posix()


def replace_links(app: Any, doctree: nodes.document) -> None:
    """Replace the links of a page that has just been read."""
    source, document = Path(app.srcdir), Path(app.env.doc2path(app.env.docname))
    for node in list(doctree.findall(nodes.Element)):
        if not isinstance(node, addnodes.pending_xref | addnodes.download_reference):
            continue
        at = Path(node.source) if node.source else document  # a page may include another file
        if (path := outside(node.get("reftarget", ""), at, source)) == "":
            continue
        page = app.config.repository_pages.get(path)
        node.replace_self(_page(node, page, app.env.docname) if page else _path(node, path))


def _page(node: nodes.Element, page: str, docname: str) -> nodes.Element:
    reference = addnodes.pending_xref(
        "", refdomain="std", reftype="doc", reftarget=f"/{page}", refdoc=docname, refexplicit=True
    )
    reference += nodes.inline("", node.astext(), classes=["std", "std-doc"])
    return reference


def _path(node: nodes.Element, path: str) -> list[nodes.Node]:
    text = node.astext()
    named = [] if Path(path).name in text else [nodes.Text(" ("), nodes.literal("", path)]
    shown = nodes.literal("", path) if text == Path(path).name else nodes.inline("", text)
    return [shown, *named, *([nodes.Text(")")] if named else [])]


def setup(app: Any) -> dict[str, Any]:
    """Connect the replacement."""
    app.add_config_value("repository_pages", {}, "env")
    app.connect("doctree-read", replace_links)
    return {"parallel_read_safe": True}
