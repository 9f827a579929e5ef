// Sorting by a column's head, searching all text and the logos' descriptions.
function startTable(figure) {
  const body = figure.querySelector("tbody"), rows = [...body.rows];
  const output = figure.querySelector("output"), search = figure.querySelector("input");
  const texts = rows.map((row) =>
    [...row.cells].map((c) => c.textContent + " " + (c.getAttribute("aria-label") || "")).join(" ").toLowerCase());
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, i) => {
      row.hidden = !words.every((word) => texts[i].includes(word));
      shown += !row.hidden;
    });
    output.textContent = shown === rows.length ? `${shown} rows` : `${shown} of ${rows.length} rows`;
  };
  search.addEventListener("input", show);
  figure.querySelectorAll("th button").forEach((button, column) =>
    button.addEventListener("click", () => sortTable(figure, body, rows, column)));
  show();
}

function sortKey(cell) {
  if (!("sort" in cell.dataset)) return cell.textContent.trim() || cell.getAttribute("aria-label") || "";
  const value = Number(cell.dataset.sort);
  return Number.isNaN(value) ? null : value;
}

function sortTable(figure, body, rows, column) {
  const heads = [...figure.querySelectorAll("th")], head = heads[column];
  const up = head.getAttribute("aria-sort") !== "ascending";
  heads.forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const keys = new Map(rows.map((row) => [row, sortKey(row.cells[column])]));
  const compare = (a, b) => {
    const x = keys.get(a), y = keys.get(b);
    if (x === null || y === null) return (x === null) - (y === null);
    const order = typeof x === "number" ? x - y : x.localeCompare(y, undefined, { numeric: true });
    return up ? order : -order;
  };
  [...rows].sort(compare).forEach((row) => body.appendChild(row));
}
