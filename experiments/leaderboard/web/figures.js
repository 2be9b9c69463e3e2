// The three figures: accuracy or regret along the search, the share of runs that found the optimum, mean ranks.

const KINDS = {
  regret: { name: (bench) => `test regret (${points(bench)})`, regret: true },
  accuracy: { name: (bench) => united(`test ${bench.metric.name}`, bench) },
  "best-regret": { name: (bench) => `${seen(bench)} regret (${points(bench)})`, best: true, regret: true },
  best: { name: (bench) => united(`best ${seen(bench)} ${bench.metric.name}`, bench), best: true },
};

const SEEN = { regret: "best-regret", accuracy: "best" }; // in place of test accuracy, where that is not known

/** What the searches saw. */
const seen = (bench) => (bench.seen === "test" ? "test" : "validation");

/** What a metric's values are, with their unit. */
const united = (what, { metric }) => (metric.unit ? `${what} (${metric.unit})` : what);

/** The unit of a difference. */
const points = ({ metric }) => (metric.unit === "%" ? "points" : metric.unit || metric.name);

/** Write a value: percent with its decimals, anything else with about four digits. */
const valued = ({ metric }, decimals = 2) => (value) => (metric.unit === "%" ? fixed(value, decimals) : digits(value));

/** The curves of the chosen kind, against queries or simulated hours. */
function curveSpec(bench, rows, on) {
  const kind = KINDS[showing(bench)];
  const against = axis(bench);
  const best = bench.optimum[kind.best ? bench.seen : "test"];
  const flip = kind.regret && known(best);
  const value = (values) => values.map((each) => (flip && known(each) ? Math.max(bench.metric.minimize ? each - best : best - each, 0) : each));
  const turned = flip && !bench.metric.minimize; // then the low end of a value is the high end of its regret
  const lines = rows.map((row) => {
    const curve = row[kind.best ? "best" : state.protocol]?.[against];
    const [y, low, high] = curve ?? [[], [], []];
    return { label: row.label, on: on.has(row.label), y: value(y), low: value(turned ? high : low), high: value(turned ? low : high) };
  });
  const log = flip && state.logy === "1";
  const name = against === "queries" ? "queries" : "simulated hours";
  return {
    grid: bench.grid[against], lines, x: { name, log: state.logx === "1" },
    y: { name: kind.name(bench), log, range: rangeOf(lines, flip, log, bench.metric.minimize), write: valued(bench, flip ? 3 : 2) },
  };
}

/** What the y axis covers: bad starts of tens of points would flatten everything worth seeing. */
function rangeOf(lines, regret, log, minimize) {
  const on = lines.filter((line) => line.on);
  const values = on.flatMap((line) => line.y.slice(Math.floor(line.y.length * (log ? 0 : 0.25)))).filter(known);
  const all = on.flatMap((line) => [...line.low, ...line.high]).filter(known);
  if (!values.length) return log ? [0.01, 1] : [0, 1];
  const high = Math.max(...values);
  if (log) {
    const least = Math.min(...values.filter((value) => value > 0), high || 1);
    return [Math.max(least / 1.5, high / 1e5), Math.max(high * 1.2, least)];
  }
  if (regret) return [0, high || 1];
  const low = Math.min(...values);
  if (minimize) return [Math.min(low, Math.max(Math.min(...all), low - 0.1 * (high - low))), high > low ? high : low + 1];
  const top = Math.max(high, Math.min(Math.max(...all), high + 0.1 * (high - low)));
  return [low, top > low ? top : low + 1];
}

/** The share of runs that found the optimum, against queries, as long as no run is over that did not. */
function foundSpec(bench, rows, on) {
  const grid = bench.grid.queries;
  const lines = rows.map((row) => {
    const [queries, shares] = row.hits[state.target].ecdf;
    const until = shares.at(-1) === 1 ? Infinity : queries.at(-1);
    const y = grid.map((place) => (place <= until ? shares[queries.findLastIndex((each) => each <= place)] : null));
    return { label: row.label, on: on.has(row.label), y, low: [], high: [] };
  });
  return {
    grid, lines, x: { name: "queries", log: state.logx === "1" },
    y: { name: "runs that found the optimum", log: false, range: [0, 1], write: percent, tick: percent },
  };
}

/** The critical-difference diagram: a dot at each mean rank, a bar beside those that the test cannot tell apart. */
function drawRanks(box, ranks) {
  if (!ranks) {
    box.replaceChildren(h("p", {}, "Ranks need the test values of at least three entries with the same seeds."));
    return;
  }
  const width = Math.max(box.clientWidth, 200);
  const line = 24;
  const left = Math.min(190, width * 0.42);
  const bars = ranks.cliques.length * 9 + 8;
  const count = ranks.labels.length;
  const height = count * line + 50;
  const x = scale(1, count, left + bars + 10, width - 14, false, Math.min(count, 8));
  const y = (place) => 20 + place * line;
  const rows = ranks.labels.map((label, i) => [
    s("line", { class: "rule", x1: left + bars, x2: width - 8, y1: y(i), y2: y(i) }),
    s("text", { class: "label", x: left - 4, y: y(i) + 4, "text-anchor": "end" }, cut(label, left / 8), s("title", {}, label)),
    s("circle", { cx: x.at(ranks.ranks[i]), cy: y(i), r: 5.5, fill: look(label).stroke }, s("title", {}, `${label}: mean rank ${fixed(ranks.ranks[i], 2)}`)),
    s("text", { class: "tick", ...beside(x.at(ranks.ranks[i]), width), y: y(i) - 6 }, fixed(ranks.ranks[i], 2)),
  ]);
  const cliques = ranks.cliques.map(([first, last], i) =>
    s("line", { class: "clique", x1: left + 8 + 9 * i, x2: left + 8 + 9 * i, y1: y(first) - 7, y2: y(last) + 7 }));
  const bottom = y(count - 1) + 14;
  const axis = [
    ...x.ticks.filter(Number.isInteger).map((tick) => s("text", { class: "tick", x: x.at(tick), y: bottom + 14, "text-anchor": "middle" }, tick)),
    s("text", { class: "name", x: width - 8, y: bottom + 29, "text-anchor": "end" }, "mean rank (1 is best)"),
  ];
  const said = ranks.labels.map((label, i) => `${label} ${fixed(ranks.ranks[i], 2)}`).join(", ");
  box.replaceChildren(s("svg", { width, height, role: "img", "aria-label": `Mean ranks: ${said}` }, rows, cliques, axis));
}

const beside = (place, width) => (place > width - 50 ? { x: place - 9, "text-anchor": "end" } : { x: place + 9 });
const cut = (text, length) => (text.length > length ? `${text.slice(0, Math.max(length - 1, 3))}…` : text);
