const NPM_CHECK_MS = 500;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Ctrl-C under npm arrives twice, from the terminal and from npm: a second signal within this time is the same one. */
const ECHO_MS = 1000;

/**
 * The request to stop: a signal, or the end of the npm that started this process (`kill -9` of npm does not reach its
 * script). A second signal ends this process at once, and all others with it, because they watch it.
 */
export class StopRequest {
  /** Resolves with the reason to stop. */
  readonly received: Promise<string>;
  #receivedAtMs: number | null = null;
  #resolve: (why: string) => void = () => undefined;

  constructor(npmPid: number | null) {
    this.received = new Promise((resolve) => {
      this.#resolve = resolve;
      const receive = (why: string) => {
        const nowMs = performance.now();
        if (this.#receivedAtMs !== null && nowMs - this.#receivedAtMs > ECHO_MS) process.exit(1);
        this.#receivedAtMs ??= nowMs;
        resolve(why);
      };
      for (const signal of SIGNALS) process.on(signal, () => receive(signal));
      if (npmPid === null) return;
      const watch = setInterval(() => {
        if (process.ppid === npmPid) return;
        clearInterval(watch);
        receive("npm is gone");
      }, NPM_CHECK_MS);
    });
  }

  /** Somebody asks for it who is no signal. */
  ask(why: string): void {
    this.#receivedAtMs ??= performance.now();
    this.#resolve(why);
  }

  get isReceived(): boolean {
    return this.#receivedAtMs !== null;
  }
}
