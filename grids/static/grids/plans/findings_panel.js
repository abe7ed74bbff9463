// What is wrong with the community's grids as they are drawn, where, and what cleaning would do about it.

import { element, empty } from "maps/element";
import { areaText } from "plans/measures";

export function mount(host, editor) {
  const list = element("div");
  const mend = element("button", { type: "button" }, gettext("Preview a repair"));
  const told = element("div", { class: "draw-repair", role: "status" });
  host.append(list, element("div", { class: "draw-verbs" }, mend), told);

  const show = () => {
    const { findings, half_dissolved: half } = editor.state;
    const notes = half.map((code) => element("p", { class: "draw-warning" }, interpolate(gettext("Community %s is dissolved in part: its other grids have to go too, or come back."), [code])));
    const rows = findings.map((finding) => {
      const go = element("button", { type: "button", class: "draw-row" },
        element("span", { class: "draw-name" }, finding.text),
        element("span", { class: "draw-under" }, sizeText(finding)));
      go.addEventListener("click", () => finding.box && editor.view.zoomToBox?.(finding.box, finding.place));
      return element("li", {}, go);
    });
    if (rows.length) notes.push(element("ul", { class: "draw-list" }, ...rows));
    list.replaceChildren(...notes.length ? notes : [empty(gettext("Nothing is wrong"), gettext("The grids divide their community exactly: no gap, no overlap, none too small."))]);
    mend.hidden = !findings.some(({ fault }) => fault === "gap_or_overlap");
    told.replaceChildren();
    editor.view.showShapes?.(null);
  };
  mend.addEventListener("click", async () => {
    mend.disabled = true;
    try {
      const { grids, note } = await editor.asked("repairs");
      told.replaceChildren(repairOf(grids, note));
      editor.view.showShapes?.(grids);
    } catch (refusal) {
      told.replaceChildren(element("p", { class: "refusal" }, refusal.message));
    } finally {
      mend.disabled = false;
    }
  });
  editor.onChange(show);
  show();
}

function sizeText({ size, unit }) {
  return unit === "m" ? interpolate(gettext("%s m"), [size.toFixed(1)]) : areaText(size);
}

function repairOf(grids, note) {
  if (grids.length === 0) return element("p", { class: "muted" }, note);
  const rows = grids.map((grid) => element("tr", {},
    element("th", { scope: "row" }, `${grid.code.slice(12)} ${grid.name}`),
    element("td", { class: "num" }, `+${areaText(grid.gains_m2)}`),
    element("td", { class: "num" }, `−${areaText(grid.losses_m2)}`)));
  return element("div", {},
    element("p", { class: "muted" }, gettext("This is what cleaning would make of it. Nothing is changed: redraw the border, or have the layer imported anew.")),
    element("table", { class: "card-areas" }, element("tbody", {}, ...rows)));
}
