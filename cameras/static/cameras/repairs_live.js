// Hears of changed orders.  A list brings its [data-live] part up to date by itself, while nobody types
// in it; the page of one order only says that it has changed: a form there may be half filled in.

const RETRY_MS = 15_000;
const CALM_MS = 1_000;

const { ticket, csrf, order } = JSON.parse(document.getElementById("repairs-live").textContent);
let waiting = null;

listen(null);

async function listen(since) {
  const again = (last) => setTimeout(() => listen(last), RETRY_MS);
  const given = await ask();
  if (given === null) return again(since);
  if (given.error) return; // signed out: the next press says so
  let last = since ?? given.last_id;
  const source = new EventSource(`${given.url}?since=${last}`, { withCredentials: true });
  source.addEventListener("change", (event) => {
    last = Number(event.lastEventId);
    const { topic, subject } = JSON.parse(event.data);
    if (topic === "order" && (!order || subject === String(order))) changed();
  });
  source.addEventListener("reset", () => {
    source.close();
    changed();
    again(null);
  });
  source.addEventListener("error", () => {
    source.close();
    again(last);
  });
}

async function ask() {
  try {
    const headers = { Accept: "application/json", "X-CSRFToken": csrf };
    return await (await fetch(ticket, { method: "POST", headers })).json();
  } catch {
    return null;
  }
}

// Many orders that move together are one look.
function changed() {
  if (order) {
    document.getElementById("order-changed").hidden = false;
    return;
  }
  waiting ??= setTimeout(refresh, CALM_MS);
}

async function refresh() {
  waiting = null;
  const box = document.querySelector("[data-live]");
  if (!box) return;
  if (box.contains(document.activeElement) && document.activeElement.matches("input, select")) {
    waiting = setTimeout(refresh, RETRY_MS);
    return;
  }
  const response = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById(box.id);
  if (!fresh) return;
  box.replaceWith(fresh);
  document.dispatchEvent(new CustomEvent("orders-fresh"));
}
