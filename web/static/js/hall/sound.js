/** A short tone when the opening takes a step; silent until somebody switches it on. */

export class Sound {
  /**
   * @param {Element | null} button
   * @param {string} off what the button says while it is silent
   * @param {string} on what it says while it is not
   */
  constructor(button, off, on) {
    /** @type {AudioContext | null} */
    this.context = null;
    if (button instanceof HTMLElement) {
      button.hidden = false;
      button.addEventListener("click", () => {
        // A browser gives a page its voice only when somebody asked for it: here.
        this.context = this.context === null ? new AudioContext() : this.end();
        button.setAttribute("aria-pressed", String(this.context !== null));
        button.textContent = this.context === null ? off : on;
        this.ring();
      });
    }
  }

  /** @returns {null} */
  end() {
    this.context?.close();
    return null;
  }

  ring() {
    if (this.context === null) {
      return;
    }
    const [tone, gain, now] = [this.context.createOscillator(), this.context.createGain(), this.context.currentTime];
    tone.frequency.value = 660;
    gain.gain.setValueAtTime(0.15, now);
    gain.gain.exponentialRampToValueAtTime(0.001, now + 0.6);
    tone.connect(gain).connect(this.context.destination);
    tone.start(now);
    tone.stop(now + 0.6);
  }
}
