// The table: its columns, sorting, and the details of a row.

/** A column: how a row is sorted by it, what its cell holds, and which direction comes first. */
function columns(bench) {
  const acc = (row) => row[state.protocol]?.at ?? [];
  const hits = (row) => row.hits[state.target];
  const number = (key, head, group, why, estimate, write, first = "down") => ({
    key, head, group, why, first, value: (row) => estimate(row)?.[0] ?? null,
    cell: (row) => [write(estimate(row)?.[0]), h("small", {}, interval(estimate(row), write))],
  });
  const write = valued(bench);
  const first = bench.metric.minimize ? "up" : "down";
  return [
    { key: "label", head: "Entry", group: "", first: "up", why: "Name of the entry; open it for who, how and with what",
      value: (row) => row.label, cell: entryCell, text: true },
    { key: "predictor", head: "Predictor", group: "", first: "up", why: "The predictor of the strategy, if it has one",
      value: (row) => row.predictor, cell: (row) => [row.predictor ?? "–"], text: true },
    { key: "seeds", head: "Seeds", group: "", first: "down", why: "Independent runs",
      value: (row) => row.seeds, cell: (row) => [fixed(row.seeds, 0)] },
    ...bench.budgets.map((budget, i) => number(`acc${i}`, `${fixed(budget, 0)}`, capital(`${united(`test ${bench.metric.name}`, bench)} after … queries`),
      `Mean test ${bench.metric.name} after ${budget} queries`, (row) => acc(row)[i], write, first)),
    number("best", `${fixed(bench.budgets[bench.common], 0)}`, united(`Best ${bench.seen}`, bench),
      `Mean best ${seen(bench)} ${bench.metric.name} after ${bench.budgets[bench.common]} queries`, (row) => row.best.at[bench.common], write, first),
    number("rate", "Found", "Optimum", "Share of the runs that found the optimum", (row) => hits(row).rate, percent),
    number("ert", "ERT", "Optimum", "Expected running time to the optimum, queries",
      (row) => hits(row).ert, (value) => fixed(value, 0), "up"),
    number("median", "Median", "Optimum", "Median queries to the optimum",
      (row) => hits(row).median, (value) => fixed(value, 0), "up"),
    { key: "hours", head: "Sim. h", group: "Cost of a run", first: "up",
      why: "Simulated training time of all queries of a run, mean", value: (row) => row.hours,
      cell: (row) => [short(row.hours)] },
    { key: "overhead", head: "Wall s", group: "Cost of a run", first: "up",
      why: "Wall time of the search itself, mean seconds a run", value: (row) => row.overhead,
      cell: (row) => [short(row.overhead)] },
  ];
}

/** The column and direction in force; by default the accuracy after most queries that all entries have, best first. */
function sorting(bench) {
  const all = columns(bench);
  const column = all.find((each) => each.key === state.sort) ?? all.find((each) => each.key === (bench.tested ? `acc${bench.common}` : "best"));
  return { column, down: (state.down || (column.first === "down" ? "1" : "0")) === "1" };
}

/** Sort rows; equals keep their order, and what is not known comes last either way. */
function sorted(rows, bench) {
  const { column, down } = sorting(bench);
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
  return rows.map((row) => [row, column.value(row)]).sort(([, a], [, b]) => {
    if (!known(a) || !known(b)) return known(b) - known(a);
    return down ? compare(b, a) : compare(a, b);
  }).map(([row]) => row);
}

const looks = (column) => (column.text ? `${column.key} text` : column.key);

/** Build the table's head anew: its columns depend on the benchmark. */
function drawHead(bench, redraw) {
  const all = columns(bench);
  const groups = [];
  for (const { group, key } of all) {
    if (group && groups.at(-1)?.group === group) groups.at(-1).span += 1;
    else groups.push({ group, key, span: 1 });
  }
  const top = groups.map(({ group, key, span }) =>
    group ? h("th", { scope: "colgroup", colspan: span }, group) : h("td", { class: key }));
  const buttons = all.map((column) => {
    const press = () => {
      const { column: now, down } = sorting(benchmark());
      const first = column.first === "down";
      setState({ sort: column.key, down: (now.key === column.key ? !down : first) ? "1" : "0" });
      redraw();
      announce(`sorted by ${column.why.toLowerCase()}, ${state.down === "1" ? "descending" : "ascending"}`);
    };
    const button = h("button", { type: "button", title: column.why, onclick: press }, column.head);
    return h("th", { scope: "col", class: looks(column), "data-key": column.key }, button);
  });
  byId("head").replaceChildren(h("tr", { class: "groups" }, top), h("tr", {}, buttons));
}

/** Fill the table with rows that are sorted already. */
function drawBody(rows, bench) {
  const { column: current, down } = sorting(bench);
  for (const cell of byId("head").querySelectorAll("[data-key]")) {
    const mine = cell.dataset.key === current.key;
    if (mine) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  }
  const all = columns(bench);
  const cell = (row) => (column, i) =>
    h(i ? "td" : "th", { class: looks(column), scope: i ? null : "row" }, column.cell(row));
  const body = rows.map((row) => h("tr", {}, all.map(cell(row))));
  if (!rows.length) body.push(h("tr", {}, h("td", { class: "text", colspan: all.length }, "No entry has these words.")));
  byId("body").replaceChildren(...body);
}

function entryCell(row) {
  const open = (event) => {
    const button = event.currentTarget;
    const shown = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!shown));
    const line = button.closest("tr");
    if (shown) line.nextSibling.remove();
    else line.after(details(row, line.children.length));
  };
  const button = h("button", { type: "button", class: "entry", "aria-expanded": "false", onclick: open }, row.label);
  const several = DATA.studies.length > 1; // a label such as "pool 50" says little without its study
  const { name, who } = DATA.studies[row.study];
  const study = several ? h("small", {}, who ? `${name}, ${who}` : name) : null;
  return h("div", { class: "who" }, swatch(row.label), h("div", {}, button, study));
}

/** What a run found: its numbers, its text, and a drawing of it where there is one. */
function found({ arch, seed, valid, test, drawing }, bench) {
  const scores = [["validation", valid], ["test", test]].filter(([, value]) => known(value));
  const said = (value) => `${valued(bench)(value)} ${bench.metric.unit}`.trim();
  const facts = [`seed ${seed}`, ...scores.map(([kind, value]) => `${kind} ${said(value)}`)].join(", ");
  const svg = known(drawing) ? byId(`drawing${drawing}`).content.cloneNode(true) : null;
  const looks = { class: "drawing", role: "region", "aria-label": "Its drawing, scrolls sideways", tabindex: 0 };
  return [facts, ": ", h("code", {}, arch), svg ? h("div", looks, svg) : null];
}

/** Who, what, with which versions and by which command: a row of its own under the entry. */
function details(row, span) {
  const study = DATA.studies[row.study];
  const list = (object) => Object.entries(object).map(([name, value]) => `${name} ${value}`).join(", ");
  const facts = {
    Who: study.who,
    Study: study.name,
    Strategy: row.strategy + (row.predictor ? ` with ${row.predictor}` : ""),
    Options: h("code", {}, row.options),
    Runs: `${row.seeds} seeds of at most ${fixed(row.budget, 0)} queries`,
    "Median run": row.found ? found(row.found, benchmark()) : null,
    Command: study.command ? h("code", {}, study.command) : null,
    Versions: list(study.versions),
    Unchecked: row.compared ? null : "these results were not compared with the benchmark's table",
    "Table checksum": row.checksum ? h("code", {}, row.checksum) : null,
    More: /^https?:/.test(study.url) ? h("a", { href: study.url, rel: "noopener" }, study.url) : null,
  };
  const lines = Object.entries(facts).filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  return h("tr", { class: "details" }, h("td", { class: "text", colspan: span }, h("dl", {}, lines)));
}
