// The sign-in to which a page came from a hub that stands by: seen and heard until somebody is in.
import { Sound } from "./sound.js";

const MARK = "#moved=";
const byId = (id) => document.getElementById(id);
const root = document.documentElement;

async function arrive() {
  const from = new URL(location.hash.slice(MARK.length), location.origin);
  // A browser keeps a cookie back from what another address led to; asked from here it is sent.
  const answer = await fetch("/api/session", { signal: AbortSignal.timeout(3000) }).catch(() => null);
  if (answer && answer.ok && from.origin === location.origin) {
    location.replace(from.pathname);
    return;
  }
  if (answer && answer.status === 403) {
    location.replace("/device");
    return;
  }
  const sound = new Sound({
    onChange(on) {
      byId("moved-sound").hidden = on;
      root.dataset.audio = on ? "on" : "off";
    },
    onBurst(count) {
      root.dataset.bursts = String(count);
    },
  });
  byId("moved").setAttribute("role", "alert");
  byId("moved").hidden = false;
  byId("moved-sound").addEventListener("click", () => sound.unlock());
  sound.start();
  sound.lost(true, -Infinity);
  const ticker = new Worker("/static/ticker.js");
  ticker.onmessage = () => sound.tick();
}

if (location.hash.startsWith(MARK)) arrive();
