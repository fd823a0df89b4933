// The buttons: on my way, there, resolve, record, snooze, privacy pause. All of them go over the JSON API; the list
// changes when the server says so, not before.
const csrf = document.querySelector("meta[name=csrf]").content;
const problem = document.getElementById("problem");
let hide;

function complain(text) {
  problem.textContent = text;
  problem.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => { problem.hidden = true; }, 8000);
}

async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify(body || {}),
      signal: AbortSignal.timeout(10000),
    });
  } catch {
    complain("That did not reach the hub. Try again.");
    return false;
  }
  if (answer.ok) return true;
  const said = await answer.json().catch(() => ({}));
  complain(answer.status === 401 ? "You are signed out. Sign in and try again." : said.detail || "That did not work. Try again.");
  return false;
}

// Not `disabled`: a disabled button loses the keyboard's focus.
async function press(button, path, body) {
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";
  try {
    await post(path, body);
  } finally {
    button.ariaDisabled = null;
  }
}

export function bindActions() {
  const resolve = document.getElementById("resolve");
  const pause = document.getElementById("pause");

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { act, id, room } = button.dataset;
    if (act === "acknowledge") press(button, `/api/alarms/${id}/acknowledge`);
    if (act === "there") press(button, `/api/alarms/${id}/there`);
    if (act === "snooze") {
      const { kind } = button.dataset;
      press(button, "/api/snoozes", { room, kind, seconds: 600, reason: "care" });
    }
    if (act === "resume") press(button, `/api/rooms/${room}/resume`);
    if (act === "resolve" || act === "record") askReason(resolve, button);
    if (act === "pause") {
      pause.dataset.room = room;
      document.getElementById("pause-room").textContent = button.dataset.name;
      pause.showModal();
    }
    if (button.dataset.seconds) {
      pause.close();
      post(`/api/rooms/${pause.dataset.room}/pause`, { seconds: Number(button.dataset.seconds) });
    }
    if (button.dataset.reason) {
      resolve.close();
      const { id: which, act: how } = resolve.dataset;
      const said = button.dataset.reason;
      post(`/api/alarms/${which}/${how}`, how === "record" ? { injury: said } : { reason: said });
    }
    if ("close" in button.dataset) button.closest("dialog").close();
  });
  for (const dialog of [resolve, pause]) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }
}

function askReason(dialog, button) {
  dialog.dataset.id = button.dataset.id;
  dialog.dataset.act = button.dataset.act;
  const task = button.dataset.act === "record";
  document.getElementById("resolve-title").textContent = task ? "Record" : "Resolve";
  document.getElementById("resolve-ask").textContent = task
    ? "How are they? The task leaves the list."
    : "What was it? The alarm leaves the list.";
  document.getElementById("resolve-what").textContent = button.closest("[data-title]").dataset.title;
  const choices = document.getElementById("resolve-choices");
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
