// The service worker of the installed app. It keeps one page of each workplace for when there is no connection, with its style, and nothing else; signing out and
// a remote wipe take it away. Everything that can be fetched is fetched.

const KEPT = "aikagi kept";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  const { keep, forget } = event.data ?? {};
  if (keep) event.waitUntil(keepAll(keep).catch(() => {}));
  if (forget) event.waitUntil(forgetAll(forget));
});

async function keepAll([page, ...rest]) {
  const answer = await fetch(page, { redirect: "error" });
  if (!answer.ok) return;
  const kept = await caches.open(KEPT);
  await kept.put(page, answer);
  await kept.addAll(rest);
}

async function forgetAll(beginning) {
  const kept = await caches.open(KEPT);
  const all = await kept.keys();
  const own = all.filter(({ url }) => new URL(url).pathname.startsWith(beginning));
  await Promise.all(own.map((request) => kept.delete(request)));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  const workplace = request.mode === "navigate" && /^\/w\/[^/]+\/me(\/|$)/.test(pathname) && pathname.split("/")[2];
  const key = workplace ? `/w/${workplace}/me/offline` : request.destination === "style" && pathname;
  if (!key) return;
  event.respondWith(
    fetch(request).catch(async (error) => {
      const kept = await caches.match(key);
      if (!kept) throw error;
      return kept;
    }),
  );
});
