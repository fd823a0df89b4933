// Keeps the lists as the server says, replacing only what changed, so that focus, opened
// details and a screen reader's place survive.
import { say } from "./words.js";

export class Lists {
  constructor(clock) {
    this.clock = clock;
    this.alarms = document.getElementById("alarms");
    this.rooms = document.getElementById("rooms");
    this.snoozes = document.getElementById("snoozes");
    this.sounds = this.loudness();
  }

  // Whether a state says of every card what it is, or leaves it as it stands here.
  knows(state) {
    return [[this.alarms, state.alarms], [this.snoozes, state.snoozes], [this.rooms, state.rooms]]
      .every(([list, part]) => {
        const cards = part.cards || {};
        const here = new Set([...list.children].map((child) => child.dataset.key));
        return (part.order || []).every((key) => here.has(key) || key in cards);
      });
  }

  // Shows a state; returns what is new to say aloud.
  show(state) {
    const before = this.sounds;
    this.patch(this.alarms, state.alarms);
    this.patch(this.snoozes, state.snoozes);
    this.patch(this.rooms, state.rooms);
    document.getElementById("snoozed").hidden = this.snoozes.children.length === 0;
    const due = document.getElementById("handover-due");
    if (due) due.hidden = !state.hand_over;
    this.alarms.dataset.sequence = state.sequence;
    document.getElementById("all-quiet").hidden = this.alarms.children.length > 0;
    document.getElementById("alarm-count").textContent = say("open", { count: state.figures.open });
    document.getElementById("room-count").textContent =
      say("watched", { watched: state.figures.watched, rooms: state.figures.rooms });
    document.getElementById("trouble").hidden = !state.trouble;
    document.getElementById("trouble-text").textContent = state.trouble || "";
    this.clock.paint(document);
    this.sounds = this.loudness();
    const news = [];
    for (const [key, now] of this.sounds) {
      const old = before.get(key);
      if (!old || old.title !== now.title || (old.sound === "none" && now.sound !== "none")) {
        news.push({ text: now.title, urgent: now.sound === "high" });
      }
    }
    return news;
  }

  loudness() {
    const all = [...this.alarms.children];
    return new Map(all.map((li) => [li.dataset.key, { ...li.dataset }]));
  }

  // `part`: the keys in order unless they are as before, and the cards that are not.
  patch(list, part) {
    const cards = Object.values(part.cards || {});
    if (!part.order && cards.length === 0) return;
    const template = document.createElement("template");
    template.innerHTML = cards.join("");
    const fresh = new Map([...template.content.children].map((card) => [card.dataset.key, card]));
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    const focusId = focused ? focused.id : "";
    const focusCard = focused ? focused.closest("[data-key]") : null;
    const present = new Map([...list.children].map((child) => [child.dataset.key, child]));
    const order = part.order || [...present.keys()];
    const keep = new Set(order);
    for (const [key, child] of present) if (!keep.has(key)) child.remove();
    let at = list.firstElementChild;
    for (const key of order) {
      const old = present.get(key);
      const item = fresh.get(key) || old;
      if (old && old.dataset.version === item.dataset.version) {
        if (old === at) at = at.nextElementSibling;
        else list.insertBefore(old, at);
        continue;
      }
      if (old) {
        const open = old.querySelector("details[open]");
        if (open) item.querySelector("details").open = true;
        if (old.dataset.seen === item.dataset.seen) carry(old, item);
        if (old === at) at = at.nextElementSibling;
        old.remove();
      }
      list.insertBefore(item, at);
    }
    this.refocus(list, focusId, focusCard);
  }

  // The button that was pressed may be gone: go to the next one of the same card, else the heading.
  refocus(list, id, card) {
    if (!card || list.contains(document.activeElement)) return;
    const same = id && document.getElementById(id);
    const next = list.querySelector(`[data-key="${card.dataset.key}"] .actions button`);
    (same || next || document.getElementById("alarms-title")).focus();
  }
}

// A deed under way, or one that failed, stays on its card while nobody has done it.
function carry(old, item) {
  const before = item.querySelector(".actions");
  if (!before) return;
  for (const note of old.querySelectorAll(".saving, .failed")) before.before(note);
  if (!old.classList.contains("is-saving")) return;
  item.classList.add("is-saving");
  for (const button of item.querySelectorAll("[data-act]")) button.ariaDisabled = "true";
}

export function announce(news) {
  const urgent = news.filter((item) => item.urgent).map((item) => item.text);
  const calm = news.filter((item) => !item.urgent).map((item) => item.text);
  if (urgent.length) document.getElementById("say-now").textContent = say("alarm", { what: urgent.join(". ") });
  if (calm.length) document.getElementById("say-later").textContent = calm.join(". ");
}
