// Figures of grids in words, and the table of what a step would do that is only tried.

import { element } from "maps/element";

// Areas stand above it; a load is told with its weights, in the panel.
const TRIED = ["households", "buildings", "shops", "service_points", "cameras", "open_events", "street_km", "workers", "vacancies", "patrol_visits"];

// A column for each grid: before → after.  nameOf({ code, name }): in few letters.
export function triedTable({ figures, grids, households: { low, high } }, nameOf) {
  const known = new Map(figures.map((figure) => [figure.name, figure]));
  const rows = TRIED.filter((name) => known.has(name)).map((name) => rowOf(known.get(name), grids));
  const marks = element("tr", {}, element("th", { scope: "row" }, interpolate(gettext("%s–%s households"), [low, high])),
    ...grids.map(({ verdict }) => element("td", {}, verdict ? element("span", { class: `impact-verdict ${verdict}` }, verdicts()[verdict]) : "–")));
  rows.splice(1, 0, marks);
  const heads = grids.map((grid) => element("th", { scope: "col" }, nameOf({ code: codeOf(grid), name: grid.name_after || grid.name_before })));
  return element("table", { class: "impact-table card-figures" },
    element("caption", {}, gettext("Now → after this step")),
    element("thead", {}, element("tr", {}, element("td", {}), ...heads)),
    element("tbody", {}, ...rows));
}

function rowOf(figure, grids) {
  return element("tr", { "data-figure": figure.name }, element("th", { scope: "row" }, label(figure)), ...grids.map((grid) => {
    const [before, after] = [shown(figure, grid.before?.[figure.name]), shown(figure, grid.after?.[figure.name])];
    return element("td", { class: "num", "data-code": codeOf(grid), "data-changed": before !== after }, pair(before, after));
  }));
}

function codeOf(grid) {
  return grid.code_after || grid.code_before;
}

export function pair(before, after) {
  return before === after ? after : `${before} → ${after}`;
}

export function verdicts() {
  return { below: gettext("too few households"), within: gettext("households as they should be"), above: gettext("too many households") };
}

export function label({ text, unit }) {
  return unit ? `${text} ${unit}` : text;
}

export function shown({ unit, digits }, value) {
  if (value === undefined || value === null) return "–";
  return grouped(unit === "km²" ? value / 1e6 : value, digits);
}

export function grouped(value, digits = 0) {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
