import * as v from "valibot";
import { optionalText, production, text } from "../../shared/process/settings.js";

export interface MailSettings {
  /** Null: no mail is sent. */
  readonly smtpUrl: string | null;
  /** Who the mails come from. */
  readonly from: string;
}

const NOT_SET =
  "SMTP_URL is not set; in production it says where codes for signing in are sent from, such as " +
  "smtps://user:password@mail.example, or none: nobody signs in by e-mail";

/** SMTP_URL and MAIL_FROM. The URL holds a password, so no message repeats it. */
export function mailSettings() {
  return v.pipe(
    v.object({
      production: production(),
      smtpUrl: optionalText("SMTP_URL"),
      from: text("MAIL_FROM", "Bourse <no-reply@localhost>"),
    }),
    v.rawTransform(({ dataset, addIssue, NEVER }): MailSettings => {
      const { production, smtpUrl, from } = dataset.value;
      if (smtpUrl === null && production) addIssue({ message: NOT_SET });
      else if (smtpUrl === null || smtpUrl === "none") return { smtpUrl: null, from };
      else if (/^smtps?:$/.test(URL.canParse(smtpUrl) ? new URL(smtpUrl).protocol : "")) return { smtpUrl, from };
      else addIssue({ message: "SMTP_URL must be smtp://… or smtps://…, or none" });
      return NEVER;
    }),
  );
}
