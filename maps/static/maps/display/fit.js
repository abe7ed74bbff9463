// What the page leaves out where its type is large: the least needed folds away step by step, in the
// order of the style sheet's classes "tight-1", "tight-2" …, and lists end with a whole row.  Nobody
// scrolls a wall.

const BAR_STEPS = 4;
const PANEL_STEPS = 6;
const MOST_ALARMS = 4;
// From which step on one alarm less is shown.
const FEWER_ALARMS = [3, 5];
const LISTS = ".rows, .shared, .alarms[data-long] > .alarm-rows";
// More than this of the map's height is not given away to the legend unless somebody asks for it.
const LEGEND_SHARE = 0.14;
// A phone is scrolled.
const PHONE = matchMedia("(max-width: 48rem)");

// The bar stands on one line.
export function fitBar(bar) {
  watch([bar], () => tighten(bar, BAR_STEPS, isWrapped));
}

// boxes: the panel, or its tiles.  few(count): so many alarms are shown at first.
export function fitPanel(boxes, few) {
  const fit = () => boxes.forEach((box) => {
    const told = (step) => box.querySelector(".alarms") && few(MOST_ALARMS - FEWER_ALARMS.filter((from) => step >= from).length);
    tighten(box, PHONE.matches ? 0 : PANEL_STEPS, isCut, told);
    box.querySelectorAll(LISTS).forEach(endWhole);
  });
  const soon = watch([...boxes, ...boxes.flatMap((box) => [...box.querySelectorAll("section, .figures, .shared")])], fit);
  const rows = new MutationObserver(soon);
  boxes.forEach((box) => box.querySelectorAll(".rows").forEach((list) => rows.observe(list, { childList: true })));
}

// legend: of so many lines that it would take the map's room it leaves its buttons; `opener`, one of
// them, shows the rest.  fitted(): its height, or the map's, is another one.
export function fitLegend(legend, map, opener, fitted) {
  const fit = () => {
    legend.classList.remove("folded");
    const isHigh = legend.offsetHeight > LEGEND_SHARE * map.offsetHeight && !PHONE.matches;
    opener.parentElement.hidden = !isHigh;
    legend.classList.toggle("folded", isHigh && opener.getAttribute("aria-pressed") !== "true");
    fitted();
  };
  opener.addEventListener("click", () => {
    opener.setAttribute("aria-pressed", String(opener.getAttribute("aria-pressed") !== "true"));
    fit();
  });
  watch([legend, map], fit);
}

function tighten(box, most, isTooSmall, told) {
  for (let step = 0; step <= most; step += 1) {
    for (let one = 1; one <= Math.max(BAR_STEPS, PANEL_STEPS); one += 1) box.classList.toggle(`tight-${one}`, one <= step);
    told?.(step);
    if (!isTooSmall(box)) return;
  }
}

function isCut(box) {
  return box.scrollHeight > box.clientHeight + 1;
}

function isWrapped(bar) {
  const boxes = [...bar.children].map((child) => child.getBoundingClientRect()).filter(({ width }) => width > 0);
  return boxes.some(({ top }) => top >= boxes[0].bottom);
}

// As many rows as there is whole room for; of a list that ends before there is nothing to do.
function endWhole(list) {
  list.style.maxHeight = "";
  const room = list.clientHeight;
  if (PHONE.matches || list.scrollHeight <= room + 1) return;
  const top = list.getBoundingClientRect().top - list.scrollTop;
  let end = 0;
  for (const row of list.children) {
    const bottom = row.getBoundingClientRect().bottom - top;
    if (bottom > room + 1) break;
    end = bottom;
  }
  if (end > 0) list.style.maxHeight = `${Math.ceil(end)}px`;
}

// Once a frame at most; what it changes itself ends where it began and is no new change.
function watch(nodes, act) {
  let waits = null;
  const soon = () => (waits ??= requestAnimationFrame(() => {
    waits = null;
    act();
  }));
  const watcher = new ResizeObserver(soon);
  nodes.forEach((node) => watcher.observe(node));
  act();
  return soon;
}
