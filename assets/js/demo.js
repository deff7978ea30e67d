// The demonstration's telephone and mailbox: asks once a second for what came since.

export default function demo(root) {
  const { demo: address, from, to, arrived } = root.dataset;
  let newest = root.dataset.newest;
  const news = document.querySelector("[data-news]");
  document.querySelector("[data-live]").hidden = false;

  const paragraph = (name, text) => {
    const element = document.createElement("p");
    element.className = name;
    element.textContent = text;
    return element;
  };
  const letter = (message) => {
    const item = document.createElement("li");
    item.className = "letter is-new";
    const head = paragraph("letter-head", "");
    const ends = document.createElement("span");
    ends.append(`${from} ${message.from}`, document.createElement("br"), `${to} ${message.to}`);
    const time = document.createElement("time");
    time.textContent = message.at;
    head.append(ends, time);
    item.append(head);
    if (message.subject) item.append(paragraph("letter-subject", message.subject));
    const text = paragraph("letter-text", "");
    for (const piece of message.text.split(/(https?:\/\/[!-~]+)/)) {
      if (!/^https?:/.test(piece)) text.append(piece);
      else {
        const link = document.createElement("a");
        link.href = link.textContent = piece;
        text.append(link);
      }
    }
    item.append(text);
    return item;
  };

  const ask = async () => {
    try {
      const answer = await fetch(`${address}?after=${encodeURIComponent(newest)}`, { headers: { accept: "application/json" } });
      if (answer.ok) {
        const found = await answer.json();
        newest = found.newest;
        for (const message of found.messages) root.querySelector(`[data-box="${message.kind}"]`).prepend(letter(message));
        if (found.messages.length) news.textContent = `${arrived} ${found.messages.at(-1).at}`;
      }
    } catch {
      // The server is being restarted: ask again.
    }
    setTimeout(ask, document.hidden ? 5000 : 1000);
  };
  setTimeout(ask, 1000);
}
