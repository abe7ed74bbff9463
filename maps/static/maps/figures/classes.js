// The classes that grids are coloured by, their colours and words.  No DOM, no map.
//
// Values are whole numbers as `maps/figures/classes.py` has them: shares in thousandths, hours in
// tenths.  Each figure is a ramp of one hue, from what recedes on a dark ground to what stands
// out on it, so that it can be told apart by lightness alone; none of them is the red or amber of an
// alarm.  What stands out is what is bad: the least where `least_is_bad`, else the most.

export const UNKNOWN = -1;
export const NOTHING = -2;
export const NEVER = 1_000_000;
const WHOLE = 1000;
const PER_HOUR = 10;

export const GRID_FIGURES = {
  coverage: {
    name: () => gettext("Coverage today"),
    about: () => gettext("Share of each grid's streets that people on duty have passed today; of its area where it has none."),
    edges: [1, 334, 667],
    least_is_bad: true,
    ramp: ["#16263f", "#23538f", "#3f86cf", "#9ccbf7"],
    texts: () => [pgettext("coverage", "nothing"), gettext("up to a third"), gettext("a third to two thirds"), gettext("over two thirds")],
    unknown: () => gettext("not known yet: today's ground is not made"),
    nothing: () => gettext("nothing to be covered"),
    topics: ["coverage"],
  },
  events: {
    name: () => gettext("Open events"),
    about: () => gettext("Events of each grid that are not over."),
    edges: [1, 3, 6, 11],
    least_is_bad: false,
    ramp: ["#1d1a33", "#46398a", "#6f5cc4", "#9d8ceb", "#d9d0ff"],
    texts: () => [pgettext("events", "none"), "1–2", "3–5", "6–10", gettext("over 10")],
    unknown: () => gettext("not known"),
    nothing: null,
    topics: ["event"],
  },
  intact: {
    name: () => gettext("Cameras without fault"),
    about: () => gettext("Of the cameras whose state is known, those that are online with a good picture."),
    edges: [1, 500, 1000],
    least_is_bad: true,
    ramp: ["#10302f", "#1c5f5b", "#35938a", "#8fd6c9"],
    texts: () => [pgettext("cameras", "none"), gettext("under half"), gettext("half or more"), gettext("all")],
    unknown: () => gettext("no camera's state is known"),
    nothing: () => gettext("no camera"),
    topics: ["camera", "notice"],
  },
  unseen: {
    name: () => gettext("Hours unseen"),
    about: () => gettext("For how long nobody on duty has seen it: the median of a grid's streets, of its area where it has none."),
    edges: [40, 120, 240, 720],
    least_is_bad: false,
    ramp: ["#2a1c2b", "#5c3157", "#904d84", "#c27db2", "#f3c4e6"],
    texts: () => [gettext("under 4 h"), gettext("4 to 12 h"), gettext("12 to 24 h"), gettext("24 to 72 h"), gettext("longer, or never")],
    unknown: () => gettext("not known"),
    nothing: () => gettext("nothing to be seen"),
    topics: ["coverage"],
  },
};

// Of each class from 0 on.  isLight: the theme; on a light ground the dark stands out.
export function coloursOf(figure, isLight) {
  const { ramp, least_is_bad: leastIsBad } = GRID_FIGURES[figure];
  return leastIsBad === isLight ? ramp : ramp.toReversed();
}

// 0 for the least; unknown and nothing are classes of their own.
export function classOf(figure, value) {
  return value < 0 ? value : GRID_FIGURES[figure].edges.filter((edge) => value >= edge).length;
}

export function valueText(figure, value) {
  const { unknown, nothing } = GRID_FIGURES[figure];
  if (value === UNKNOWN) return unknown();
  if (value === NOTHING) return nothing?.() ?? unknown();
  if (figure === "events") return interpolate(ngettext("%s open event", "%s open events", value), [value]);
  if (figure !== "unseen") return shareText(value);
  return value >= NEVER ? gettext("never seen") : interpolate(gettext("%s h"), [value < 10 * PER_HOUR ? (value / PER_HOUR).toFixed(1) : Math.floor(value / PER_HOUR)]);
}

// Taken down, so that nothing short of all says all; what is more than none never says none.
function shareText(value) {
  return value > 0 && value < WHOLE / 100 ? gettext("under 1%") : `${Math.floor((value * 100) / WHOLE)}%`;
}

// The answer of the server as a map from a grid's id to its value: ids are told as steps.
export function unpacked({ ids, values }) {
  let id = 0;
  return new Map(ids.map((step, index) => [(id += step), values[index]]));
}

// How many grids are in each class.
export function counted(figure, values) {
  const counts = new Map();
  for (const value of values.values()) {
    const one = classOf(figure, value);
    counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  return counts;
}
