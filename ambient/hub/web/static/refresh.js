// Keeps one part of a page as the hub has it now, without taking anything else on the page away.
async function look(part) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  if (document.hidden || (focused && !focused.id)) return;
  let html;
  try {
    const answer = await fetch(part.dataset.refresh, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(3000) });
    if (!answer.ok) return;
    html = await answer.text();
  } catch {
    return; // the next look tries again
  }
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById(part.id);
  if (!fresh || fresh.innerHTML === part.innerHTML) return;
  part.innerHTML = fresh.innerHTML;
  if (focused) document.getElementById(focused.id)?.focus();
}

for (const part of document.querySelectorAll("[data-refresh]")) setInterval(() => look(part), 3000);
