// What the reader chose. It lives in the address, so that a view can be linked; defaults are left out of it.

const DEFAULTS = {
  benchmark: DATA.benchmarks[0].name,
  protocol: "honest",
  target: "valid",
  sort: "",
  down: "",
  filter: "",
  show: "regret",
  against: "queries",
  logx: "1",
  logy: "1",
};

const state = { ...DEFAULTS, on: null };

/** Read the state from the address; what does not exist on this page falls back to the default. */
function readState() {
  const query = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(DEFAULTS)) state[name] = query.get(name) ?? DEFAULTS[name];
  state.on = query.has("on") ? new Set(query.getAll("on").filter(Boolean)) : null;
  if (!benchmarkOf(state.benchmark)) state.benchmark = DEFAULTS.benchmark;
  if (!benchmark().protocols.includes(state.protocol)) state.protocol = DEFAULTS.protocol;
  if (state.target !== "test") state.target = DEFAULTS.target;
  if (!Object.hasOwn(KINDS, state.show)) state.show = DEFAULTS.show;
}

/** Change the state, and the address with it; nothing is added to the history of the browser. */
function setState(changes) {
  Object.assign(state, changes);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(DEFAULTS)) if (state[name] !== value) query.set(name, state[name]);
  if (state.on) (state.on.size ? [...state.on] : [""]).forEach((label) => query.append("on", label));
  history.replaceState(null, "", `#${query}`);
}

const benchmarkOf = (name) => DATA.benchmarks.find((each) => each.name === name);
const benchmark = () => benchmarkOf(state.benchmark);

/** The axis in force: a benchmark whose training times are not known has queries only. */
const axis = (bench) => (Object.hasOwn(bench.grid, state.against) ? state.against : DEFAULTS.against);

/** The curves in force: a benchmark whose test accuracy is not known has only what its searches saw. */
const showing = (bench) => (bench.tested || KINDS[state.show].best ? state.show : SEEN[state.show]);

/** The entries that the filter leaves: every word must occur in what a row says of itself. */
function filtered() {
  const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
  return benchmark().rows.filter((row) => {
    const text = [row.label, row.strategy, row.predictor ?? "", DATA.studies[row.study].name].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

const SHOWN = 8;

/** The entries that the figures draw: those switched on, or the first of the table. */
function drawn(rows) {
  return state.on ? rows.filter((row) => state.on.has(row.label)) : rows.slice(0, SHOWN);
}

/** Switch one entry on or off in the figures. */
function toggle(label, rows) {
  const on = new Set(drawn(rows).map((row) => row.label));
  if (!on.delete(label)) on.add(label);
  setState({ on });
}

// One look for each label, the same on every benchmark: seven colours, then the same dashed.
const LABELS = [...new Set(DATA.benchmarks.flatMap((each) => each.rows.map((row) => row.label)))];
const DASHES = ["", "7 3", "2 3", "9 3 2 3", "14 4"];

function look(label) {
  const place = LABELS.indexOf(label);
  return { stroke: `var(--s${place % COLOURS})`, dash: DASHES[Math.floor(place / COLOURS) % DASHES.length] };
}

function swatch(label) {
  const { stroke, dash } = look(label);
  const line = s("line", { x1: 0, y1: 5, x2: 26, y2: 5, stroke, "stroke-width": 3, "stroke-dasharray": dash });
  return s("svg", { class: "swatch", width: 26, height: 10, "aria-hidden": "true" }, line);
}
