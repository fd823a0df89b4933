// The alarm sound, made by WebAudio after the one tap that browsers ask for.
// Bursts in the manner of IEC 60601-1-8: ten pulses for high priority (3 + 2, twice), three for
// medium; a fundamental with harmonics that is heard through a door and does not startle at once.
const PITCH = 523.25;
const HIGH = { pulse: 0.15, starts: [0, 0.25, 0.5, 0.95, 1.2, 1.9, 2.15, 2.4, 2.85, 3.1], every: 7, gain: 0.5 };
const MEDIUM = { pulse: 0.2, starts: [0, 0.4, 0.8], every: 15, gain: 0.32 };
// Two pitches by turns: no alarm sounds like it.
const LOST = { pulse: 0.35, starts: [0, 0.45, 0.9, 1.35, 1.8, 2.25], every: 6, gain: 0.5, step: 0.75 };
const LOST_AFTER_MS = 8000;

export class Sound {
  constructor({ onChange, onBurst }) {
    this.onChange = onChange;
    this.onBurst = onBurst;
    this.wanted = "none";
    this.next = 0;
    this.bursts = 0;
    this.playing = [];
    this.lostAt = null;
    // Whether the browser plays sound only because somebody tapped.
    this.tapped = false;
  }

  start() {
    this.context = new AudioContext();
    const real = new Float32Array([0, 0, 0, 0, 0, 0, 0]);
    const parts = new Float32Array([0, 1, 0.7, 0.6, 0.45, 0.35, 0.25]);
    this.wave = this.context.createPeriodicWave(real, parts);
    this.context.onstatechange = () => this.tell();
    this.tell();
  }

  get on() {
    return this.context.state === "running";
  }

  tell() {
    this.onChange(this.on);
    if (this.on) this.tick();
  }

  async unlock() {
    this.tapped = true;
    await this.context.resume();
    this.tell();
    if (this.on && this.wanted === "none") this.test();
  }

  // The sound of an alarm of high priority, once; returns whether it may be heard at all.
  async rehearse() {
    this.tapped ||= !this.on;
    await this.context.resume();
    this.tell();
    if (this.on) this.burst(HIGH);
    return this.on;
  }

  // One soft pulse: what carers hear when they switch the sound on.
  test() {
    this.burst({ ...MEDIUM, starts: [0, 0.4] });
  }

  play(wanted) {
    if (wanted === this.wanted) return;
    const louder = wanted === "high" || (wanted === "medium" && this.wanted === "none");
    this.wanted = wanted;
    if (!louder) this.silence();
    this.next = 0;
    this.tick();
  }

  // `since`: when the hub was last heard.
  lost(lost, since) {
    if (lost === (this.lostAt !== null)) return;
    this.lostAt = lost ? since : null;
    this.next = 0;
    if (!lost) this.silence();
  }

  // Nobody may believe in a silence that is only a cut line.
  pattern() {
    if (this.wanted === "high") return HIGH;
    const lost = this.lostAt !== null && performance.now() - this.lostAt > LOST_AFTER_MS;
    if (lost) return LOST;
    return this.wanted === "medium" ? MEDIUM : null;
  }

  tick() {
    if (!this.context || !this.on) return;
    const pattern = this.pattern();
    const now = this.context.currentTime;
    if (!pattern || now < this.next) return;
    this.next = now + pattern.every;
    this.burst(pattern);
  }

  burst(pattern) {
    const at = this.context.currentTime + 0.03;
    pattern.starts.forEach((start, place) => {
      const pitch = place % 2 ? PITCH * (pattern.step || 1) : PITCH;
      this.pulse(at + start, pattern.pulse, pattern.gain, pitch);
    });
    this.bursts += 1;
    this.onBurst(this.bursts, pattern === LOST);
  }

  pulse(at, length, loud, pitch) {
    const tone = this.context.createOscillator();
    const gain = this.context.createGain();
    tone.setPeriodicWave(this.wave);
    tone.frequency.value = pitch;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loud, at + length * 0.15);
    gain.gain.setValueAtTime(loud, at + length * 0.8);
    gain.gain.linearRampToValueAtTime(0, at + length);
    tone.connect(gain).connect(this.context.destination);
    tone.start(at);
    tone.stop(at + length + 0.02);
    this.playing.push(tone);
    tone.onended = () => {
      this.playing = this.playing.filter((other) => other !== tone);
    };
  }

  silence() {
    for (const tone of this.playing) tone.stop();
  }
}
