// A field of code prefixes ("140107001, 140107009"): what is typed as a name is looked for, and what is
// chosen is put in its place.  Without this script digits can be typed all the same.

const PAUSE_MS = 200;
const MOST = 12;
const SEPARATORS = /[\s,，、;；]+/;

for (const input of document.querySelectorAll("input[data-areas]")) if (!input.disabled) choose(input);

function choose(input) {
  const list = document.createElement("ul");
  Object.assign(list, { id: `${input.id}_found`, className: "area-options", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", gettext("Found"));
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) input.setAttribute(name, value);
  input.after(list);
  let pause, question, active = -1;

  const close = () => show([]);

  // The last part is what is being typed; digits alone need no search.
  const typed = () => {
    clearTimeout(pause);
    question = null;
    const text = input.value.split(SEPARATORS).at(-1);
    if (!text || /^\d+$/.test(text)) return close();
    pause = setTimeout(() => look(text), PAUSE_MS);
  };

  async function look(text) {
    const mine = {};
    question = mine;
    const answers = await Promise.all(["division", "grid"].map(async (kind) => {
      const reply = await fetch(`/api/find/?${new URLSearchParams({ q: text, kind, limit: MOST })}`, { headers: { Accept: "application/json" } });
      return reply.ok ? (await reply.json()).items : [];
    })).catch(() => []);
    if (question === mine) show(answers.flat().slice(0, MOST));
  }

  function show(items) {
    active = -1;
    list.replaceChildren(...items.map((item, index) => {
      const option = document.createElement("li");
      const code = document.createElement("span");
      Object.assign(code, { className: "muted num", textContent: prefixOf(item.code) });
      option.append([item.title, item.within].filter(Boolean).join(" · "), " ", code);
      option.id = `${list.id}_${index}`;
      option.setAttribute("role", "option");
      option.dataset.prefix = prefixOf(item.code);
      // The field keeps the focus, so that choosing is no leaving.
      option.addEventListener("mousedown", (event) => event.preventDefault());
      option.addEventListener("click", () => take(option));
      return option;
    }));
    list.hidden = items.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
  }

  function take(option) {
    const before = input.value.split(SEPARATORS).slice(0, -1).filter(Boolean);
    input.value = [...new Set([...before, option.dataset.prefix])].join(", ");
    close();
  }

  function move(step) {
    const options = [...list.children];
    options[active]?.setAttribute("aria-selected", "false");
    active = (active + step + options.length) % options.length;
    options[active].setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", options[active].id);
    options[active].scrollIntoView({ block: "nearest" });
  }

  input.addEventListener("input", (event) => event.isComposing || typed());
  input.addEventListener("compositionend", typed);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(active < 0 ? 0 : -1);
    else if (event.key === "Enter") take(list.children[Math.max(active, 0)]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
}

// 140107001000 is the street 140107001: a division's code without the zeros that fill it up.
function prefixOf(code) {
  if (code.length !== 12) return code;
  const digits = [2, 4, 6, 9, 12];
  return code.slice(0, digits.find((length) => /^0*$/.test(code.slice(length))));
}
