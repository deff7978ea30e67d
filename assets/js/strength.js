// Says how long a new password is already, and what plainly weakens it. The server's verdict counts; this only saves a round.

export default function strength(input) {
  const data = input.dataset;
  const min = Number(data.strength);
  const own = (input.form.elements.username?.value ?? "").toLowerCase().split(/[@.\-_]/).filter((part) => part.length > 2);

  const box = document.createElement("div");
  const bar = document.createElement("div");
  const words = document.createElement("p");
  box.className = "strength";
  bar.className = "strength-bar";
  bar.setAttribute("aria-hidden", "true");
  bar.append(...Array.from({ length: 4 }, () => document.createElement("i")));
  words.id = `${input.id}-strength`;
  words.setAttribute("role", "status");
  box.append(bar, words);
  input.closest(".field").append(box);
  input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${words.id}`.trim());

  const judge = () => {
    const typed = input.value.normalize("NFKC");
    const length = [...typed].length;
    const lower = typed.toLowerCase();
    if (!length) return [0, data.empty];
    if (length < min) return [length * 2 < min ? 1 : 2, data.short.replace("%n", min - length)];
    if (monotone(lower)) return [2, data.same];
    if (own.some((part) => lower.includes(part))) return [2, data.own];
    return length < min + 5 ? [3, data.enough] : [4, data.good];
  };
  let timer;
  const show = () => {
    const [level, text] = judge();
    box.dataset.level = level;
    clearTimeout(timer);
    // The bar moves at once; the words wait for a pause, so that a screen reader is not flooded.
    timer = setTimeout(() => words.textContent !== text && (words.textContent = text), 300);
  };
  input.addEventListener("input", show);
  words.textContent = data.empty;
  show();
}

// "aaaaaaaaaaaaaaa", "abcabcabcabcabc", "123456789012345": fewer than six different signs, one piece over and over, or mostly in a row.
function monotone(text) {
  const signs = [...text];
  if (new Set(signs).size < 6 || /^(.{1,6}?)\1+.{0,5}$/u.test(text)) return true;
  const rows = "qwertyuiopasdfghjklzxcvbnm abcdefghijklmnopqrstuvwxyz 01234567890";
  const steps = signs.slice(1).filter((sign, i) => sign !== " " && (rows.includes(signs[i] + sign) || rows.includes(sign + signs[i])));
  return steps.length > signs.length * 0.7;
}
