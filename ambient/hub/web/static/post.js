// Sends a deed to the hub's JSON API. Says what became of it; shows nothing itself.
import { say } from "./words.js";

const csrf = document.querySelector("meta[name=csrf]").content;
const WAIT_MS = 6000;

// Returns "" when it is done, else what to tell the person.
export async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify(body || {}),
      signal: AbortSignal.timeout(WAIT_MS),
    });
  } catch {
    return say("not_sent");
  }
  if (answer.ok) return "";
  if (answer.status === 401) return say("not_signed_in");
  const said = await answer.json().catch(() => ({}));
  return said.detail ? say("not_done_why", { why: said.detail }) : say("not_done");
}

const timers = new Map();
export function toast(id, text) {
  const box = document.getElementById(id);
  box.textContent = text;
  box.hidden = false;
  clearTimeout(timers.get(id));
  timers.set(id, setTimeout(() => { box.hidden = true; }, 8000));
}
