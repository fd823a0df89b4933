// Shows what the hub pushes. One notification an alarm: what comes again or is newer takes its
// place; when somebody sees to the alarm it stays, without a sound.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// One after another: a device that was away gets several at once, and each must see what the one
// before it showed.
let before = Promise.resolve();
self.addEventListener("push", (event) => {
  const told = event.data.json().data;
  before = before.catch(() => {}).then(() => showing(told));
  event.waitUntil(before);
});

// A push service may keep an older message and give it later; a double is the same id.
async function showing(told) {
  const shown = await self.registration.getNotifications({ tag: told.alarm });
  const newest = shown.find((one) => one.data.at > told.at || one.data.id === told.id);
  if (newest) return;
  await self.registration.showNotification(told.text, {
    tag: told.alarm,
    renotify: !told.over,
    silent: told.over,
    requireInteraction: !told.over,
    lang: told.language,
    icon: "/static/icon.svg",
    data: { id: told.id, at: told.at },
  });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open());
});

async function open() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const page of pages) {
    if ("focus" in page) return page.focus();
  }
  return self.clients.openWindow("/");
}
