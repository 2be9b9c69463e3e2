// A figure with an x axis to be read: lines with bands, a legend that shows the values at the cursor and switches
// lines on and off, and a slider that moves the cursor. Pointer, finger and arrow keys all move the same slider.

const MARGIN = { top: 12, right: 24, bottom: 40, left: 56 };

/** A scale from values to pixels, linear or logarithmic, with ticks of about the given number. */
function scale(low, high, from, to, log, count) {
  const f = log ? Math.log10 : (value) => value;
  const span = f(high) - f(low) || 1;
  const at = (value) => from + ((f(value) - f(low)) / span) * (to - from);
  return { at, ticks: log ? logTicks(low, high, count) : niceTicks(low, high, count) };
}

function niceTicks(low, high, count) {
  const rough = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

function logTicks(low, high, count) {
  if (!(low > 0)) return niceTicks(low, high, count);
  const decades = Math.log10(high / low);
  const within = decades > count ? [1] : 3 * decades > count ? [1, 3] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    ticks.push(...within.map((each) => each * 10 ** power).filter((t) => t >= low * 0.999 && t <= high * 1.001));
  }
  return ticks.length > 1 ? ticks : niceTicks(low, high, count);
}

/** A path that keeps each value until the next one; nulls end it. */
function stepped(xs, ys, x, y) {
  let path = "";
  let before = null;
  xs.forEach((value, i) => {
    if (!known(ys[i])) before = null;
    else {
      path += before === null ? `M${x(value)},${y(ys[i])}` : `H${x(value)}V${y(ys[i])}`;
      before = ys[i];
    }
  });
  return path.replace(/\d+\.\d+/g, (number) => Number(number).toFixed(1));
}

/** The area between two such paths. */
function band(xs, low, high, x, y) {
  const at = xs.map((_, i) => i).filter((i) => known(low[i]) && known(high[i]));
  if (at.length < 2) return "";
  const part = (values) => stepped(at.map((i) => xs[i]), at.map((i) => values[i]), x, y);
  const corner = (i, values) => `L${x(xs[i]).toFixed(1)},${y(values[i]).toFixed(1)}`;
  let back = "";
  for (let k = at.length - 1; k > 0; k--) {
    back += corner(at[k], low) + `L${x(xs[at[k]]).toFixed(1)},${y(low[at[k - 1]]).toFixed(1)}`;
  }
  return `${part(high)}${back}${corner(at[0], low)}Z`;
}

class Plot {
  /** @param box an element that holds `.figure`, `.legend`, `input[type=range]` and `output`. */
  constructor(box, onToggle) {
    this.figure = box.querySelector(".figure");
    this.legend = box.querySelector(".legend");
    this.slider = box.querySelector("input[type=range]");
    this.output = box.querySelector("output");
    this.onToggle = onToggle;
    this.cursor = null; // where the reader put it: the share of the way along the grid, good for the next grid too
    this.slider.addEventListener("input", () => this.put(Number(this.slider.value)));
    this.figure.addEventListener("pointermove", (event) => this.point(event));
    this.figure.addEventListener("pointerdown", (event) => this.point(event));
    new ResizeObserver(() => this.spec && this.figure.clientWidth !== this.width && this.draw()).observe(this.figure);
  }

  /** Show lines: `{grid, lines: [{label, on, y, low, high}], x: {name, log}, y: {name, log, range, write}}`. */
  show(spec) {
    this.spec = spec;
    this.slider.max = spec.grid.length - 1;
    this.slider.value = this.cursor === null ? this.lastKnown() : Math.round(this.cursor * (spec.grid.length - 1));
    this.drawLegend();
    this.draw();
  }

  draw() {
    const { spec } = this;
    this.width = this.figure.clientWidth;
    const width = Math.max(this.width, 200); // 0 before the page is laid out
    const height = Math.max(260, Math.min(400, width * 0.55));
    const bottom = height - MARGIN.bottom;
    const right = width - MARGIN.right;
    const x = scale(spec.grid[0], spec.grid.at(-1), MARGIN.left, right, spec.x.log, width / 80);
    const y = scale(...spec.y.range, bottom, MARGIN.top, spec.y.log, height / 60);
    this.x = x.at;
    const clip = `${this.figure.id}-clip`;
    const lines = spec.lines.filter((line) => line.on);
    const clamp = (value) => y.at(spec.y.log ? Math.max(value, spec.y.range[0]) : value);
    const areas = lines.map((line) => s("path", { d: band(spec.grid, line.low, line.high, x.at, clamp), fill: look(line.label).stroke, class: "band" }));
    const paths = lines.map((line) => {
      const { stroke, dash } = look(line.label);
      return s("path", { d: stepped(spec.grid, line.y, x.at, clamp), stroke, "stroke-dasharray": dash, class: "line", "data-label": line.label });
    });
    this.hair = s("line", { class: "hair", y1: MARGIN.top, y2: bottom });
    const inner = s("clipPath", { id: clip }, s("rect", { x: MARGIN.left, y: MARGIN.top - 2, width: right - MARGIN.left + 2, height: bottom - MARGIN.top + 4 }));
    this.figure.replaceChildren(
      s("svg", { width, height, role: "img", "aria-label": `${spec.y.name} against ${spec.x.name}; the values are in the list of entries` },
        inner, ...axes(x, y, spec, MARGIN.left, right, MARGIN.top, bottom),
        s("g", { "clip-path": `url(#${clip})` }, areas, paths, this.hair)),
    );
    this.move(Number(this.slider.value));
  }

  drawLegend() {
    const items = this.spec.lines.map((line) => {
      const press = () => this.onToggle(line.label);
      const value = h("span", { class: "value" });
      const button = h("button", { type: "button", "aria-pressed": String(line.on), onclick: press,
        onpointerenter: () => this.stress(line.label), onfocus: () => this.stress(line.label),
        onpointerleave: () => this.stress(null), onblur: () => this.stress(null) },
        swatch(line.label), h("span", { class: "name" }, line.label), value);
      line.value = value;
      return h("li", {}, button);
    });
    const focus = [...this.legend.querySelectorAll("button")].indexOf(document.activeElement);
    this.legend.replaceChildren(...items);
    if (focus >= 0) this.legend.querySelectorAll("button")[focus]?.focus();
  }

  /** Let one line stand out. */
  stress(label) {
    for (const path of this.figure.querySelectorAll(".line")) {
      path.classList.toggle("faint", label !== null && path.dataset.label !== label);
      path.classList.toggle("strong", path.dataset.label === label);
    }
  }

  point(event) {
    const place = event.clientX - this.figure.getBoundingClientRect().left;
    const { grid } = this.spec;
    let nearest = 0;
    grid.forEach((value, i) => {
      if (Math.abs(this.x(value) - place) < Math.abs(this.x(grid[nearest]) - place)) nearest = i;
    });
    this.put(nearest);
  }

  /** The last place of the grid at which all lines are known that are drawn. */
  lastKnown() {
    const lines = this.spec.lines.filter((line) => line.on && line.y.some(known));
    const place = this.spec.grid.findLastIndex((_, i) => lines.every((line) => known(line.y[i])));
    return place < 0 ? this.spec.grid.length - 1 : place;
  }

  put(index) {
    this.cursor = index / Math.max(this.spec.grid.length - 1, 1);
    this.move(index);
  }

  /** Move the cursor to a place on the grid, and read every line there. */
  move(index) {
    const { grid, lines, x, y } = this.spec;
    this.slider.value = index;
    const where = `${short(grid[index])} ${x.name}`;
    this.output.textContent = where;
    this.hair?.setAttribute("x1", this.x(grid[index]));
    this.hair?.setAttribute("x2", this.x(grid[index]));
    const said = [];
    for (const line of lines) {
      if (!line.value) continue;
      const range = interval([line.y[index], line.low[index], line.high[index]], y.write);
      line.value.replaceChildren(...(line.on ? [y.write(line.y[index]), h("small", {}, range)] : []));
      if (line.on) said.push(`${line.label} ${y.write(line.y[index])}`);
    }
    this.slider.setAttribute("aria-valuetext", `${where}: ${said.join("; ")}`);
  }
}

function axes(x, y, spec, left, right, top, bottom) {
  const label = (value) => Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 6 });
  return [
    ...y.ticks.map((tick) => s("line", { class: "rule", x1: left, x2: right, y1: y.at(tick), y2: y.at(tick) })),
    ...y.ticks.map((tick) => s("text", { class: "tick", x: left - 8, y: y.at(tick) + 4, "text-anchor": "end" }, spec.y.tick?.(tick) ?? label(tick))),
    ...x.ticks.map((tick) => s("line", { class: "mark", x1: x.at(tick), x2: x.at(tick), y1: bottom, y2: bottom + 4 })),
    ...x.ticks.map((tick) => s("text", { class: "tick", x: x.at(tick), y: bottom + 18, "text-anchor": "middle" }, label(tick))),
    s("line", { class: "mark", x1: left, x2: right, y1: bottom, y2: bottom }),
    s("text", { class: "name", x: right, y: bottom + 36, "text-anchor": "end" }, spec.x.name),
  ];
}
