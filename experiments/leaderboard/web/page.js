// The page as a whole: the controls, and drawing everything that depends on them.

const plots = {};
const switchLine = (label) => {
  toggle(label, sorted(filtered(), benchmark()));
  drawFigures();
};

/** Draw all that depends on the benchmark. */
function drawAll() {
  const bench = benchmark();
  drawControls(bench);
  drawHead(bench, drawRows);
  drawRows();
}

/** Draw what depends on the filter and the order. */
function drawRows() {
  const bench = benchmark();
  const rows = sorted(filtered(), bench);
  drawBody(rows, bench);
  byId("count").textContent = `${rows.length} of ${bench.rows.length} entries`;
  drawFigures(rows);
}

function drawFigures(rows = sorted(filtered(), benchmark())) {
  const bench = benchmark();
  const on = new Set(drawn(rows).map((row) => row.label));
  plots.curves.show(curveSpec(bench, rows, on));
  plots.found.show(foundSpec(bench, rows, on));
  byId("curves-name").textContent = plots.curves.spec.y.name;
  drawRanks(byId("ranks"), bench.ranks[state.protocol]);
}

/** Set every control to the state, and write the protocol beside the numbers. */
function drawControls(bench) {
  byId("benchmark").value = bench.name;
  byId("filter").value = state.filter;
  const chosen = { ...state, against: axis(bench), show: showing(bench) };
  for (const name of ["protocol", "target", "show", "against"]) {
    for (const input of document.getElementsByName(name)) input.checked = input.value === chosen[name];
  }
  for (const name of ["logx", "logy"]) byId(name).checked = state[name] === "1";
  byId("paper").disabled = !bench.protocols.includes("paper");
  for (const input of document.getElementsByName("show")) input.disabled = !bench.tested && !KINDS[input.value].best;
  byId("hours").disabled = !bench.grid.hours;
  byId("protocol-text").textContent = DATA.protocols[state.protocol].replaceAll("accuracy", bench.metric.name);
  const { name, unit } = bench.metric;
  const best = bench.optimum[state.target];
  const kind = state.target === "test" ? "test" : "validation";
  const facts = [
    `Dataset ${bench.dataset}; candidates are ${bench.universe}.`,
    known(best) ? `The optimum is the best mean ${kind} ${name}, ${`${valued(bench, 3)(best)} ${unit}`.trim()}; ties count.` : `The optimum in ${kind} ${name} is not known.`,
    bench.metric.minimize ? `Lower ${name} is better.` : "",
    bench.seen === "test" ? `These searches see test ${name}: what they report is no fair estimate.` : "",
    bench.note,
  ];
  byId("benchmark-text").textContent = facts.filter(Boolean).join(" ");
  byId("best-name").textContent = `best ${seen(bench)}`;
  byId("best-regret-name").textContent = `${seen(bench)} regret`;
  byId("accuracy-name").textContent = `test ${name}`;
  const ranks = bench.ranks[state.protocol];
  byId("ranks-text").textContent = ranks ? `Ranks by the ${state.protocol} protocol after ${fixed(ranks.queries, 0)} queries, mean over the ${ranks.seeds} seeds that all of these have${ranks.few.length ? ` (not here: ${ranks.few.join(", ")}, with less than a fifth of the seeds or queries)` : ""}. A bar on the left joins entries that Nemenyi's test after Friedman's cannot tell apart at 5 %.` : "";
}

function listen() {
  for (const each of DATA.benchmarks) byId("benchmark").append(h("option", { value: each.name }, each.name));
  byId("benchmark").addEventListener("change", (event) => {
    const chosen = benchmarkOf(event.target.value);
    const protocol = chosen.protocols.includes(state.protocol) ? state.protocol : DEFAULTS.protocol;
    setState({ benchmark: chosen.name, protocol, sort: "", down: "", on: null });
    drawAll();
    announce(`${chosen.name}, ${chosen.rows.length} entries`);
  });
  byId("filter").addEventListener("input", (event) => {
    setState({ filter: event.target.value });
    drawRows();
  });
  for (const name of ["protocol", "target", "show", "against"]) {
    for (const input of document.getElementsByName(name)) {
      input.addEventListener("change", () => {
        setState({ [name]: input.value });
        drawControls(benchmark());
        drawRows();
      });
    }
  }
  for (const name of ["logx", "logy"]) {
    byId(name).addEventListener("change", (event) => {
      setState({ [name]: event.target.checked ? "1" : "0" });
      drawFigures();
    });
  }
  byId("all").addEventListener("click", () => switchAll(new Set(filtered().map((row) => row.label))));
  byId("none").addEventListener("click", () => switchAll(new Set()));
  window.addEventListener("hashchange", () => {
    readState();
    drawAll();
  });
}

function switchAll(on) {
  setState({ on });
  drawFigures();
}

/** Light or dark: the system's choice until the reader makes one. */
function listenToTheme() {
  const dark = () => {
    const chosen = document.documentElement.style.colorScheme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const set = (scheme) => {
    if (scheme) document.documentElement.style.colorScheme = scheme;
    byId("theme").textContent = dark() ? "Light" : "Dark";
  };
  const stored = (() => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // a page from a file may have no storage
    }
  })();
  set(stored);
  byId("theme").addEventListener("click", () => {
    set(dark() ? "light" : "dark");
    try {
      localStorage.setItem("theme", document.documentElement.style.colorScheme);
    } catch {
      // then the choice lasts as long as the page
    }
  });
}

plots.curves = new Plot(byId("curves"), switchLine);
plots.found = new Plot(byId("found"), switchLine);
new ResizeObserver(() => drawRanks(byId("ranks"), benchmark().ranks[state.protocol])).observe(byId("ranks"));
readState();
listen();
listenToTheme();
drawAll();
