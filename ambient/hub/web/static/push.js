// Enrols the device in somebody's hand for web push, and lets it go. The worker shows the messages.
const csrf = document.querySelector("meta[name=csrf]").content;
const panel = document.getElementById("push");
const on = document.getElementById("push-on");
const off = document.getElementById("push-off");
const label = document.getElementById("push-label");

function say(what) {
  for (const one of document.querySelectorAll("[data-said]")) one.hidden = one.dataset.said !== what;
  off.hidden = what !== "on";
}

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(6000),
  });
  if (!answer.ok) throw new Error(String(answer.status));
}

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

async function worker() {
  const found = await navigator.serviceWorker.register("/static/push-worker.js");
  if (found.active) return found;
  await new Promise((done) => {
    const fresh = found.installing || found.waiting;
    fresh.addEventListener("statechange", () => { if (fresh.state === "activated") done(); });
  });
  return found;
}

async function forget(made) {
  await send("/push/forget", { endpoint: made.endpoint });
  await made.unsubscribe();
}

async function enrol() {
  if ((await Notification.requestPermission()) !== "granted") return say("denied");
  const manager = (await worker()).pushManager;
  const old = await manager.getSubscription();
  // One that was made for another key of the hub takes nothing from this one.
  if (old) await forget(old);
  const { channel, key: text } = label.selectedOptions[0].dataset;
  const key = bytes(text);
  const made = (await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON();
  await send("/push", {
    channel,
    label: label.value,
    endpoint: made.endpoint,
    p256dh: made.keys.p256dh,
    auth: made.keys.auth,
  });
  say("on");
}

async function leave() {
  const made = await (await worker()).pushManager.getSubscription();
  if (made) await forget(made);
  say("off");
}

async function show() {
  const found = await navigator.serviceWorker.getRegistration("/static/push-worker.js");
  const made = found && (await found.pushManager.getSubscription());
  say(Notification.permission === "denied" ? "denied" : made ? "on" : "off");
}

if (panel) {
  if (!navigator.serviceWorker || !window.PushManager || !window.Notification) {
    on.disabled = true;
    say("cannot");
  } else {
    on.addEventListener("click", () => enrol().catch(() => say("failed")));
    off.addEventListener("click", () => leave().catch(() => say("failed")));
    show();
  }
}
