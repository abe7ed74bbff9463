// Watches a job: asks once a second, and loads the page anew when the import has moved on.

const box = document.getElementById("progress");
const bar = document.getElementById("bar");
const told = document.getElementById("told");
const queue = document.getElementById("queue");
const EVERY_MS = 1_000;

function show(state) {
  if (state.of) {
    bar.max = state.of;
    bar.value = Math.min(state.rows, state.of);
  } else {
    bar.removeAttribute("value");
  }
  told.textContent = sentence(state);
  queue.hidden = state.queue;
  queue.textContent = state.queue
    ? ""
    : gettext("The job queue does not answer: the work begins, or goes on, when it is back. Tell the administrator if this stays.");
}

function sentence({ rows, of, waits }) {
  if (waits) return gettext("Waiting for a free worker …");
  if (!rows) return gettext("At work …");
  const numbers = { rows: rows.toLocaleString(), of: of?.toLocaleString() };
  if (of && rows >= of) return interpolate(gettext("All %(of)s rows are read; comparing with the registry …"), numbers, true);
  return interpolate(of ? gettext("%(rows)s of %(of)s rows") : gettext("%(rows)s rows"), numbers, true);
}

async function watch() {
  try {
    const response = await fetch(box.dataset.url, { headers: { Accept: "application/json" } });
    if (response.status === 401 || response.status === 404) return location.reload();
    const state = await response.json();
    if (response.ok && (!state.at_work || state.step !== box.dataset.step)) return location.reload();
    if (response.ok) show(state);
    else told.textContent = state.error?.message ?? "";
  } catch {
    told.textContent = gettext("The server does not answer.");
  }
  setTimeout(watch, EVERY_MS);
}

show(JSON.parse(document.getElementById("state").textContent));
setTimeout(watch, EVERY_MS);
