// Asks the browser's key for forms marked data-passkey ("create" or "get"), and sends its answer.
const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// The browser's own parseRequestOptionsFromJSON is younger than many phones of a house.
function read(options) {
  const one = (key) => ({ ...key, id: bytes(key.id) });
  const read = { ...options, challenge: bytes(options.challenge) };
  if (options.user) read.user = { ...options.user, id: bytes(options.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) read[list] = options[list].map(one);
  }
  return read;
}

function write(credential) {
  const response = {};
  for (const field of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[field]) response[field] = text(credential.response[field]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

function say(form, words) {
  const said = form.querySelector("[role=status]");
  said.textContent = words;
  said.hidden = !words;
}

async function ask(form) {
  const csrf = form.elements.csrf ? form.elements.csrf.value : "";
  const answer = await fetch(form.dataset.options, { method: "POST", headers: { "X-CSRF-Token": csrf } });
  const options = await answer.json();
  if (!answer.ok) throw new Error(options.detail);
  return navigator.credentials[form.dataset.passkey]({ publicKey: read(options) });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button");
  if (!window.PublicKeyCredential) {
    say(form, form.dataset.unable);
    button.disabled = true;
    continue;
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    say(form, form.dataset.waiting);
    try {
      form.elements.credential.value = write(await ask(form));
      form.submit();
    } catch (error) {
      // Which of cancelled, timed out or unknown it was, a browser does not tell.
      say(form, error instanceof DOMException ? form.dataset.failed : error.message);
      button.disabled = false;
    }
  });
  form.dataset.ready = "yes";
}
