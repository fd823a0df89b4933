// Shows nodes that ask to join as they come, without taking anything else on the page away.
const pending = document.getElementById("pending");

async function look() {
  if (document.hidden || pending.contains(document.activeElement)) return;
  let html;
  try {
    const answer = await fetch("/admin", { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(3000) });
    if (!answer.ok) return;
    html = await answer.text();
  } catch {
    return; // the next look tries again
  }
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("pending");
  if (fresh && fresh.innerHTML !== pending.innerHTML) pending.innerHTML = fresh.innerHTML;
}

setInterval(look, 3000);
