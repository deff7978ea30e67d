// Empties this browser of what it holds of this server, looks whether anything is left, and reports it. The header of the page has asked the browser for
// the same; what a browser does not know of is done here.

export default async function wipe(form) {
  const { left } = form.elements;
  left.value = String(await empty().catch(() => 1));
  form.elements.seen.value = "yes";
  form.requestSubmit();
}

async function empty() {
  const workers = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  await Promise.all(workers.map((worker) => worker.unregister()));
  const caches = globalThis.caches;
  await Promise.all(((await caches?.keys()) ?? []).map((name) => caches.delete(name)));
  await Promise.all(((await indexedDB.databases?.()) ?? []).map(({ name }) => removed(indexedDB.deleteDatabase(name))));
  localStorage.clear();
  sessionStorage.clear();
  const now = [
    await navigator.serviceWorker?.getRegistrations(),
    await caches?.keys(),
    await indexedDB.databases?.(),
    localStorage,
    sessionStorage,
  ];
  return now.reduce((sum, all) => sum + (all?.length ?? 0), 0);
}

const removed = (request) =>
  new Promise((resolve) => {
    request.onsuccess = request.onerror = request.onblocked = resolve;
  });
