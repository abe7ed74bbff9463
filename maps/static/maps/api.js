// Asks the server for JSON.  A refusal becomes an Error whose message is the server's own sentence.

const TIMEOUT_MS = 15_000;

// detail: what the server tells programs besides its sentence.
export class Refused extends Error {
  constructor(message, status, detail = {}) {
    super(message);
    Object.assign(this, { status, detail });
  }
}

// body: told as JSON.
export async function ask(url, { method = "GET", csrf = "", body: told = null } = {}) {
  const headers = { Accept: "application/json", ...(told !== null && { "Content-Type": "application/json" }) };
  if (method !== "GET") headers["X-CSRFToken"] = newestToken() ?? csrf;
  let response;
  try {
    response = await fetch(url, { method, headers, ...(told !== null && { body: JSON.stringify(told) }), signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new Refused(gettext("The server does not answer."), 0);
  }
  const body = await response.json().catch(() => null);
  // An answer that broke off is none, whatever it had begun with.
  if (response.ok && body === null) throw new Refused(gettext("The server does not answer."), 0);
  if (!response.ok) throw refusal(response, body);
  return { body, response };
}

const missed = new Map();

// For what a page asks again and again to stay true: while it does not come the page is not live.
export async function askAgain(url) {
  const [path] = url.split("?");
  const since = performance.now();
  try {
    const answer = await ask(url);
    missed.delete(path);
    return answer;
  } catch (error) {
    if (!missed.has(path)) missed.set(path, { since, why: error.message });
    throw error;
  }
}

// What has not come for longest: since when (performance.now()) and why; null when all of it comes.
export function missing() {
  return [...missed.values()].sort((a, b) => a.since - b.since)[0] ?? null;
}

// The cookie's is newer than the page's when somebody has signed in again in another tab.
function newestToken() {
  return document.cookie.match(/(?:^|; )csrftoken=(\w+)/)?.[1];
}

function refusal(response, body) {
  const fallback = interpolate(gettext("The server answered with error %s."), [response.status]);
  return new Refused(body?.error?.message ?? fallback, response.status, body?.error);
}
