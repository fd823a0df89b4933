// What is asked before a deed: what it was, how they are after a fall, what to snooze and why.
import { say } from "./words.js";

const byId = (id) => document.getElementById(id);
const picked = (name) => document.querySelector(`input[name="${name}"]:checked`);

function titleOf(button) {
  return button.closest("[data-title]").dataset.title;
}

export function askReason(button) {
  const dialog = byId("resolve");
  dialog.dataset.id = button.dataset.id;
  byId("resolve-what").textContent = titleOf(button);
  const choices = byId("resolve-choices");
  choices.replaceChildren();
  for (const pair of button.dataset.reasons.split(";")) {
    const [value, label] = pair.split("=");
    const choice = document.createElement("button");
    choice.type = "button";
    choice.dataset.reason = value;
    choice.textContent = label;
    choices.append(choice);
  }
  dialog.showModal();
}

export function askRecord(button) {
  const dialog = byId("record");
  byId("record-form").reset();
  dialog.dataset.id = button.dataset.id;
  byId("record-what").textContent = titleOf(button);
  byId("record-floor").value = button.dataset.floor;
  dialog.showModal();
}

// Without a kind: the room's button, for every alarm of it.
export function askSnooze(button) {
  const dialog = byId("snooze");
  const { room, kind, name, what, longest } = button.dataset;
  Object.assign(dialog.dataset, { room, kind: kind || "", longest: longest || "" });
  byId("snooze-what").textContent = `${name}: ${what || say("everything")}`;
  byId("snooze-scope").hidden = !kind;
  document.querySelector(`input[name="scope"][value="${kind ? "kind" : "all"}"]`).checked = true;
  document.querySelector('input[name="snooze-seconds"]').checked = true;
  limit();
  dialog.showModal();
}

// While calls are snoozed nobody is told of a person on the floor: half an hour at most.
const LONGEST_OF_CALLS = 1800;
function limit() {
  const dialog = byId("snooze");
  const one = picked("scope").value === "kind";
  const longest = one ? Number(dialog.dataset.longest) : LONGEST_OF_CALLS;
  for (const input of document.querySelectorAll('input[name="snooze-seconds"]')) {
    const fits = Number(input.value) <= longest;
    input.disabled = !fits;
    input.closest("label").hidden = !fits;
    if (!fits && input.checked) document.querySelector('input[name="snooze-seconds"]').checked = true;
  }
}

export function askPause(button) {
  const dialog = byId("pause");
  dialog.dataset.room = button.dataset.room;
  byId("pause-room").textContent = button.dataset.name;
  dialog.showModal();
}

export function askMissed() {
  byId("missed-form").reset();
  byId("missed").showModal();
}

export function bindDialogs({ judge, deed, press }) {
  byId("resolve").addEventListener("click", (event) => {
    const { reason } = event.target.dataset;
    if (!reason) return;
    byId("resolve").close();
    judge(byId("resolve").dataset.id, reason, event.target.textContent);
  });
  byId("record-form").addEventListener("submit", () => {
    const seen = { yes: true, no: false }[picked("witnessed").value];
    const minutes = byId("record-floor").value;
    const { id } = byId("record").dataset;
    deed(id, `/api/alarms/${id}/record`, {
      injury: picked("injury").value,
      witnessed: seen === undefined ? null : seen,
      floor_s: minutes === "" ? null : Number(minutes) * 60,
    }, say("saving", { what: picked("injury").parentElement.textContent.trim() }));
  });
  byId("snooze").addEventListener("change", limit);
  byId("snooze").addEventListener("click", (event) => {
    const { why } = event.target.dataset;
    if (!why) return;
    const dialog = byId("snooze");
    dialog.close();
    const kind = picked("scope").value === "kind" ? dialog.dataset.kind : null;
    press(null, "/api/snoozes", {
      room: dialog.dataset.room, kind, reason: why, seconds: Number(picked("snooze-seconds").value),
    });
  });
  byId("pause").addEventListener("click", (event) => {
    const { seconds } = event.target.dataset;
    if (!seconds) return;
    byId("pause").close();
    press(null, `/api/rooms/${byId("pause").dataset.room}/pause`, { seconds: Number(seconds) });
  });
  byId("missed-form").addEventListener("submit", () => {
    const room = byId("missed-room");
    press(null, "/api/falls", { room: room.value, ago_s: Number(picked("ago").value) },
      say("noted", { room: room.selectedOptions[0].textContent }));
  });
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || "close" in event.target.dataset) dialog.close();
    });
  }
}
