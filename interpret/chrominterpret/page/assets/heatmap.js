// Heat maps on a canvas: blue to orange through white where signed, else white to dark blue.
const LOW_COLOUR = [0, 92, 175], HIGH_COLOUR = [213, 94, 0], DARK = [0, 40, 104], PALE = [255, 255, 255];

function mix(from, to, share) {
  return `rgb(${from.map((a, i) => Math.round(a + (to[i] - a) * share)).join(",")})`;
}

function cellColour(value, data, top) {
  if (value === null) return "#e6e6e6";
  if (!data.signed) return mix(PALE, DARK, Math.max(0, Math.min(1, (value - data.low) / (top - data.low || 1))));
  return mix(PALE, value < 0 ? LOW_COLOUR : HIGH_COLOUR, Math.min(1, Math.abs(value) / top));
}

function textWidth(names) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "11px system-ui, sans-serif";
  return Math.ceil(Math.max(0, ...names.map((name) => pen.measureText(name).width)));
}

function startHeatMap(figure) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const drawn = figure.querySelector(".drawn"), known = data.values.flat().filter((v) => v !== null);
  const top = data.signed ? Math.max(...known.map(Math.abs), 1e-12) : Math.max(...known, data.low + 1e-12);
  const left = textWidth(data.rows) + 10, slant = textWidth(data.columns) * 0.78 + 14;
  const room = Math.max(240, figure.clientWidth - left - slant * 0.6);
  const cell = Math.max(9, Math.min(30, Math.floor(room / data.columns.length)));
  const tall = Math.max(12, Math.min(22, cell));
  const width = left + data.columns.length * cell + slant * 0.75 + 4, height = slant + data.rows.length * tall + 2;
  const svg = element("svg", { width, height, role: "img", "aria-label": figure.querySelector("figcaption").textContent });
  data.columns.forEach((name, j) => {
    const x = left + (j + 0.6) * cell, y = slant - 5;
    element("text", { x, y, transform: `rotate(-50 ${x} ${y})` }, svg).textContent = name;
  });
  data.rows.forEach((name, i) => {
    const y = slant + (i + 0.5) * tall + 4;
    element("text", { x: left - 6, y, "text-anchor": "end" }, svg).textContent = name;
    data.values[i].forEach((value, j) => {
      const box = element("rect", {
        x: left + j * cell, y: slant + i * tall, width: cell - 0.5, height: tall - 0.5,
        fill: cellColour(value, data, top) }, svg);
      box.dataset.place = `${i} ${j}`;
      if (data.signed && value < -0.25 * top)
        element("line", { x1: left + (j + 0.3) * cell, x2: left + (j + 0.7) * cell - 0.5, y1: slant + (i + 0.5) * tall,
          y2: slant + (i + 0.5) * tall, stroke: value < -0.5 * top ? "#fff" : "#1b1f24", "stroke-width": 1.2, "pointer-events": "none" }, svg);
    });
  });
  const key = keyOf(data, top);
  drawn.before(key);
  drawn.appendChild(svg);
  const output = key.querySelector("output");
  const describe = (event) => {
    const place = event.target.dataset && event.target.dataset.place;
    if (!place) return;
    const [i, j] = place.split(" ").map(Number), value = data.values[i][j];
    output.textContent = `${data.rows[i]} × ${data.columns[j]}: ${value === null ? "not known" : value}`;
  };
  svg.addEventListener("pointerover", describe);
  svg.addEventListener("click", describe);
}

function keyOf(data, top) {
  const key = document.createElement("div"), bar = document.createElement("i");
  const short = (v) => Number(v.toPrecision(2)).toString();
  const stops = data.signed
    ? [mix(PALE, LOW_COLOUR, 1), "#fff", mix(PALE, HIGH_COLOUR, 1)] : ["#fff", mix(PALE, DARK, 1)];
  bar.style.background = `linear-gradient(90deg, ${stops.join(",")})`;
  bar.style.outline = "1px solid #d8dee4";
  key.className = "key";
  key.append(short(data.signed ? -top : data.low), bar, short(top), document.createElement("output"));
  if (data.signed) key.append(" a dash marks cells well below 0");
  return key;
}
