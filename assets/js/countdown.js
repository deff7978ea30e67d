// Time left for a code (data-left) and until it can be sent again (data-wait). Counted from the page's arrival by a clock
// that keeps going while the telephone sleeps; screen readers are not told each second.

export default function countdown(element) {
  const { left, wait, pattern, over } = element.dataset;
  const total = Number(left ?? wait);
  const began = Date.now();
  const text = element.textContent;
  // The server wrote the sentence; only the time in it changes.
  const [before, after] = around(text, total, pattern);
  if (before === undefined) return;

  const tick = () => {
    const seconds = Math.ceil(total - (Date.now() - began) / 1000);
    if (seconds > 0) {
      element.textContent = before + say(seconds, pattern) + after;
      return setTimeout(tick, 1000);
    }
    if (left) {
      element.textContent = over;
      element.setAttribute("role", "status");
    } else {
      element.remove();
    }
  };
  setTimeout(tick, 1000);
}

// "%m分%s秒" -> "9分41秒", "41秒"; a full minute still says its seconds, so that the line does not jump.
function say(seconds, pattern) {
  const [minutes, rest] = split(pattern);
  const m = Math.floor(seconds / 60);
  const tail = rest.replace("%s", seconds % 60);
  return m ? minutes.replace("%m", m) + tail : tail.trimStart();
}

function split(pattern) {
  const at = pattern.indexOf("%s");
  const cut = pattern[at - 1] === " " ? at - 1 : at;
  return [pattern.slice(0, cut), pattern.slice(cut)];
}

function around(text, total, pattern) {
  const [minutes] = split(pattern);
  const whole = minutes.replace("%m", Math.floor(total / 60));
  for (const shown of [say(total, pattern), whole]) {
    const at = text.indexOf(shown);
    if (at >= 0) return [text.slice(0, at), text.slice(at + shown.length)];
  }
  return [];
}
