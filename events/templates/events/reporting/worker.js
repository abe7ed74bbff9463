// Keeps the shell of the phone's page, so that it opens without signal.  Reports are not its business:
// they lie in IndexedDB, and the page itself sends them.  Nothing of a user is kept here.
const VERSION = "{{ version|escapejs }}";
const SHELL = "{{ shell|escapejs }}";
const ASSETS = [{% for asset in assets %}"{{ asset|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];
const KEPT = `phone-${VERSION}`;
// Files with a hash of their content in their name, fetched when they were first needed: the map.
const LATER = "phone-later";

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

async function keep() {
  const cache = await caches.open(KEPT);
  // What has no hash in its name is asked for anew, all the rest comes from the browser's own cache.
  await cache.addAll(ASSETS.map((address) => new Request(address, { cache: address.startsWith("/static/") ? "default" : "reload" })));
}

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOlder().then(() => self.clients.claim()));
});

// Those of the map too: what has not changed of them comes back from the browser's own cache.
async function forgetOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("phone-") && name !== KEPT).map((name) => caches.delete(name)));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (address.pathname === SHELL && request.mode === "navigate") event.respondWith(kept(SHELL, request));
  else if (ASSETS.includes(address.pathname)) event.respondWith(kept(address.pathname, request));
  else if (address.pathname.startsWith("/static/")) event.respondWith(later(request));
});

async function kept(address, request) {
  const cache = await caches.open(KEPT);
  return (await cache.match(address, { ignoreVary: true, ignoreSearch: true })) ?? fetch(request);
}

async function later(request) {
  const cache = await caches.open(LATER);
  const known = await cache.match(request, { ignoreVary: true });
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}
