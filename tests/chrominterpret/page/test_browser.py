"""The page in a real browser, at the width of a phone and of a desk; slow: a browser starts."""

import html
import json
import re
import shutil
import subprocess

import pytest

from chrominterpret.page.render import render_page

from .test_render import sections

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PROBE = """
<script>
window.addEventListener("load", () => {
  const search = document.querySelector("input[type=search]");
  search.value = "F1";
  search.dispatchEvent(new Event("input"));
  const found = [...document.querySelectorAll("tbody tr")].filter((r) => !r.hidden).length;
  search.value = "";
  search.dispatchEvent(new Event("input"));
  document.querySelectorAll("th button")[2].click();
  const order = [...document.querySelectorAll("tbody tr")].map((r) => r.cells[0].textContent);
  const choice = document.querySelector("figure.tracks select");
  const before = document.querySelector("figure.tracks h3").textContent;
  choice.value = "germ";
  choice.dispatchEvent(new Event("change"));
  const probe = document.createElement("pre");
  probe.id = "probe";
  probe.textContent = JSON.stringify({
    overflow: document.documentElement.scrollWidth - window.innerWidth, width: window.innerWidth,
    found, order, before, after: document.querySelector("figure.tracks h3").textContent,
    logos: document.querySelectorAll("td.logo svg path").length,
    cells: document.querySelectorAll("figure.heatmap rect").length,
    letters: document.querySelectorAll("figure.tracks .window path").length,
    errors: window.problems });
  document.body.appendChild(probe);
});
</script>
"""
WATCH = "<script>window.problems = []; window.onerror = (m) => { problems.push(m); };</script>"


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [500, 1280])
def test_what_a_reader_sees(width, tmp_path):
    text = render_page(title="t", subtitle="s", sections=sections())
    page = tmp_path / "page.html"
    page.write_text(
        text.replace("<body>", f"<body>{WATCH}").replace("</body>", f"{PROBE}</body>"),
        encoding="utf-8",
    )
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900",
        "--virtual-time-budget=3000", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout)
    assert found, done.stderr[-500:]
    seen = json.loads(html.unescape(found[1]))
    assert seen["errors"] == []
    assert seen["width"] == width
    assert seen["overflow"] <= 0
    assert seen["found"] == 1
    assert seen["order"] == ["f1", "f0", "f2"]  # NaN last
    assert (seen["before"][:9], seen["after"][:5]) == ("</script>", "other")
    assert seen["logos"] >= 3
    assert seen["cells"] == 30 * 16 + 3 * 2
    assert seen["letters"] == 4
