// Ticks everybody on the page for a form, or nobody.

export default function ticks(button) {
  const boxes = () => [...document.querySelectorAll(`input[type=checkbox][form="${button.dataset.ticks}"]`)];
  button.hidden = false;
  button.addEventListener("click", () => {
    const all = boxes();
    const tick = !all.every((box) => box.checked);
    all.forEach((box) => { box.checked = tick; });
  });
}
