// Letters of given heights as SVG: one path a base, however many letters.
const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (parent) parent.appendChild(made);
  return made;
}

// One letter's path: left edge x, baseline y (downwards), width w, height h; h < 0 hangs upside down.
function letterPath(base, x, y, w, h) {
  let path = "";
  for (const [command, ...points] of GLYPHS[base]) {
    path += command;
    for (let i = 0; i < points.length; i += 2)
      path += (x + points[i] * w).toFixed(2) + " " + (y - points[i + 1] * h).toFixed(2) + " ";
  }
  return path;
}

function addPaths(svg, paths) {
  for (const base of "ACGT")
    if (paths[base]) element("path", { d: paths[base], fill: COLOURS[base] }, svg);
}

// A stack of letters in one column: those above 0 upwards, those below downwards, smallest nearest.
function addStack(paths, heights, x, zero, width, scale) {
  const order = [0, 1, 2, 3].sort((a, b) => Math.abs(heights[a]) - Math.abs(heights[b]));
  let up = zero, down = zero;
  for (const i of order) {
    const h = heights[i] * scale, base = "ACGT"[i];
    if (Math.abs(h) < 0.15) continue;
    const y = h > 0 ? up : down;
    paths[base] = (paths[base] || "") + letterPath(base, x + 0.03 * width, y, 0.94 * width, h);
    if (h > 0) up -= h; else down -= h;
  }
}

function drawLogo(cell) {
  const { rows, offsets, top } = JSON.parse(cell.dataset.logo);
  if (!rows.length) return;
  const full = 30, gap = 5, first = Math.min(...offsets);
  const signed = rows.some((row) => row.some((heights) => heights.some((h) => h < 0)));
  const rowHeight = signed ? 2 * full * 0.75 : full, zeroAt = signed ? rowHeight / 2 : full;
  const columns = Math.max(...rows.map((row, i) => row.length + offsets[i] - first));
  const unit = Math.min(11, 264 / columns); // long motifs get narrow letters, not wide tables
  const width = columns * unit + 2, height = rows.length * (rowHeight + gap);
  const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  rows.forEach((row, i) => {
    const zero = i * (rowHeight + gap) + zeroAt, x = 1 + (offsets[i] - first) * unit, paths = {};
    row.forEach((heights, j) => addStack(paths, heights, x + j * unit, zero, unit, (signed ? zeroAt : full) / top));
    element("line", { x1: x, x2: x + row.length * unit, y1: zero + 0.5, y2: zero + 0.5, stroke: "#8c8c8c", "stroke-width": 0.7 }, svg);
    addPaths(svg, paths);
  });
  cell.appendChild(svg);
}
