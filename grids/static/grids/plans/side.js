// The panel beside the map: one tab for each panel of panels.js, each loaded when it is opened first.

import { element } from "maps/element";
import { PANELS } from "plans/panels";

export class Side {
  constructor(tabs, host, editor) {
    Object.assign(this, { host, editor, open: null });
    this.parts = Object.fromEntries(PANELS.map(({ name, title, load }) => {
      const tab = element("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, "aria-selected": false }, title(), element("span", { class: "draw-count" }));
      const body = element("div", { role: "tabpanel", id: `panel-${name}`, class: "draw-panel", "aria-labelledby": `tab-${name}`, hidden: true });
      tab.addEventListener("click", () => this.show(name));
      host.append(body);
      return [name, { tab, body, load }];
    }));
    tabs.replaceChildren(...Object.values(this.parts).map(({ tab }) => tab));
    tabs.addEventListener("keydown", (event) => this.rove(event));
    this.show(PANELS[0].name);
  }

  rove(event) {
    const all = Object.values(this.parts).map(({ tab }) => tab);
    const at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = all[(to + all.length) % all.length];
    next.focus();
    next.click();
  }

  show(name) {
    for (const [own, { tab, body }] of Object.entries(this.parts)) {
      tab.setAttribute("aria-selected", String(own === name));
      tab.tabIndex = own === name ? 0 : -1;
      body.hidden = own !== name;
    }
    this.fill(this.parts[name]);
  }

  async fill(part) {
    if (part.isFilled) return;
    part.isFilled = true;
    try {
      (await part.load()).mount(part.body, this.editor);
    } catch (error) {
      part.isFilled = false;
      part.body.replaceChildren(element("p", { class: "refusal" }, gettext("This panel could not be loaded. Load the page anew.")));
      throw error;
    }
  }

  count(name, number) {
    this.parts[name].tab.querySelector(".draw-count").textContent = number > 0 ? String(number) : "";
  }
}
