// Tells the reader when somebody else has changed what the page shows.  It only offers to load the
// page anew: a form that is being filled in must not be taken away.

const RETRY_MS = 15_000;

// config.watched: the subject under which the change feed tells of what is shown, if anything;
// watched_topic: of which topic, if not of the territory.
export function watch(config, notice) {
  if (config.watched) listen(config, notice, null);
}

async function listen(config, notice, since) {
  const again = (last) => setTimeout(() => listen(config, notice, last), RETRY_MS);
  const ticket = await ask(config);
  if (ticket === null) return again(since);
  // Signed out, or in as somebody else: the next press of a button says so.
  if (ticket.error) return;
  let last = since ?? ticket.last_id;
  const source = new EventSource(`${ticket.url}?since=${last}`, { withCredentials: true });
  source.addEventListener("change", (event) => {
    last = Number(event.lastEventId);
    const { topic, subject } = JSON.parse(event.data);
    if (topic === (config.watched_topic ?? "territory") && subject === config.watched) notice.hidden = false;
  });
  source.addEventListener("reset", () => {
    notice.hidden = false;
    source.close();
  });
  source.addEventListener("error", () => {
    source.close();
    again(last);
  });
}

async function ask({ urls, csrf }) {
  try {
    const headers = { Accept: "application/json", "X-CSRFToken": csrf };
    return await (await fetch(urls.ticket, { method: "POST", headers })).json();
  } catch {
    return null;
  }
}
