// Has the service worker keep the page for when there is no connection, once a day.

const A_DAY = 24 * 60 * 60 * 1000;

export default async function keep(body) {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/worker.js");
  const { active } = await navigator.serviceWorker.ready;
  const page = body.dataset.keep;
  const kept = await caches.match(page);
  if (kept && Date.now() - Date.parse(kept.headers.get("date")) < A_DAY) return;
  const styles = [...document.querySelectorAll("link[rel=stylesheet]")].map((link) => new URL(link.href).pathname);
  active.postMessage({ keep: [page, ...styles] });
}
