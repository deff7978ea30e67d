// 「表示」: shows a password, and hides it again before it is sent, so that no browser keeps it as plain text.

export default function reveal(input) {
  const button = document.createElement("button");
  const status = document.createElement("span");
  button.type = "button";
  button.className = "as-link reveal";
  button.setAttribute("aria-controls", input.id);
  status.className = "hidden-words";
  status.setAttribute("role", "status");

  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? input.dataset.hide : input.dataset.show;
    status.textContent = shown ? input.dataset.shown : "";
  };
  button.addEventListener("click", () => show(input.type === "password"));
  input.form.addEventListener("submit", () => show(false));
  show(false);
  input.after(button, status);
}
