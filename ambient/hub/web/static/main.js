// Puts the page together: the live link, the sound, the buttons.
import { Link } from "./link.js";
import { Sound } from "./sound.js";
import { back, follow } from "./other.js";
import { Lists, announce } from "./lists.js";
import { bindActions } from "./actions.js";
import { Clock } from "./clock.js";
import { say } from "./words.js";

const root = document.documentElement;
const byId = (id) => document.getElementById(id);
const clock = new Clock();
const lists = new Lists(clock);
const followers = [];
export const onState = (follower) => followers.push(follower);
export const sound = new Sound({
  onChange(on) {
    byId("sound-off").hidden = on;
    byId("sound-test").hidden = !on;
    root.dataset.audio = on ? "on" : "off";
  },
  onBurst(count, lost) {
    root.dataset.bursts = String(count);
    if (lost) root.dataset.lostSound = String(Number(root.dataset.lostSound || 0) + 1);
  },
});

let titleBase = say("alarms");
function setTitle(connected) {
  document.title = connected ? `${titleBase} · Ambient` : say("not_connected_title");
}

const link = new Link({
  onState(state) {
    if (!lists.knows(state)) {
      // A new connection begins with everything.
      link.open();
      return;
    }
    const news = lists.show(state);
    const first = document.querySelector("#alarms > li[data-sound='high'], #alarms > li");
    const ringing = state.figures.ringing;
    titleBase = ringing && first ? `(${ringing}) ${first.dataset.title}` : say("alarms");
    setTitle(true);
    sound.play(state.sound);
    root.dataset.sequence = String(state.sequence);
    announce(news);
    for (const follower of followers) follower(state);
  },
  onOther: (said) => follow(said, sound),
  onBeat(at) {
    clock.hear(at);
  },
  onLink(status) {
    root.dataset.link = status;
    const on = status === "on";
    const chip = byId("link");
    chip.dataset.link = on ? "on" : "off";
    byId("link-text").textContent = say(on ? "connected" : "not_connected");
    byId("lost").hidden = on;
    if (on) back();
    document.body.classList.toggle("is-lost", !on);
    sound.lost(!on, link.heardAt);
    setTitle(on);
    if (!on) {
      const ended = status === "ended";
      byId("lost-title").textContent = say(ended ? "signed_out" : "not_connected");
      byId("lost-login").hidden = !ended;
      byId("lost-since").textContent = clock.lastHeard();
    }
  },
});

byId("sound-off").addEventListener("click", () => sound.unlock());
byId("sound-test").addEventListener("click", () => sound.test());
bindActions();
root.dataset.ready = "yes";
clock.start();
sound.start();
link.start();
// A worker's timer goes on at full pace when the tab is in the background.
const ticker = new Worker("/static/ticker.js");
ticker.onmessage = () => {
  link.check();
  sound.tick();
};
