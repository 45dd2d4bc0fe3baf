import { createTransport } from "nodemailer";
import type { Logger } from "../../shared/process/log.js";
import { beforeDeadline, pausedFor } from "../../shared/process/waits.js";

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export type MailOutcome = "sent" | "failed";

/** The way to the mail server. Rejects where it did not take the mail. */
export type SendMail = (mail: Mail) => Promise<void>;

/** Mails that wait at most; past it nobody is promised one. */
const WAITING_MAX = 256;
const AT_ONCE_MAX = 4;
const TRIES_PAUSES_MS = [0, 1_000, 5_000];
const MAIL_TIMEOUT_MS = 20_000;
const STEP_TIMEOUT_MS = 5_000;
const STOP_TIMEOUT_MS = 3_000;

/** Sends mails in the background, a few tries each: how long the mail server takes, nobody who asks for one can see. */
export class Mailer {
  readonly #send: SendMail;
  readonly #tell: (outcome: MailOutcome) => void;
  readonly #log: Logger;
  readonly #waiting: Mail[] = [];
  readonly #sending = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(send: SendMail, tell: (outcome: MailOutcome) => void, log: Logger) {
    this.#send = send;
    this.#tell = tell;
    this.#log = log;
  }

  /** How full the queue is. */
  get fill(): number {
    return this.#waiting.length / WAITING_MAX;
  }

  /** False: too many wait. */
  post(mail: Mail): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.#waiting.push(mail);
    this.#proceed();
    return true;
  }

  /** Gives those that wait a little time. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await beforeDeadline(Promise.all(this.#sending), STOP_TIMEOUT_MS).catch(() => undefined);
  }

  #proceed(): void {
    while (this.#sending.size < AT_ONCE_MAX) {
      const mail = this.#waiting.shift();
      if (mail === undefined) return;
      const sending = this.#deliver(mail).then(() => {
        this.#sending.delete(sending);
        this.#proceed();
      });
      this.#sending.add(sending);
    }
  }

  /** Never rejects. */
  async #deliver(mail: Mail): Promise<void> {
    let problem: unknown;
    for (const pauseMs of TRIES_PAUSES_MS) {
      if (pauseMs > 0 && !(await pausedFor(pauseMs, this.#stopping.signal))) break;
      try {
        await beforeDeadline(this.#send(mail), MAIL_TIMEOUT_MS);
        this.#tell("sent");
        return;
      } catch (error) {
        problem = error;
        if (isFinal(error)) break;
      }
    }
    this.#tell("failed");
    this.#log.warn({ err: problem }, "a mail with a sign-in code could not be sent");
  }
}

/** The way to a mail server, a connection for each mail. */
export function bySmtp(url: string, from: string): SendMail {
  const address = new URL(url);
  for (const step of ["connectionTimeout", "greetingTimeout", "socketTimeout"])
    address.searchParams.set(step, String(STEP_TIMEOUT_MS));
  const transport = createTransport(address.href);
  return async (mail) =>
    void (await transport.sendMail({ from, disableFileAccess: true, disableUrlAccess: true, ...mail }));
}

/** The server has said that it will never take the mail (a 5xx answer). */
function isFinal(error: unknown): boolean {
  const { responseCode } = error as { readonly responseCode?: unknown };
  return typeof responseCode === "number" && responseCode >= 500;
}
