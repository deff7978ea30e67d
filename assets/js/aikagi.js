// What scripts add to a page that works without them. Each helper is fetched only where its mark stands in the page.

const helpers = {
  "[data-focus]": "focus",
  "[data-reveal]": "reveal",
  "[data-keys]": "keys",
  "[data-left], [data-wait]": "countdown",
  "[data-code]": "code",
  "[data-strength]": "strength",
  "[data-ticks]": "ticks",
  "[data-demo]": "demo",
  "[data-trail]": "trail",
  "[data-open]": "open",
  "[data-keep]": "keep",
  "[data-forget]": "forget",
  "[data-wipe]": "wipe",
};

for (const [mark, name] of Object.entries(helpers)) {
  const found = document.querySelectorAll(mark);
  if (found.length) import(`./${name}.js`).then((helper) => found.forEach(helper.default));
}
