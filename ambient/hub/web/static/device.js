// A shared screen without anybody signed in: it shows and sounds what is open, and does nothing.
import { Link } from "./link.js";
import { Sound } from "./sound.js";
import { back, follow } from "./other.js";
import { Clock } from "./clock.js";
import { say } from "./words.js";

const root = document.documentElement;
const byId = (id) => document.getElementById(id);
const clock = new Clock();
const sound = new Sound({
  onChange(on) {
    byId("sound-off").hidden = on;
    byId("sound-test").hidden = !on;
    root.dataset.audio = on ? "on" : "off";
  },
  onBurst(count) {
    root.dataset.bursts = String(count);
  },
});

const link = new Link({
  path: "/device/live",
  onState(state) {
    const list = byId("alarms");
    const before = list.children.length;
    const template = document.createElement("template");
    template.innerHTML = state.alarms;
    list.replaceChildren(...template.content.children);
    byId("all-quiet").hidden = list.children.length > 0;
    byId("trouble").hidden = !state.trouble;
    byId("trouble-text").textContent = state.trouble || "";
    const first = list.querySelector("h2");
    if (first && list.children.length > before) {
      byId("say-now").textContent = say("alarm", { what: first.textContent });
    }
    sound.play(state.sound);
    clock.paint(document);
    root.dataset.sequence = String(state.sequence);
  },
  onOther: (said) => follow(said, sound),
  onBeat(at) {
    clock.hear(at);
  },
  onLink(status) {
    root.dataset.link = status;
    const on = status === "on";
    byId("link").dataset.link = on ? "on" : "off";
    byId("link-text").textContent = say(on ? "connected" : "not_connected");
    byId("lost").hidden = on;
    if (on) back();
    sound.lost(!on, link.heardAt);
    if (!on) byId("lost-since").textContent = clock.lastHeard();
    byId("lost-login").hidden = status !== "ended";
  },
});

// The browser gives the lock back whenever the page is hidden.
async function stayAwake() {
  if (document.visibilityState !== "visible") return;
  try {
    await navigator.wakeLock.request("screen");
    byId("wake").textContent = "";
  } catch {
    byId("wake").textContent = say("dims");
  }
}

byId("sound-off").addEventListener("click", () => sound.unlock());
byId("sound-test").addEventListener("click", () => sound.test());
document.addEventListener("visibilitychange", stayAwake);
clock.start();
sound.start();
link.start();
stayAwake();
const ticker = new Worker("/static/ticker.js");
ticker.onmessage = () => {
  link.check();
  sound.tick();
};
