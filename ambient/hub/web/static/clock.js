// Times on the page: how long ago, by the hub's clock, not by that of this screen.
import { say } from "./words.js";

export class Clock {
  constructor() {
    this.offset = 0;
    this.last = Date.now();
  }

  hear(stamp) {
    this.last = Date.now();
    this.offset = Date.parse(stamp) - this.last;
  }

  now() {
    return Date.now() + this.offset;
  }

  lastHeard() {
    return new Date(this.last).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  }

  start() {
    setInterval(() => this.paint(document), 1000);
    this.paint(document);
  }

  paint(root) {
    for (const element of root.querySelectorAll("time[data-ago]")) {
      const text = ago(this.now() - Date.parse(element.dateTime));
      if (element.textContent !== text) element.textContent = text;
    }
  }
}

export function ago(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return `${h} h ${min % 60} min`;
  return say("days", { count: Math.floor(h / 24) });
}
