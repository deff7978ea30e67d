// At the door nobody is signed in: what the service worker kept of the workplace goes.

export default async function forget(form) {
  const registration = await navigator.serviceWorker?.getRegistration();
  registration?.active?.postMessage({ forget: form.dataset.forget });
}
