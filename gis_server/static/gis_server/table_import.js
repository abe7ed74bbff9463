// Sends a table to be checked, shows what is wrong and what would change, and has it entered.  The
// file stays in the browser between the two: the server keeps nothing of it.
// The page (gis_server/table_import.html) has a form, further fields of it go along by their names,
// and a table for each list of the answer that it shows, whose head names the cells (data-cells).

const at = (id) => document.getElementById(id);
const form = at("table-import");
const input = at("file");
const lists = [...document.querySelectorAll("[data-cells]")];
const fields = [...form.querySelectorAll("select")];
let checked = null;

for (const field of [input, ...fields]) field.addEventListener("change", forget);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  forget();
  attempt(false);
});
at("enter").addEventListener("click", () => attempt(true));

function forget() {
  checked = null;
  at("enter").hidden = true;
  for (const list of lists) list.hidden = true;
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
  const query = new URLSearchParams(fields.map(({ name, value }) => [name, value]));
  if (really) query.set("checked", checked);
  const response = await fetch(`${form.dataset.url}?${query}`, {
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
  const { gone = 0 } = answer;
  const words = gone ? gettext("new: %(new)s, changed: %(changed)s, withdrawn: %(gone)s, as they were: %(same)s") : gettext("new: %(new)s, changed: %(changed)s, as they were: %(same)s");
  const counts = interpolate(words, answer, true);
  const isOver = { faults: false, warnings: answer.done, changes: answer.done || answer.fault_count > 0 };
  for (const list of lists) fill(list, isOver[list.id] ? [] : answer[list.id]);
  at("enter").hidden = answer.done || answer.fault_count > 0 || !(answer.new + answer.changed + gone);
  checked = answer.digest;
  if (answer.fault_count) {
    const wrong = ngettext("%s fault; nothing was entered.", "%s faults; nothing was entered.", answer.fault_count);
    return say("error", interpolate(wrong, [answer.fault_count]));
  }
  if (answer.done) return say("success", `${gettext("Entered.")} ${counts}`);
  say("success", `${gettext("All rows are in order; nothing is entered yet.")} ${counts}`);
}

function fill(list, items) {
  const cells = list.dataset.cells.split(" ");
  list.hidden = !items.length;
  list.querySelector("tbody").replaceChildren(...items.map((one) => row(cells.map((cell) => one[cell] ?? "–"))));
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
