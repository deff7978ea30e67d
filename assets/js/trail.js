// What becomes of a message, as it happens. The page shows the same when it is loaded anew.

export default function trail(list) {
  const source = new EventSource(list.dataset.trail);
  const show = ({ data }) => list.replaceChildren(...JSON.parse(data).map(stop));
  source.addEventListener("message", show);
  source.addEventListener("over", (event) => {
    show(event);
    source.close();
  });
  addEventListener("pagehide", () => source.close());
}

function stop({ class: name, text, note, at }) {
  const item = document.createElement("li");
  item.className = name;
  const words = item.appendChild(document.createElement("span"));
  words.textContent = text;
  if (note) {
    const more = words.appendChild(document.createElement("span"));
    more.className = "soft";
    more.textContent = note;
  }
  if (at) item.appendChild(document.createElement("time")).textContent = at;
  return item;
}
