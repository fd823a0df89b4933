// The live link: server-sent events, and the certainty of knowing when they stop.
// A beat comes every two seconds; six seconds without any mean that the page is not connected,
// whatever the browser believes. After every reconnect the server sends the whole state again.
const SILENT_MS = 6000;
const RETRY_MS = [300, 1000, 2000, 3000];

export class Link {
  constructor({ onState, onBeat, onLink, onOther, path = "/live" }) {
    this.path = path;
    this.onOther = onOther;
    this.onState = onState;
    this.onBeat = onBeat;
    this.onLink = onLink;
    this.status = "connecting";
    this.heardAt = performance.now();
    this.tries = 0;
    this.lastId = "";
  }

  start() {
    this.open();
  }

  open() {
    this.close();
    const source = new EventSource(this.path);
    this.source = source;
    source.addEventListener("state", (event) => {
      this.heard();
      this.lastId = event.lastEventId;
      this.onState(JSON.parse(event.data));
    });
    source.addEventListener("beat", (event) => {
      this.heard();
      this.onBeat(event.data);
    });
    source.addEventListener("logged-out", (event) => {
      if (event.data) location.assign(event.data);
      else this.end();
    });
    source.onerror = () => {
      if (this.source !== source) return;
      this.close();
      this.lost();
      this.retry();
    };
  }

  close() {
    if (this.source) this.source.close();
    this.source = null;
  }

  heard() {
    this.heardAt = performance.now();
    this.tries = 0;
    this.set("on");
  }

  check() {
    if (this.status === "ended" || this.waiting) return;
    if (performance.now() - this.heardAt > SILENT_MS) {
      this.close();
      this.lost();
      this.retry();
    }
  }

  lost() {
    this.set("off");
  }

  retry() {
    if (this.waiting || this.status === "ended") return;
    const wait = RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)];
    this.tries += 1;
    this.waiting = setTimeout(async () => {
      this.waiting = null;
      if (await this.signedOut()) {
        this.end();
        return;
      }
      this.heardAt = performance.now();
      this.open();
    }, wait);
  }

  // An EventSource does not tell a refusal from a cut line; this question does.
  async signedOut() {
    try {
      const answer = await fetch("/api/session", { signal: AbortSignal.timeout(3000) });
      // A shared screen is known without anybody signed in, and goes on showing what rings.
      if (answer.status === 403 && this.path === "/live") location.assign("/device");
      if (answer.status === 503) {
        const said = await answer.json();
        if (said.stands_by) this.onOther(said);
      }
      return answer.status === 401;
    } catch {
      return false;
    }
  }

  end() {
    this.close();
    this.set("ended");
  }

  set(status) {
    if (this.status === status) return;
    this.status = status;
    this.onLink(status);
  }
}
