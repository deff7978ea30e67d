// The code: takes it from the SMS where the browser offers that (WebOTP), and sends the form once eight digits came at one stroke
// (autofill or paste). Typing digit by digit never sends by itself: a slip must stay mendable.

const digits = (text) => text.normalize("NFKC").replace(/[^0-9]/g, "");

export default function code(input) {
  const form = input.form;
  let sent = false;
  let before = 0;
  const send = () => {
    if (!sent && digits(input.value).length === 8) {
      sent = true;
      form.requestSubmit();
    }
  };
  input.addEventListener("input", (event) => {
    const now = digits(input.value).length;
    if (now === 8 && now - before >= 4 && !event.isComposing) send();
    before = now;
  });
  // A page that comes back from the browser's history may be sent again.
  window.addEventListener("pageshow", () => (sent = false));

  if ("OTPCredential" in window) {
    const stop = new AbortController();
    form.addEventListener("submit", () => stop.abort());
    navigator.credentials
      .get({ otp: { transport: ["sms"] }, signal: stop.signal })
      .then((otp) => {
        input.value = otp?.code ?? input.value;
        send();
      })
      .catch(() => {}); // refused or not offered: the field is still there
  }
}
