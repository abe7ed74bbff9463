// What was done to the plan, newest first, and which grids it changes in which community.

import { element } from "maps/element";

export function mount(host, editor) {
  const steps = element("ol", { class: "draw-steps", reversed: true });
  const next = element("p", { class: "draw-next muted" });
  const changed = element("ul", { class: "draw-list" });
  const none = element("p", { class: "muted draw-sum" }, gettext("Nothing has been drawn yet."));
  const heading = element("h3", {}, gettext("Grids that the plan changes"));
  host.append(next, none, steps, heading, changed);
  const show = () => {
    const { steps: told, steps_total: total, redo, changed: grids } = editor.state;
    none.hidden = told.length > 0;
    next.hidden = !redo;
    next.textContent = redo ? interpolate(gettext("Taken back, can be done again: %s"), [redo]) : "";
    steps.setAttribute("start", String(total ?? 0));
    steps.replaceChildren(...told.map((step) => element("li", { "data-do": step.do }, step.text)));
    heading.hidden = grids.length === 0;
    changed.replaceChildren(...grids.map((grid) => {
      const go = element("button", { type: "button", class: "draw-row" },
        element("b", { class: "draw-number" }, grid.code.slice(12)),
        element("span", { class: "draw-name" }, grid.name),
        element("span", { class: "draw-gain" }, { born: gettext("new"), gone: gettext("is ended"), changed: gettext("changed") }[grid.kind]));
      go.addEventListener("click", () => editor.view.goTo?.(grid));
      return element("li", {}, go);
    }));
  };
  editor.onChange(show);
  show();
}
