// Points out Caps Lock and a kana input method beside a password, where nothing typed can be seen. The note stays when the field is
// left: were it to go as a finger comes down on the button below, the button would move away from under the finger.

export default function keys(input) {
  const note = document.createElement("p");
  note.className = "keys";
  note.setAttribute("role", "status");
  (input.closest(".with-reveal") ?? input).after(note);
  const say = (text) => {
    if (note.textContent !== text) note.textContent = text;
  };

  const look = (event) => {
    // 229 and "Process": the key went to an input method.
    if (event.isComposing || event.key === "Process" || event.keyCode === 229) say(input.dataset.kana);
    else if (event.getModifierState?.("CapsLock")) say(input.dataset.caps);
    else say("");
  };
  input.addEventListener("keydown", look);
  input.addEventListener("keyup", (event) => event.key === "CapsLock" && look(event));
  input.addEventListener("compositionstart", () => say(input.dataset.kana));
  input.addEventListener("input", () => {
    // Kana and full-width letters, whatever way they came.
    if (/[\u3040-\u30ff\uff01-\uff9f]/.test(input.value)) say(input.dataset.kana);
  });
}
