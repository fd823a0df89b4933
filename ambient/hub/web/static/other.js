// The other hub of the house: named on the page when this one is gone or stands by, and gone to.
import { say } from "./words.js";

const byId = (id) => document.getElementById(id);
let going = false;
let plain = null;

// `said`: what a hub that stands by answers. `sound`: that of this page.
export async function follow(said, sound) {
  const link = byId("lost-other");
  if (!link || !said.other_serves) return;
  plain ??= [byId("lost-title").textContent, byId("lost-text").textContent];
  byId("lost-title").textContent = say("other_serves");
  byId("lost-text").textContent = say("other_how");
  // The hash is kept by whatever the other hub leads on to; its sign-in reads it.
  const there = `${link.dataset.page}${location.pathname}#moved=${location.pathname}`;
  link.href = there;
  // Sound that a tap had to allow is allowed at this address only: going would end it, and a page
  // that rings for a lost hub is better than one that shows alarms in silence.
  if (going || sound.tapped || !(await answers(link))) return;
  going = true;
  location.assign(there);
}

// This hub serves again: the next time that it is lost is told as any other.
export function back() {
  if (!plain) return;
  [byId("lost-title").textContent, byId("lost-text").textContent] = plain;
  byId("lost-other").href = `${byId("lost-other").dataset.page}/`;
  plain = null;
}

// Whether this browser reaches the other hub and trusts its certificate: else it would go nowhere.
async function answers(link) {
  try {
    await fetch(new URL("/healthz", link.href), { mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(3000) });
    return true;
  } catch {
    return false;
  }
}
