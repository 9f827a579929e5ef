// Letter-height tracks: an overview of the whole sequence above a window that scrolls.
const UNIT = 9, TRACK = 92, AXIS = 16;

function startTracks(figure) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const drawn = figure.querySelector(".drawn"), tools = document.createElement("div"), list = document.createElement("div");
  tools.className = "tools";
  const choices = data.menus.map((menu, m) => addMenu(tools, menu, [...new Set(data.tracks.map((t) => t.groups[m]))]));
  const draw = () => {
    list.replaceChildren();
    data.tracks.filter((t) => choices.every((choice, m) => t.groups[m] === choice.value)).forEach((t) => drawTrack(list, t));
    if (!list.children.length) list.textContent = "No sequence of this choice.";
  };
  choices.forEach((choice) => choice.addEventListener("change", draw));
  drawn.append(tools, list);
  draw();
}

function addMenu(tools, title, names) {
  const label = document.createElement("label"), choice = document.createElement("select");
  names.forEach((name) => choice.add(new Option(name)));
  label.append(title + " ", choice);
  tools.appendChild(label);
  return choice;
}

function drawTrack(list, track) {
  const box = document.createElement("div"), title = document.createElement("h3"), frame = document.createElement("div");
  box.className = "track";
  const peak = Number(track.top.toPrecision(2));
  title.textContent = `${track.title}, tallest letter ${peak}`;
  frame.className = "window";
  frame.tabIndex = 0;
  frame.setAttribute("role", "img");
  frame.setAttribute("aria-label", `Contributions along ${track.title}`);
  box.append(title);
  list.appendChild(box);
  const overview = element("svg", { class: "overview", preserveAspectRatio: "none", viewBox: `0 0 ${track.letters.length} 30` });
  box.append(overview, frame);
  frame.appendChild(letterTrack(track));
  linkOverview(overview, frame, track);
}

function letterTrack(track) {
  const n = track.letters.length, low = Math.min(0, ...track.heights), high = Math.max(0, ...track.heights);
  const scale = (TRACK - 8) / (high - low || 1), zero = 4 + high * scale, paths = {};
  const svg = element("svg", { width: n * UNIT + 2, height: TRACK + AXIS, "aria-hidden": "true" });
  for (let i = 0; i < n; i++) {
    const h = track.heights[i] * scale, base = track.letters[i];
    if (Math.abs(h) >= 0.3) paths[base] = (paths[base] || "") + letterPath(base, 1 + i * UNIT + 0.3, zero, UNIT - 0.6, h);
  }
  element("line", { x1: 0, x2: n * UNIT, y1: zero, y2: zero, stroke: "#8c8c8c", "stroke-width": 0.6 }, svg);
  addPaths(svg, paths);
  for (let i = 0; i < n; i += 20) {
    const x = 1 + (i + 0.5) * UNIT;
    element("line", { x1: x, x2: x, y1: TRACK, y2: TRACK + 3, stroke: "#8c8c8c" }, svg);
    element("text", { x, y: TRACK + 13, "text-anchor": i ? "middle" : "start" }, svg).textContent = i;
  }
  return svg;
}

function linkOverview(overview, frame, track) {
  const n = track.letters.length, view = element("rect", { y: 0, height: 30, fill: "#0072b2", "fill-opacity": 0.13 }, overview);
  let path = "";
  track.heights.forEach((h, i) => { path += `M${i + 0.5} 15V${(15 - (h / 1000) * 14).toFixed(1)}`; });
  element("path", { d: path, stroke: "#3b4450", "stroke-width": 1, fill: "none" }, overview);
  const follow = () => {
    view.setAttribute("x", frame.scrollLeft / UNIT);
    view.setAttribute("width", Math.min(n, frame.clientWidth / UNIT));
  };
  const centre = (position) => { frame.scrollLeft = position * UNIT - frame.clientWidth / 2; };
  const point = (event) => {
    const box = overview.getBoundingClientRect();
    centre(((event.clientX - box.left) / box.width) * n);
  };
  frame.addEventListener("scroll", follow);
  overview.addEventListener("pointerdown", point);
  overview.addEventListener("pointermove", (event) => { if (event.buttons) point(event); });
  const seen = Math.max(1, Math.floor(frame.clientWidth / UNIT));
  centre(densest(track.heights, seen));
  follow();
}

// Middle of the stretch with the largest sum of absolute heights.
function densest(heights, width) {
  let sum = 0, best = -1, place = width / 2;
  heights.forEach((h, i) => {
    sum += Math.abs(h) - (i >= width ? Math.abs(heights[i - width]) : 0);
    if (i >= Math.min(width, heights.length) - 1 && sum > best) { best = sum; place = i - width / 2 + 0.5; }
  });
  return place;
}
