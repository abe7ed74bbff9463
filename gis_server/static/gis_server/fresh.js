// Brings the part of a page that says `data-fresh-s` up to date every so many seconds, while somebody
// looks at the page and nothing in that part has the focus.

async function refresh(id) {
  const box = document.getElementById(id);
  if (document.hidden || box.contains(document.activeElement)) return;
  const response = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  // Signed out or no answer: what stands here says as of when it was true.
  if (!response?.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById(id);
  if (fresh) box.replaceWith(fresh);
}

for (const { id, dataset } of document.querySelectorAll("[data-fresh-s]")) {
  setInterval(() => refresh(id), Number(dataset.freshS) * 1000);
}
