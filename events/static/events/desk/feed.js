// Hears of changed events by the change feed.  told(change) for each; lost(sentence) when nothing is
// heard any more, "" when it is again; reset() when too much was missed.

const RETRY_MS = 10_000;

export function listen(page, heard, since = null, isLate = false) {
  const { told, lost, reset } = heard;
  const again = (last, late = false) => setTimeout(() => listen(page, heard, last, late), RETRY_MS);
  ask(page.ticket, page.csrf).then((given) => {
    if (given === null) {
      lost(gettext("Not live: the server does not answer."));
      return again(since, true);
    }
    if (given.error) return lost(gettext("Sign in again to see what changes."));
    // Never heard anything since the page was made: what has come meanwhile is in no feed of ours.
    if (isLate && since === null) reset();
    let last = since ?? given.last_id;
    const source = new EventSource(`${given.url}?since=${last}`, { withCredentials: true });
    source.addEventListener("open", () => lost(""));
    source.addEventListener("change", (event) => {
      last = Number(event.lastEventId);
      const change = JSON.parse(event.data);
      if (change.topic === "event") told(change);
    });
    source.addEventListener("reset", () => {
      source.close();
      reset();
      again(null);
    });
    source.addEventListener("error", () => {
      source.close();
      lost(gettext("Not live: the connection was cut."));
      again(last);
    });
  });
}

async function ask(ticket, csrf) {
  try {
    const headers = { Accept: "application/json", "X-CSRFToken": csrf };
    return await (await fetch(ticket, { method: "POST", headers })).json();
  } catch {
    return null;
  }
}
