// The buttons. A deed on a card is shown at once, as being saved; what the hub answers decides. When it
// fails the card says so and its buttons are as before: nobody may believe that an alarm is seen to.
import { say } from "./words.js";
import { post, toast } from "./post.js";
import { askMissed, askPause, askReason, askRecord, askSnooze, bindDialogs } from "./dialogs.js";

const SETTLE_MS = 3000;

function plain(element) {
  const copy = element.cloneNode(true);
  for (const hidden of copy.querySelectorAll(".hidden")) hidden.remove();
  return copy.textContent.trim();
}

// Not `disabled`: a disabled button loses the keyboard's focus.
function hold(root, held) {
  for (const button of root.querySelectorAll("[data-act]")) button.ariaDisabled = held ? "true" : null;
}

function note(card, kind, role, text) {
  for (const old of card.querySelectorAll(".saving, .failed")) old.remove();
  if (!text) return;
  const line = document.createElement("p");
  line.className = kind;
  line.setAttribute("role", role);
  line.textContent = text;
  card.querySelector(".actions").before(line);
}

const turns = new Map(); // alarm ► how many deeds were begun: a later one is not settled by an earlier

export async function deed(id, path, body, said) {
  const turn = (turns.get(id) || 0) + 1;
  turns.set(id, turn);
  const find = () => document.getElementById(`alarm-${id}`);
  const card = find();
  if (!card) return;
  hold(card, true);
  card.classList.add("is-saving");
  note(card, "saving", "status", said);
  const wrong = await post(path, body);
  // The list may have put another card in its place meanwhile.
  const settle = () => {
    const shown = find();
    if (!shown || turns.get(id) !== turn) return;
    shown.classList.remove("is-saving");
    hold(shown, false);
    note(shown, "failed", "alert", wrong);
  };
  if (wrong) settle();
  // The hub's own list shows what was done; a card stays only when nothing has changed by it.
  else setTimeout(settle, SETTLE_MS);
}

// A deed beside the cards.
export async function press(button, path, body, thanks) {
  if (button) button.ariaDisabled = "true";
  const wrong = await post(path, body);
  if (button) button.ariaDisabled = null;
  if (wrong) toast("problem", wrong);
  else if (thanks) toast("thanks", thanks);
}

const ON_CARD = {
  acknowledge: (id) => deed(id, `/api/alarms/${id}/acknowledge`, {}, say("on_my_way")),
  there: (id) => deed(id, `/api/alarms/${id}/there`, {}, say("there")),
  hush: (id) => deed(id, `/api/alarms/${id}/pause`, { seconds: 120 }, say("hushed")),
};

export function bindActions() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-act]");
    if (!button || button.ariaDisabled === "true") return;
    const { act, id, room } = button.dataset;
    if (ON_CARD[act]) ON_CARD[act](id);
    if (act === "judge") judge(id, button.dataset.reason, plain(button));
    if (act === "unsnooze") press(button, `/api/snoozes/${id}/end`);
    if (act === "resume") press(button, `/api/rooms/${room}/resume`);
    if (act === "resolve") askReason(button);
    if (act === "record") askRecord(button);
    if (act === "snooze") askSnooze(button);
    if (act === "pause") askPause(button);
    if (act === "missed") askMissed();
  });
  bindDialogs({ judge, deed, press });
}

function judge(id, reason, label) {
  deed(id, `/api/alarms/${id}/resolve`, { reason }, say("saving", { what: label }));
}
