// Draws the charts of a report with Vega-Lite. All that it shows is text and numbers of the
// element "data"; names of groups are values of charts, never part of an expression or markup.

const { groups, strips } = JSON.parse(document.getElementById("data").textContent);
const count = groups.names.length;
const ALL = 30; // so many groups are shown at once
const PAGE = 20; // of more, so many at a time
const byId = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 40rem)");
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const percent = (value) => `${(100 * value).toPrecision(3).replace(/\.?0+$/, "")}%`;

const axis = {
  labelColor: "var(--_muted)",
  titleColor: "var(--_muted)",
  titleFontWeight: "normal",
  gridColor: "var(--_grid)",
  domain: false,
  ticks: false,
  labelPadding: 6,
  labelFontSize: 12,
  titleFontSize: 12,
  labelOverlap: true,
};
const config = {
  background: null,
  font: "system-ui, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif",
  view: { stroke: null },
  axis,
  axisY: { grid: false },
};

// What to mark on a logarithmic axis: powers of ten, and in a short range some between them.
function logMarks(shares) {
  const [low, high] = [Math.min(...shares), Math.max(...shares)].map(Math.log10);
  const steps = high - low > (narrow.matches ? 1.2 : 2.5) ? [1] : [1, 2, 5];
  const marks = [];
  for (let power = Math.floor(low); power <= high; power++) {
    marks.push(...steps.map((step) => step * 10 ** power));
  }
  return marks;
}

const PERCENT = 'format(100 * datum.value, ".4~g") + "%"';

// Many and very unequal groups can only be seen on a logarithmic scale: the page begins with it.
const unequal = count > ALL && groups.rows[0] > 100 * groups.rows.at(-1);
const state = { found: [...groups.names.keys()], first: 0, log: unequal };
const charts = new Map();

// Draws a chart, and returns its view once it is there.
async function draw(id, spec, description) {
  const element = byId(id);
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", `Chart: ${description} The numbers are in the table.`);
  const embedded = await window.vegaEmbed(
    element,
    {
      width: "container",
      autosize: { type: "fit-x", contains: "padding" },
      description,
      config,
      ...spec,
    },
    {
      mode: "vega-lite",
      ast: true, // no code is made of expressions, which the page's policy forbids
      actions: false,
      renderer: "svg",
      defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    },
  );
  charts.get(id)?.finalize();
  charts.set(id, embedded);
  return embedded.view;
}

// The groups that are shown, as rows of data for the charts.
function shown() {
  return state.found.slice(state.first, state.first + windowSize()).map((place, k) => ({
    k,
    row_share: groups.row_share[place],
    drawn_share: groups.drawn_share[place],
    covered: 1 - groups.never_drawn[place] / groups.rows[place],
    draws_per_row: groups.draws_per_row[place],
    group: groups.names[place],
    rows: `${whole.format(groups.rows[place])} (${percent(groups.row_share[place])})`,
    draws: `${whole.format(groups.drawn[place])} (${percent(groups.drawn_share[place])})`,
    expected: whole.format(groups.expected[place]),
    "draws a row": whole.format(groups.draws_per_row[place]),
    "never drawn": `${whole.format(groups.never_drawn[place])} rows`,
  }));
}

const windowSize = () => (state.found.length <= ALL ? ALL : PAGE);
const tooltip = ["group", "rows", "draws", "expected", "draws a row", "never drawn"].map(
  (field) => ({ field, type: "nominal" }),
);

function groupAxis(values) {
  return {
    params: [{ name: "names", value: values.map((value) => value.group) }],
    y: {
      field: "k",
      type: "ordinal",
      sort: null,
      title: null,
      axis: {
        labelExpr: "names[datum.value]",
        labelLimit: narrow.matches ? 105 : 230,
        labelColor: "var(--_text)",
        labelOverlap: false,
      },
    },
  };
}

function frequencySpec(values) {
  const { params, y } = groupAxis(values);
  const two = values.flatMap((value) => [
    { ...value, series: 0, share: value.row_share },
    { ...value, series: 1, share: value.drawn_share },
  ]);
  const color = {
    field: "series",
    type: "nominal",
    scale: { domain: [0, 1], range: ["var(--_rows)", "var(--_draws)"] },
    legend: null,
  };
  const marks = state.log
    ? { values: logMarks(two.map((value) => value.share).filter((share) => share > 0)) }
    : { tickCount: narrow.matches ? 3 : 6 };
  const x = (field) => ({
    field,
    type: "quantitative",
    title: null,
    scale: state.log ? { type: "log", nice: false, padding: 12 } : { type: "linear" },
    axis: { labelExpr: PERCENT, orient: "top", ...marks },
  });
  if (!state.log) {
    return {
      params,
      data: { values: two },
      height: values.length * 36,
      mark: { type: "bar", aria: false, cornerRadiusEnd: 2 },
      encoding: {
        y: { ...y, scale: { paddingInner: 0.28, paddingOuter: 0.14 } },
        yOffset: { field: "series", type: "nominal" },
        x: x("share"),
        color,
        tooltip,
      },
    };
  }
  // Bars have no length on a logarithmic scale: two points, and how far one is from the other.
  return {
    params,
    height: values.length * 36,
    encoding: { y, tooltip },
    layer: [
      {
        data: { values: values.filter((value) => value.drawn_share > 0) },
        mark: { type: "rule", aria: false, color: "var(--_grid)", strokeWidth: 4 },
        encoding: {
          x: x("row_share"),
          x2: { field: "drawn_share" },
        },
      },
      {
        data: { values: two.filter((value) => value.share > 0) },
        mark: { type: "point", aria: false, filled: true, size: 110, opacity: 1 },
        encoding: { x: x("share"), color },
      },
    ],
  };
}

function barSpec(values, field, x, once) {
  const { params, y } = groupAxis(values);
  const bars = {
    data: { values },
    mark: { type: "bar", aria: false, color: "var(--_draws)", cornerRadiusEnd: 2 },
    encoding: {
      y: { ...y, scale: { paddingInner: 0.35, paddingOuter: 0.18 } },
      x: { field, type: "quantitative", title: null, ...x },
      tooltip,
    },
  };
  const line = {
    data: { values: [{ at: 1 }] },
    mark: { type: "rule", aria: false, color: "var(--_text)", strokeDash: [4, 3] },
    encoding: { x: { field: "at", type: "quantitative" } },
  };
  return { params, height: values.length * 30, layer: once ? [bars, line] : [bars] };
}

function overviewSpec() {
  const values = groups.names.map((_, place) => ({
    rank: place + 1,
    row_share: groups.row_share[place],
    drawn_share: groups.drawn_share[place],
  }));
  const type = state.log ? "log" : "linear";
  const all = [...groups.row_share, ...groups.drawn_share];
  const marks = state.log
    ? { values: logMarks(all.filter((share) => share > 0)) }
    : { tickCount: 4 };
  const y = (field) => ({
    field,
    type: "quantitative",
    title: null,
    scale: { type },
    axis: { labelExpr: PERCENT, grid: true, ...marks },
  });
  return {
    height: 170,
    encoding: {
      x: {
        field: "rank",
        type: "quantitative",
        title: "groups by rows, the largest first",
        scale: { domain: [1, count], nice: false },
        axis: { grid: false, format: ",d", tickCount: narrow.matches ? 3 : 8 },
      },
    },
    layer: [
      {
        data: { name: "band", values: [] },
        mark: { type: "rect", aria: false, color: "var(--_band)", stroke: "var(--_draws)" },
        encoding: { x: { field: "low", type: "quantitative" }, x2: { field: "high" } },
      },
      {
        data: { values: state.log ? values.filter((value) => value.drawn_share > 0) : values },
        mark: {
          type: "point",
          aria: false,
          filled: true,
          size: 10,
          color: "var(--_draws)",
          opacity: 0.7,
        },
        encoding: { y: y("drawn_share") },
      },
      {
        data: { values },
        mark: { type: "line", aria: false, color: "var(--_rows)", strokeWidth: 2.5 },
        encoding: { y: y("row_share") },
      },
    ],
  };
}

function stripsSpec() {
  const counted = strips.batches.every((batch) => batch.cells.length === 0);
  const other = strips.coloured;
  const longest = Math.max(...strips.batches.map((batch) => batch.offset + batch.draws));
  const pixels = counted ? 100 : byId("strips-chart").clientWidth / longest;
  const values = [];
  for (const batch of strips.batches) {
    let from = batch.offset;
    const cells = counted ? batch.counts : batch.cells;
    cells.forEach((cell, place) => {
      const colour = counted ? place : Math.min(cell, other);
      const named = counted ? colour < other : true;
      const width = counted ? cell : 1;
      if (width) {
        values.push({
          batch: batch.batch,
          from,
          to: from + width,
          colour,
          group: named
            ? strips.names[counted ? place : cell]
            : `${whole.format(strips.others)} others`,
          ...(counted
            ? { draws: whole.format(width) }
            : { draw: whole.format(BigInt(batch.start) + BigInt(place)) }),
        });
      }
      from += width;
    });
  }
  const colours = strips.names.slice(0, other).map((_, place) => `var(--_g${place})`);
  const fields = ["group", "batch", counted ? "draws" : "draw"];
  return {
    data: { values },
    height: strips.batches.length * 30,
    mark: {
      type: "rect",
      aria: false,
      stroke: "var(--_surface)",
      strokeWidth: pixels > 12 ? 1.5 : pixels > 6 ? 0.75 : 0.25,
      cornerRadius: pixels > 16 ? 3 : 0,
    },
    encoding: {
      y: {
        field: "batch",
        type: "ordinal",
        sort: null,
        title: "batch",
        scale: { paddingInner: 0.15 },
        axis: { labelColor: "var(--_text)", labelOverlap: false },
      },
      x: {
        field: "from",
        type: "quantitative",
        title: "draw within the batch",
        scale: { domain: [0, longest], nice: false },
        axis: {
          grid: false,
          format: longest > 9999 ? "~s" : ",d",
          ...(longest <= 8
            ? { values: [...Array(longest + 1).keys()] }
            : { tickCount: narrow.matches ? 4 : 8 }),
        },
      },
      x2: { field: "to" },
      color: {
        field: "colour",
        type: "nominal",
        scale: {
          domain: [...colours.keys(), other],
          range: [...colours, "var(--_g-other)"],
        },
        legend: null,
      },
      tooltip: fields.map((field) => ({ field, type: "nominal" })),
    },
  };
}

// The charts by group follow the window; the overview shows where it is.
async function redraw() {
  const values = shown();
  byId("none").hidden = values.length > 0;
  byId("left-out").hidden = !(state.log && values.some((value) => value.drawn_share === 0));
  for (const pager of document.querySelectorAll("[data-pager]")) {
    const last = Math.max(0, state.found.length - windowSize());
    const range = pager.querySelector("input");
    range.max = last;
    range.step = 1;
    range.value = state.first;
    const total = whole.format(state.found.length);
    const text = values.length
      ? `${whole.format(state.first + 1)} to ${whole.format(state.first + values.length)} of ${total}`
      : "none";
    range.setAttribute("aria-valuetext", `groups ${text}`);
    pager.querySelector("output").textContent = text;
    pager.querySelector('[data-step="-1"]').disabled = state.first === 0;
    pager.querySelector('[data-step="1"]').disabled = state.first >= last;
    pager.hidden = count <= ALL;
  }
  for (const id of ["frequency-chart", "coverage-chart", "repeats-chart"]) {
    byId(id).hidden = !values.length;
  }
  if (!values.length) {
    return;
  }
  const ticks = narrow.matches ? 3 : 5;
  const share = {
    scale: { domain: [0, 1] },
    axis: { orient: "top", labelExpr: PERCENT, tickCount: ticks },
  };
  const repeats = { axis: { orient: "top", tickCount: ticks } };
  await Promise.all([
    draw(
      "frequency-chart",
      frequencySpec(values),
      "the part of the rows and of the draws of each group.",
    ),
    draw(
      "coverage-chart",
      barSpec(values, "covered", share, false),
      "the part of each group's rows that is drawn.",
    ),
    draw(
      "repeats-chart",
      barSpec(values, "draws_per_row", repeats, true),
      "draws a row of each group.",
    ),
    moveBand(),
  ]);
}

async function moveBand() {
  const view = charts.get("overview-chart")?.view;
  if (view && state.found.length) {
    const places = state.found.slice(state.first, state.first + windowSize());
    await view.data("band", [{ low: places[0] + 1, high: places.at(-1) + 1 }]).runAsync();
  }
}

async function drawOverview() {
  if (count <= ALL) {
    return;
  }
  byId("overview").hidden = false;
  const view = await draw(
    "overview-chart",
    overviewSpec(),
    "the part of the rows and of the draws of all groups, by rank.",
  );
  view.addEventListener("click", (event) => {
    const box = byId("overview-chart").querySelector("svg").getBoundingClientRect();
    const rank = view.scale("x").invert(event.clientX - box.left - view.origin()[0]);
    const nearest = state.found.findIndex((place) => place + 1 >= rank);
    moveTo((nearest < 0 ? state.found.length : nearest) - Math.floor(PAGE / 2));
  });
  await moveBand();
}

let running = Promise.resolve();
let waiting = false;

// One drawing at a time, and of the changes meanwhile only the last.
function refresh() {
  if (!waiting) {
    waiting = true;
    running = running.then(() => {
      waiting = false;
      return redraw();
    });
  }
  return running;
}

function moveTo(first) {
  const last = Math.max(0, state.found.length - windowSize());
  state.first = Math.min(Math.max(0, first), last);
  refresh();
}

for (const pager of document.querySelectorAll("[data-pager]")) {
  pager
    .querySelector("input")
    .addEventListener("input", (event) => moveTo(Number(event.target.value)));
  for (const button of pager.querySelectorAll("button")) {
    button.addEventListener("click", () =>
      moveTo(state.first + Number(button.dataset.step) * PAGE),
    );
  }
}

byId("find").hidden = count <= ALL;
byId("find")
  .querySelector("[type=search]")
  .addEventListener("input", (event) => {
    const text = event.target.value.toLocaleLowerCase();
    state.found = [...groups.names.keys()].filter((place) =>
      groups.names[place].toLocaleLowerCase().includes(text),
    );
    moveTo(0);
  });

for (const choice of document.querySelectorAll("[name=scale]")) {
  choice.checked = (choice.value === "log") === state.log;
  choice.addEventListener("change", () => {
    state.log = choice.value === "log";
    drawOverview();
    refresh();
  });
}

// The table: a click on a heading sorts by it, another the other way round.
const body = document.querySelector("#numbers tbody");
const rows = [...body.rows];
const collator = new Intl.Collator("en", { numeric: true });

for (const button of document.querySelectorAll("#numbers thead button")) {
  button.addEventListener("click", () => {
    const heading = button.closest("th");
    const { key, column } = button.dataset;
    const before = heading.getAttribute("aria-sort");
    const first = key === undefined ? "descending" : "ascending";
    const way = before ? (before === "ascending" ? "descending" : "ascending") : first;
    const text = (place) => rows[place].cells[Number(key)].textContent;
    const compare =
      key === undefined
        ? (a, b) => groups[column][a] - groups[column][b]
        : (a, b) => collator.compare(text(a), text(b));
    const order = [...rows.keys()].sort((a, b) => (way === "ascending" ? 1 : -1) * compare(a, b));
    for (const other of document.querySelectorAll("#numbers [aria-sort]")) {
      other.removeAttribute("aria-sort");
    }
    heading.setAttribute("aria-sort", way);
    body.append(...order.map((place) => rows[place]));
  });
}

const copy = byId("copy");
if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(byId("command").textContent);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(byId("command")); // the browser does not allow more
    }
  });
}

narrow.addEventListener("change", () => {
  drawOverview();
  refresh();
});
await Promise.all([
  drawOverview(),
  refresh(),
  draw(
    "strips-chart",
    stripsSpec(),
    "the groups of the draws of the first batches, in their order.",
  ),
]);
document.documentElement.dataset.drawn = "yes";
