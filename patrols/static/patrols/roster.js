// The week board: people are put on duty, moved and withdrawn by dragging or by keys.  Each change is
// one request with the mark of the shift as this page showed it; then the board is read anew.

const config = JSON.parse(document.getElementById("patrols-config").textContent);
const at = (id) => document.getElementById(id);
const board = at("board");
const TYPED_MS = 250;
const PEOPLE = 60;
// {kind: "person" | "duty" | "slot" | "stand-in", …}: a person or duty waits for a shift, a shift or
// one who is to be stood in for waits for a person.
let picked = null;
const waitsForPerson = (what) => what?.kind === "slot" || what?.kind === "stand-in";
let opened = null; // the duty of the dialog
let undo = null; // requests that take back the last change
let busy = false;

// ---- Requests ---------------------------------------------------------------------------------------

async function ask(address, body) {
  const sent = body && { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(address, {
    ...sent,
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": config.csrf },
  }).catch(() => {
    throw new Error(gettext("The server does not answer."));
  });
  const told = await response.json().catch(() => null);
  if (response.ok) return told;
  throw Object.assign(new Error(told?.error?.message ?? gettext("The server does not answer.")), { detail: told?.error ?? {} });
}

// A shift that is over is only put right with a reason: asked for once, then sent along.
async function send(address, body) {
  try {
    return [await ask(address, body), ""];
  } catch (error) {
    if (!error.detail?.needs_reason) throw error;
    const reason = await askReason();
    if (!reason) return [null, ""];
    return [await ask(address, { ...body, reason }), reason];
  }
}

function askReason() {
  const dialog = at("reason-dialog");
  at("reason").value = "";
  dialog.returnValue = "";
  dialog.showModal();
  at("reason").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" ? at("reason").value.trim() : ""), { once: true });
  });
}

// what: sends it and gives back how to undo it.
async function change(what, said) {
  if (busy) return;
  busy = true;
  try {
    const back = await what();
    if (back) {
      undo = back;
      say(said);
    }
  } catch (error) {
    say(error.message, true);
  }
  busy = false;
  pick(null);
  await reload();
}

const duty = (id) => `${config.urls.duties}${id}/`;
const terms = ({ task, lowest, highest, instead }) => ({ task, lowest, highest, ...(instead && { stands_in_for: Number(instead) }) });
const place = ({ post, shift, day }) => ({ post: Number(post), shift: Number(shift), day });

function assign(member, slot, agreed, name) {
  return change(async () => {
    const body = { ...place(slot), member: Number(member), ...agreed, seen: slot.mark };
    const [row, reason] = await send(config.urls.duties, body);
    return row && [[duty(row.id), { do: "withdraw", reason }]];
  }, interpolate(gettext("%(who)s: %(where)s"), { who: name, where: slot.words }, true));
}

function withdraw(chip) {
  const slot = slotOf(chip).dataset;
  const { id, member, name } = chip.dataset;
  const agreed = terms(chip.dataset);
  return change(async () => {
    const [row, reason] = await send(duty(id), { do: "withdraw" });
    return row && [[config.urls.duties, { ...place(slot), member: Number(member), ...agreed, reason }]];
  }, interpolate(gettext("%s is withdrawn."), [name]));
}

function move({ id, member, name, from, agreed }, slot) {
  if (from.post === slot.post && from.shift === slot.shift && from.day === slot.day) return pick(null);
  return change(async () => {
    const [row, reason] = await send(duty(id), { do: "move", ...place(slot), seen: slot.mark });
    return row && [
      [duty(row.id), { do: "withdraw", reason }],
      [config.urls.duties, { ...place(from), member: Number(member), ...agreed, reason }],
    ];
  }, interpolate(gettext("%(who)s: %(where)s"), { who: name, where: slot.words }, true));
}

function takeBack() {
  if (!undo) return;
  const steps = undo;
  return change(async () => {
    for (const [address, body] of steps) await send(address, body);
    undo = null;
    return null;
  }).then(() => {
    if (!undo) say(gettext("The last change is taken back."));
  });
}

// ---- What is picked up ------------------------------------------------------------------------------

function pick(what) {
  picked = what;
  for (const one of document.querySelectorAll("[aria-pressed=true]")) if (one.closest("#people-list")) one.setAttribute("aria-pressed", "false");
  document.body.classList.toggle("picking", what !== null && !waitsForPerson(what));
  document.body.classList.toggle("picking-person", waitsForPerson(what));
  const said = at("picked");
  said.hidden = at("let-go").hidden = what === null;
  if (what?.kind === "person") {
    said.textContent = interpolate(gettext("%s: choose a shift (Esc lets go)"), [what.name]);
    at("people-list").querySelector(`[data-id="${what.id}"]`)?.setAttribute("aria-pressed", "true");
  } else if (what?.kind === "slot") said.textContent = interpolate(gettext("%s: choose somebody from the list (Esc lets go)"), [what.slot.words]);
  else if (what?.kind === "duty") said.textContent = interpolate(gettext("Move %s: choose a shift (Esc lets go)"), [what.name]);
  else if (what) said.textContent = interpolate(gettext("Who stands in for %s? Choose from the list (Esc lets go)"), [what.name]);
}

const slotOf = (element) => element.closest(".slot");

function dutyOf(chip) {
  return { kind: "duty", ...chip.dataset, from: { ...slotOf(chip).dataset }, agreed: terms(chip.dataset) };
}

function put(slot) {
  if (!picked || waitsForPerson(picked)) {
    pick({ kind: "slot", slot: { ...slot.dataset } });
    return at("people-words").focus();
  }
  if (picked.kind === "duty") return move(picked, { ...slot.dataset });
  return assign(picked.id, { ...slot.dataset }, newTerms(), picked.name);
}

const newTerms = () => ({ lowest: at("new-lowest").value, highest: at("new-highest").value });

function choosePerson(button) {
  const person = { kind: "person", id: button.dataset.id, name: button.dataset.name };
  if (picked?.kind === "slot") return assign(person.id, picked.slot, newTerms(), person.name);
  if (picked?.kind !== "stand-in") return pick(picked?.id === person.id && picked.kind === "person" ? null : person);
  assign(person.id, picked.slot, { stands_in_for: Number(picked.duty) }, person.name);
}

// ---- The duty's dialog ------------------------------------------------------------------------------

function open(chip) {
  opened = chip;
  const { name, task, lowest, highest, clash, absent } = chip.dataset;
  const { words, moment } = slotOf(chip).dataset;
  at("duty-who").textContent = name;
  at("duty-where").textContent = words;
  at("duty-clash").hidden = !clash;
  at("duty-clash").textContent = clash ? interpolate(gettext("At the same time: %s"), [clash]) : "";
  at("duty-task").value = task;
  at("duty-lowest").value = lowest;
  at("duty-highest").value = highest;
  at("duty-lowest").disabled = at("duty-highest").disabled = moment !== "ahead";
  at("do-absent").hidden = moment === "ahead" || Boolean(absent);
  at("do-came").hidden = !absent;
  at("duty-dialog").showModal();
}

function act(id, what) {
  at(id).addEventListener("click", () => {
    at("duty-dialog").close();
    what(opened);
  });
}

function step(chip, body, back, said) {
  const { id, name } = chip.dataset;
  return change(async () => {
    const [row, reason] = await send(duty(id), body);
    return row && [[duty(id), { ...back(row), reason }]];
  }, interpolate(said, [name]));
}

if (at("duty-dialog")) {
  act("do-move", (chip) => pick(dutyOf(chip)));
  act("do-stand-in", (chip) => {
    pick({ kind: "stand-in", duty: chip.dataset.id, name: chip.dataset.name, slot: { ...slotOf(chip).dataset } });
    at("people-words").focus();
  });
  act("do-withdraw", withdraw);
  act("do-absent", (chip) => step(chip, { do: "absent" }, () => ({ do: "came" }), gettext("%s did not come.")));
  act("do-came", (chip) => step(chip, { do: "came" }, () => ({ do: "absent" }), gettext("%s came.")));
  act("do-change", (chip) => {
    const { task, lowest, highest } = chip.dataset;
    const wanted = { task: at("duty-task").value, lowest: at("duty-lowest").value, highest: at("duty-highest").value };
    const seen = { task, lowest, highest };
    step(chip, { do: "change", seen, ...wanted }, (row) => ({ do: "change", seen: { task: row.task, lowest: row.lowest, highest: row.highest }, ...seen }), gettext("Saved: %s"));
  });
}

// ---- Mouse and keys ---------------------------------------------------------------------------------

board.addEventListener("click", (event) => {
  const chip = event.target.closest("button.chip");
  const slot = event.target.closest(".slot");
  if (chip && !picked) return open(chip);
  if (slot && (picked || event.target.closest(".put"))) put(slot);
});
board.addEventListener("keydown", (event) => {
  const chip = event.target.closest("button.chip");
  if (chip && event.key === "Delete") withdraw(chip);
  if (event.key.startsWith("Arrow") && walk(event.target, event.key)) event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && picked) pick(null);
  if (event.key === "z" && (event.ctrlKey || event.metaKey) && !event.target.closest("input, select, dialog")) {
    event.preventDefault();
    takeBack();
  }
});
at("undo").addEventListener("click", takeBack);
at("let-go").addEventListener("click", () => pick(null));

// From shift to shift: across the days and down the posts.
function walk(from, key) {
  const slot = from.closest(".slot");
  if (!slot) return false;
  const cell = slot.closest("td");
  const index = [...cell.children].indexOf(slot);
  const across = { ArrowLeft: cell.previousElementSibling, ArrowRight: cell.nextElementSibling }[key];
  let next = null;
  if (across) next = across.querySelectorAll(".slot")[index];
  else if (key === "ArrowUp" || key === "ArrowDown") {
    const column = [...board.querySelectorAll(`tr td:nth-child(${cell.cellIndex + 1}) .slot`)];
    next = column[column.indexOf(slot) + (key === "ArrowUp" ? -1 : 1)];
  }
  next?.querySelector(".put")?.focus();
  return Boolean(next);
}

document.addEventListener("dragstart", (event) => {
  const person = event.target.closest?.("#people-list button");
  const chip = event.target.closest?.("button.chip");
  if (!person && !chip) return;
  event.dataTransfer.setData("text/plain", (person ?? chip).dataset.name);
  event.dataTransfer.effectAllowed = "move";
  pick(person ? { kind: "person", id: person.dataset.id, name: person.dataset.name } : dutyOf(chip));
  at("bin").classList.toggle("ready", Boolean(chip));
});
document.addEventListener("dragend", () => {
  at("bin").classList.remove("ready", "over");
  for (const one of board.querySelectorAll(".over-slot")) one.classList.remove("over-slot");
  if (!busy) pick(null);
});
board.addEventListener("dragover", (event) => {
  const slot = event.target.closest(".slot");
  for (const one of board.querySelectorAll(".over-slot")) if (one !== slot) one.classList.remove("over-slot");
  if (!slot || !picked) return;
  event.preventDefault();
  slot.classList.add("over-slot");
});
board.addEventListener("drop", (event) => {
  const slot = event.target.closest(".slot");
  if (!slot || !picked) return;
  event.preventDefault();
  put(slot);
});
at("bin").addEventListener("dragover", (event) => {
  if (picked?.kind !== "duty") return;
  event.preventDefault();
  at("bin").classList.add("over");
});
at("bin").addEventListener("dragleave", () => at("bin").classList.remove("over"));
at("bin").addEventListener("drop", (event) => {
  if (picked?.kind !== "duty") return;
  event.preventDefault();
  const chip = board.querySelector(`button.chip[data-id="${picked.id}"]`);
  if (chip) withdraw(chip);
});

// ---- People -----------------------------------------------------------------------------------------

let typing = null;
let asked = 0;

async function find() {
  const mine = (asked += 1);
  const query = new URLSearchParams({ q: at("people-words").value.trim(), force: at("people-force").value, limit: PEOPLE });
  try {
    const { total, items } = await ask(`${config.urls.people}?${query}`);
    if (mine !== asked) return;
    at("people-list").replaceChildren(...items.map(personItem));
    const more = total - items.length;
    at("people-more").textContent = total === 0 ? gettext("Nobody fits.") : more > 0 ? interpolate(ngettext("%s more: narrow the search", "%s more: narrow the search", more), [more]) : "";
  } catch (error) {
    if (mine === asked) at("people-more").textContent = error.message;
  }
}

function personItem({ id, name, number, force_name: force }) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", draggable: true });
  Object.assign(button.dataset, { id, name });
  button.setAttribute("aria-pressed", String(picked?.kind === "person" && picked.id === String(id)));
  const who = Object.assign(document.createElement("bdi"), { textContent: name });
  const what = Object.assign(document.createElement("span"), { className: "muted small", textContent: `${number} · ${force}` });
  button.append(who, what);
  button.addEventListener("click", () => choosePerson(button));
  item.append(button);
  return item;
}

at("people-words").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(find, TYPED_MS);
});
at("people-force").addEventListener("change", find);

// ---- Read anew --------------------------------------------------------------------------------------

async function reload() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok || response.redirected) return say(gettext("The board could not be loaded anew; it is as of the time shown."), true);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("board");
  if (!fresh) return;
  const box = at("week-box");
  const [top, left] = [box?.scrollTop ?? 0, box?.scrollLeft ?? 0];
  const focused = board.contains(document.activeElement) ? slotOf(document.activeElement)?.dataset : null;
  board.replaceChildren(...[...fresh.childNodes].map((one) => document.adoptNode(one)));
  const again = at("week-box");
  if (again) Object.assign(again, { scrollTop: top, scrollLeft: left });
  if (focused) board.querySelector(`.slot[data-post="${focused.post}"][data-shift="${focused.shift}"][data-day="${focused.day}"] .put`)?.focus({ preventScroll: true });
  at("undo").disabled = undo === null;
}

function say(text, isBad = false) {
  const said = at("roster-said");
  said.textContent = text ?? "";
  said.classList.toggle("bad", isBad);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !picked && !document.querySelector("dialog[open]")) reload();
});
for (const select of document.querySelectorAll("#filters select")) select.addEventListener("change", () => at("filters").requestSubmit());
find();
document.body.dataset.ready = "1";
