"""Check the links of built pages, without network: ``check_links.py FOLDER``.

A link to a page, a file or an anchor within the folder must lead there; of a link to elsewhere only
the form is checked.
"""

import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src"}
SCHEMES = {"http", "https", "mailto", "data"}


class Page(HTMLParser):
    """Links and anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the link and the anchors of a tag."""
        found = dict(attrs)
        self.anchors |= {found[name] or "" for name in ("id", "name") if name in found}
        if link := found.get(LINKS.get(tag, "")):
            self.links.append(link)


@cache
def read(path: Path) -> Page:
    """Return a page of the folder."""
    return Page(path.read_text(encoding="utf-8"))


def fault(link: str, page: Path, root: Path) -> str:
    """Return what is wrong with a link, or nothing."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        good = parts.scheme in SCHEMES and (parts.netloc or parts.path)
        return "" if good else "is no link"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if target.is_dir():
        target /= "index.html"
    if root not in target.parents:
        return "leaves the site"
    if not target.is_file():
        return "leads to no file"
    if target.suffix == ".html" and unquote(parts.fragment) not in read(target).anchors:
        return "leads to no anchor"
    return ""


def pages(root: Path) -> list[Path]:
    """Return the pages of a folder; a theme has templates among its files."""
    found = (path.relative_to(root) for path in root.rglob("*.html"))
    return sorted(root / path for path in found if path.parts[0] != "_static")


def faults(root: Path) -> Iterator[str]:
    """Yield a line for each link that is wrong."""
    for path in pages(root):
        for link in sorted(set(read(path).links)):
            if why := fault(link, path, root):
                yield f"{path.relative_to(root)}: {link} {why}"


def main(folder: str) -> int:
    """Print what is wrong, and return the exit code."""
    root = Path(folder).resolve()
    found = list(faults(root))
    print("\n".join(found), file=sys.stderr, end="\n" * bool(found))
    count = sum(len(set(read(page).links)) for page in pages(root))
    print(f"{count:,} links of {len(pages(root))} pages checked")
    return int(bool(found) or not count)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
