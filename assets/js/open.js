// Hears that the session of this page is over, and goes to the door, which says why. One tab asks for all tabs of the browser, since a browser
// keeps few connections to one server.

export default function open(body) {
  const address = body.dataset.open;
  const home = address.slice(0, -"/open".length);
  const tabs = new BroadcastChannel(`aikagi ${address}`);
  const leave = () => location.replace(home);
  tabs.addEventListener("message", leave);

  const listen = () =>
    new Promise(() => {
      const source = new EventSource(address);
      source.addEventListener("over", () => {
        source.close();
        tabs.postMessage("over");
        leave();
      });
      // Refused for good, as while the database is away: asked again later.
      source.addEventListener("error", () => {
        if (source.readyState === EventSource.CLOSED) setTimeout(listen, 20_000 + Math.random() * 20_000);
      });
      addEventListener("pagehide", () => source.close());
    });
  if (navigator.locks) navigator.locks.request(`aikagi ${address}`, listen);
  else listen();
}
