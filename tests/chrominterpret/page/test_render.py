import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from chrominterpret.page.blocks import (
    Details,
    Facts,
    HeatMap,
    Logo,
    Notes,
    Number,
    Picture,
    Section,
    Table,
    Track,
    Tracks,
)
from chrominterpret.page.render import glyph_commands, render_page, write_page
from chrominterpret.sequences import BASES


def sections() -> list[Section]:
    """Return one of every kind of block, with text that would break a careless page."""
    random = np.random.default_rng(0)
    scores = random.normal(size=(200, 4)) * np.eye(4)[random.integers(0, 4, 200)]
    logo = Logo([random.dirichlet(np.ones(4), 8), random.dirichlet(np.ones(4), 6)], (0, 2))
    rows = [[f"f{i}", logo, Number.of(value)] for i, value in enumerate((3.0, 0.5, np.nan))]
    return [
        Section("Words", [Facts({"a <b>": "1"}), Notes(["5 < 6 & 'so'"]), Details({"x": "y"})]),
        Section("Tables", [Table(["name", "motif", "q"], rows, "caption")], "lead"),
        Section(
            "Pictures",
            [
                HeatMap(random.normal(size=(30, 16)), [f"row {i}" for i in range(30)],
                        [f"column {i}" for i in range(16)], "signed"),
                HeatMap(random.random((3, 2)), list("abc"), list("xy"), "plain", signed=False),
                Tracks([Track("</script>", scores, ("gut", "m")),
                        Track("other", scores, ("germ", "m"))], ("task", "method"), "tracks"),
                Picture("<svg viewBox='0 0 1 1'></svg>", "a picture"),
            ],
        ),
    ]  # fmt: skip


class Seen(HTMLParser):
    """Collects the addresses and the JSON of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.json: list[str] = []
        self.in_json = False

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.addresses += [found[name] for name in ("src", "href") if name in found]
        self.in_json = tag == "script" and found.get("type") == "application/json"

    def handle_data(self, data):
        if self.in_json:
            self.json.append(data)
            self.in_json = False


def test_a_page_needs_nothing_else(tmp_path):
    write_page(tmp_path / "page.html", title="T <1>", subtitle="s", sections=sections())
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    seen = Seen()
    seen.feed(text)
    assert seen.addresses == ["#s1", "#s2", "#s3"]
    outside = set(re.findall(r"https?://[^\s\"']+", text))
    assert outside == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert len(seen.json) == 3
    assert [t["title"] for t in json.loads(seen.json[2])["tracks"]] == ["</script>", "other"]
    assert "a &lt;b&gt;" in text
    assert "5 &lt; 6 &amp; &#39;so&#39;" in text


def test_same_content_same_page():
    first, second = (render_page(title="t", subtitle="", sections=sections()) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("base", BASES)
def test_letters_fill_the_unit_square(base):
    numbers = [c for command in glyph_commands(base) for c in command[1:]]
    points = np.array(numbers).reshape(-1, 2)
    assert points.min() == 0
    assert points.max() == 1
    assert glyph_commands(base)[0][0] == "M"
