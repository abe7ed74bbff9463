// Sends a table to be checked, shows what is wrong by row and column and what would change, and has it
// entered.  The file stays in the browser between the two: the server keeps nothing of it.

const at = (id) => document.getElementById(id);
const form = at("table-import");
const input = at("file");
const LISTS = ["faults", "warnings", "changes"];
let checked = null;

input.addEventListener("change", forget);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  forget();
  attempt(false);
});
at("enter").addEventListener("click", () => attempt(true));

function forget() {
  checked = null;
  at("enter").hidden = true;
  for (const id of LISTS) at(id).hidden = true;
  at("said").replaceChildren();
}

async function attempt(really) {
  const file = input.files[0];
  if (!file) return say("error", gettext("Choose a file first."));
  if (file.size > Number(form.dataset.limit)) return say("error", gettext("The file is too large: split it."));
  at("check").disabled = at("enter").disabled = true;
  say("", gettext("Checking…"));
  try {
    show(await send(file, really));
  } catch (error) {
    say("error", error.message);
  }
  at("check").disabled = at("enter").disabled = false;
}

async function send(file, really) {
  const query = really ? `?${new URLSearchParams({ checked })}` : "";
  const response = await fetch(`${form.dataset.url}${query}`, {
    method: "POST",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/octet-stream",
      "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
    },
    body: file,
  }).catch(() => {
    throw new Error(gettext("The server does not answer."));
  });
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Error(body?.error?.message ?? gettext("The server does not answer."));
  return body;
}

function show(answer) {
  const counts = interpolate(gettext("new: %(new)s, changed: %(changed)s, withdrawn: %(gone)s, as they were: %(same)s"), answer, true);
  fill("faults", answer.faults, ({ line, column, sentence }) => [line, column, sentence]);
  fill("warnings", answer.done ? [] : answer.warnings, ({ line, sentence }) => [line, sentence]);
  fill("changes", answer.done || answer.fault_count ? [] : answer.changes, ({ line, sentence }) => [line ?? "–", sentence]);
  at("enter").hidden = answer.done || answer.fault_count > 0 || !(answer.new + answer.changed + answer.gone);
  checked = answer.digest;
  if (answer.fault_count) {
    const words = ngettext("%s fault; nothing was entered.", "%s faults; nothing was entered.", answer.fault_count);
    return say("error", interpolate(words, [answer.fault_count]));
  }
  if (answer.done) return say("success", `${gettext("Entered.")} ${counts}`);
  say("success", `${gettext("All rows are in order; nothing is entered yet.")} ${counts}`);
}

function fill(id, items, cells) {
  at(id).hidden = !items.length;
  at(id).querySelector("tbody").replaceChildren(...items.map((one) => row(cells(one))));
}

function row(texts) {
  const made = document.createElement("tr");
  for (const text of texts) {
    const cell = document.createElement("td");
    cell.textContent = text;
    made.append(cell);
  }
  return made;
}

function say(kind, sentence) {
  const made = document.createElement("p");
  made.className = `message ${kind}`;
  made.textContent = sentence;
  at("said").replaceChildren(made);
}
