// Windows over the page: renumbering with its preview, names, people, keys.

import { element } from "maps/element";
import { refusalOf } from "plans/card";
import { toolTexts } from "plans/tools";

// A window with a form; apply(): done when it comes back, refused when it throws.
function show(dialog, map, { title, content, apply = null, word = gettext("Apply"), wide = false }) {
  const trouble = element("div", { role: "status" });
  const done = apply && element("button", { type: "submit", class: "main" }, word);
  const close = element("button", { type: "button", class: apply ? "" : "main" }, apply ? gettext("Cancel") : gettext("Close"));
  close.addEventListener("click", () => dialog.close());
  const form = element("form", { class: "draw-form" }, element("h2", { id: "dialog-title" }, title), ...content, trouble, element("div", { class: "card-verbs" }, done, close));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!apply || done.disabled) return;
    done.disabled = true;
    try {
      await apply();
      dialog.close();
    } catch (refusal) {
      if (refusal.isKept) return dialog.close();
      trouble.replaceChildren(refusalOf(refusal, map));
    } finally {
      done.disabled = false;
    }
  });
  dialog.replaceChildren(form);
  dialog.classList.toggle("wide", wide);
  dialog.showModal();
  (form.querySelector("input") ?? done ?? close).focus();
  return { form, done, trouble };
}

export function renameDialog(dialog, editor, map) {
  const grid = editor.grid(editor.selected()[0] ?? "");
  if (!grid?.own) return map.say(gettext("Select the grid to rename first."));
  const name = element("input", { type: "text", value: grid.name, maxlength: 80, required: true, autocomplete: "off" });
  show(dialog, map, {
    title: interpolate(gettext("Rename grid %s"), [grid.code.slice(12)]),
    content: [element("label", { class: "card-field" }, element("span", {}, gettext("Name")), name)],
    apply: () => editor.apply([{ do: "rename", grid: grid.key, name: name.value.trim() }]),
  });
  name.select();
}

export async function renumberDialog(dialog, editor, map) {
  let items = [];
  try {
    ({ items } = await editor.asked("renumbering"));
  } catch (refusal) {
    return map.say(refusal.message);
  }
  const others = items.filter(({ code, then }) => code !== then);
  const rows = items.map(({ name, code, then }) => element("tr", { class: code === then ? "muted" : "" },
    element("th", { scope: "row" }, name), element("td", { class: "num" }, code.slice(12)), element("td", {}, "→"), element("td", { class: "num" }, then.slice(12))));
  show(dialog, map, {
    title: gettext("Renumber the community"),
    content: [
      element("p", { class: "muted" }, others.length ? gettext("West to east, then north to south. Grids keep their people and their past under the new codes.") : gettext("The numbers run west to east and north to south already.")),
      element("div", { class: "draw-table" }, element("table", { class: "card-areas" }, element("thead", {}, element("tr", {}, ...[gettext("Grid"), gettext("Number now"), "", gettext("Number then")].map((word) => element("th", { scope: "col" }, word)))), element("tbody", {}, ...rows))),
    ],
    apply: others.length ? () => editor.apply([{ do: "renumber", codes: others.map(({ key, then }) => [key, then]) }]) : null,
  });
}

export async function assignDialog(dialog, editor, map) {
  const grid = editor.grid(editor.selected()[0] ?? "");
  if (!grid?.own) return map.say(gettext("Select the grid to assign people to first."));
  const chosen = new Map(grid.people.map((number) => [number, number]));
  const list = element("ul", { class: "draw-people" });
  const find = element("input", { type: "search", placeholder: gettext("Name or staff number"), autocomplete: "off", "aria-label": gettext("Name or staff number") });
  const said = element("p", { class: "muted" });
  const row = (person) => {
    const box = element("input", { type: "checkbox" });
    box.checked = chosen.has(person.number);
    box.addEventListener("change", () => (box.checked ? chosen.set(person.number, person.name) : chosen.delete(person.number)));
    const held = person.grids.map((code) => (code.startsWith(editor.community()) ? code.slice(12) : code)).join(", ") || gettext("no grid today");
    return element("li", {}, element("label", {}, box, element("span", {}, person.name), element("span", { class: "muted" }, `${person.role} · ${person.number}`), element("span", { class: "muted draw-held" }, held)));
  };
  const look = async (words = "") => {
    try {
      const { items } = await editor.asked("staff", { q: words });
      list.replaceChildren(...items.map(row));
      said.textContent = items.length ? "" : gettext("Nobody found.");
    } catch (refusal) {
      said.textContent = refusal.message;
    }
  };
  let wait = null;
  find.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => look(find.value.trim()), 250);
  });
  show(dialog, map, {
    title: interpolate(gettext("Assign people to %s"), [grid.name]),
    content: [element("p", { class: "muted" }, gettext("Who is chosen gets the grid as a grid worker on the day the plan comes into force. Nobody is taken away from it.")), find, list, said],
    apply: () => editor.apply([{ do: "assign", grid: grid.key, people: [...chosen.keys()] }]),
    wide: true,
  });
  look();
}

export function helpDialog(dialog, map) {
  const keys = [
    ...Object.values(toolTexts()).map(([text, key]) => [key, text]),
    ["Ctrl Z", gettext("Undo the last step, or the last point of a line")],
    ["Ctrl Y", gettext("Do again what was taken back")],
    ["B", gettext("Follow borders and streets while drawing, on and off")],
    ["X", gettext("Snap to borders, streets and buildings, on and off")],
    ["Shift", gettext("With a press: choose several grids")],
    ["← → ↑ ↓", gettext("On the map: move it")],
    [gettext("Enter"), gettext("While drawing: set a point below the cross")],
    [gettext("Backspace"), gettext("While drawing: take the last point away")],
    ["F", gettext("While drawing: finish; else show the whole community")],
    ["Esc", gettext("Close the form, give the line up, leave the tool")],
    ["?", gettext("Keys")],
  ];
  const rows = keys.map(([key, text]) => element("tr", {}, element("th", { scope: "row" }, element("kbd", {}, key)), element("td", {}, text)));
  show(dialog, map, { title: gettext("Keys"), content: [element("table", { class: "keys" }, element("tbody", {}, ...rows))], wide: true });
}
