// A screen on the wall: it must not go dark, and at the start of a shift somebody must have heard it.
import { say } from "./words.js";
import { sound, onState } from "./main.js";

const byId = (id) => document.getElementById(id);
const root = document.documentElement;
const KEY = "ambient-sound-check";
const check = byId("check");

// The browser gives the lock back whenever the page is hidden.
async function stayAwake() {
  if (document.visibilityState !== "visible") return;
  try {
    const lock = await navigator.wakeLock.request("screen");
    tell(true);
    lock.addEventListener("release", () => tell(false));
  } catch {
    tell(false);
  }
}

function tell(awake) {
  root.dataset.wake = awake ? "on" : "off";
  byId("wake").textContent = awake ? "" : say("dims");
}

function due(shift) {
  check.dataset.shift = shift;
  const heard = localStorage.getItem(KEY) === shift;
  check.hidden = heard;
  root.dataset.check = heard ? "done" : "due";
}

function ask(asked) {
  byId("check-yes").hidden = !asked;
  byId("check-no").hidden = !asked;
}

byId("check-play").addEventListener("click", async () => {
  const on = await sound.rehearse();
  byId("check-text").textContent = say(on ? "check_ask" : "check_blocked");
  ask(on);
  if (on) byId("check-yes").focus();
});
byId("check-yes").addEventListener("click", () => {
  localStorage.setItem(KEY, check.dataset.shift);
  ask(false);
  due(check.dataset.shift);
  byId("alarms-title").focus();
});
byId("check-no").addEventListener("click", () => {
  ask(false);
  byId("check-text").textContent = say("check_not_heard");
  byId("check-play").focus();
});

function wallClock() {
  byId("wall-clock").textContent =
    new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

setInterval(wallClock, 1000);
wallClock();
document.addEventListener("visibilitychange", stayAwake);
onState((state) => { if (state.shift !== check.dataset.shift) due(state.shift); });
due(check.dataset.shift);
stayAwake();
