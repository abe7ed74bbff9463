// Brings the page of sites up to date while somebody looks at it.

const EVERY_MS = 10_000;

async function refresh() {
  const box = document.getElementById("sites");
  if (document.hidden || box.contains(document.activeElement)) return;
  const response = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  // Signed out or no answer: what stands here says as of when it was true.
  if (!response?.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("sites");
  if (fresh) box.replaceWith(fresh);
}

setInterval(refresh, EVERY_MS);
