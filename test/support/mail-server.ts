import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { eventually } from "./eventually.js";
import { stopAfterFile } from "./hooks.js";

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** A mail server that keeps what it gets. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /** What it answers to the next mails instead of taking them: 4xx, try again, or 5xx, never. */
  readonly refusals: number[] = [];
  readonly #server: SMTPServer;

  private constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      onData: (stream, session, done) => {
        const parts: Buffer[] = [];
        stream.on("data", (part: Buffer) => parts.push(part));
        stream.on("end", () => {
          const refusal = this.refusals.shift();
          if (refusal !== undefined) return done(Object.assign(new Error("not now"), { responseCode: refusal }));
          const { mailFrom, rcptTo } = session.envelope;
          this.mails.push({
            from: mailFrom === false ? "" : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            text: Buffer.concat(parts).toString(),
          });
          done();
        });
      },
    });
  }

  static async start(): Promise<MailServer> {
    const mail = new MailServer();
    mail.#server.listen(0, "127.0.0.1");
    await once(mail.#server.server, "listening");
    stopAfterFile(() => new Promise<void>((closed) => mail.#server.close(closed)));
    return mail;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.server.address() as AddressInfo).port}`;
  }

  mailsTo(email: string): ReceivedMail[] {
    return this.mails.filter(({ to }) => to.includes(email));
  }

  /** The code in the last mail to this address, of `count` that have come. */
  async codeFor(email: string, count = 1): Promise<string> {
    const mails = await eventually(`mail ${count} to ${email}`, () => {
      const all = this.mailsTo(email);
      return all.length < count ? null : all;
    });
    const code = /\b\d{6}\b/.exec(mails.at(-1)?.text.split("\r\n\r\n").slice(1).join("\n") ?? "")?.[0];
    if (code === undefined) throw new Error("there is no code in the mail");
    return code;
  }
}
