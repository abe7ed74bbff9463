// Sends a table of cameras to be checked, shows what is wrong in which row, and has it entered.
// The file stays in the browser between the two: the server keeps nothing of it.

const form = document.getElementById("camera-import");
const input = document.getElementById("file");
const check = document.getElementById("check");
const enter = document.getElementById("enter");
const said = document.getElementById("said");
const faults = document.getElementById("faults");
let checked = null;

input.addEventListener("change", forget);
document.getElementById("frame").addEventListener("change", forget);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  forget();
  attempt(false);
});
enter.addEventListener("click", () => attempt(true));

function forget() {
  checked = null;
  enter.hidden = true;
  faults.hidden = true;
  said.replaceChildren();
}

async function attempt(really) {
  const file = input.files[0];
  if (!file) return say("error", gettext("Choose a file first."));
  if (file.size > Number(form.dataset.limit)) return say("error", gettext("The file is too large: split it."));
  check.disabled = enter.disabled = true;
  say("", gettext("Checking…"));
  try {
    show(await send(file, really));
  } catch (error) {
    say("error", error.message);
  }
  check.disabled = enter.disabled = false;
}

async function send(file, really) {
  const query = new URLSearchParams({ frame: document.getElementById("frame").value });
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
  const counts = interpolate(gettext("new: %(new)s, changed: %(changed)s, as they were: %(same)s"), answer, true);
  faults.hidden = !answer.fault_count;
  enter.hidden = answer.done || answer.fault_count > 0 || !(answer.new + answer.changed);
  faults.querySelector("tbody").replaceChildren(...answer.faults.map(row));
  checked = answer.digest;
  if (answer.fault_count) {
    const words = ngettext("%s row has a fault; nothing was entered.", "%s rows have a fault; nothing was entered.", answer.fault_count);
    return say("error", interpolate(words, [answer.fault_count]));
  }
  if (answer.done) return say("success", `${gettext("Entered.")} ${counts}`);
  say("success", `${gettext("All rows are in order; nothing is entered yet.")} ${counts}`);
}

function row({ line, sentence }) {
  const made = document.createElement("tr");
  for (const text of [line, sentence]) {
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
  said.replaceChildren(made);
}
