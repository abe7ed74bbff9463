// The community's grids as a list, and what can be done with those that are chosen.

import { element } from "maps/element";
import { areaText, gainText } from "plans/measures";

export function mount(host, editor) {
  const list = element("ul", { class: "draw-list", "aria-label": gettext("Grids of this community") });
  const sum = element("p", { class: "draw-sum" });
  host.append(sum, list);
  const show = () => {
    const own = editor.own().sort((one, other) => one.code.localeCompare(other.code));
    sum.textContent = own.length === 0 ? gettext("This community has no grids in the plan.") : `${interpolate(ngettext("%s grid", "%s grids", own.length), [own.length])} · ${areaText(own.reduce((total, grid) => total + grid.area_m2, 0))}`;
    const focused = document.activeElement?.dataset?.key;
    list.replaceChildren(...own.map((grid) => row(grid, editor)));
    if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  };
  editor.onChange(show);
  editor.onSelect(show);
  show();
}

function row(grid, editor) {
  const chosen = editor.selected().includes(grid.key);
  const gain = grid.area_before_m2 === null ? null : grid.area_m2 - grid.area_before_m2;
  const button = element("button", { type: "button", class: "draw-row", "data-key": grid.key, "aria-pressed": chosen },
    element("b", { class: "draw-number" }, grid.code.slice(12)),
    element("span", { class: "draw-name" }, grid.name),
    element("span", { class: "draw-area" }, areaText(grid.area_m2)),
    element("span", { class: "draw-under" },
      [editor.isLocked(grid.key) && gettext("Locked"), grid.people.length > 0 && interpolate(gettext("Assigned: %s"), [grid.people.join(", ")])].filter(Boolean).join(" · ")),
    element("span", { class: "draw-gain" }, grid.area_before_m2 === null ? gettext("new") : grid.changed ? (Math.abs(gain) < 0.5 ? gettext("changed") : gainText(gain)) : ""));
  button.addEventListener("click", (event) => (event.shiftKey || event.ctrlKey || event.metaKey ? editor.toggle(grid.key) : editor.select([grid.key])));
  button.addEventListener("dblclick", () => editor.view.zoomToGrid?.(grid.key));
  return element("li", {}, button);
}
