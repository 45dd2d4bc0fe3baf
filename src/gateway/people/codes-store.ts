/** Codes that were asked for, and the mails that they count (table sign_in_codes of sql/24_people.sql). */
import type { Queries } from "../../shared/database/database.js";
import { CODE_MINUTES, codeMac, isRightCode, TRIES_MAX } from "./codes.js";

export interface MailLimits {
  /** Mails an hour to one address, and asked for from one network. */
  readonly perEmail: number;
  readonly perNetwork: number;
}

export class CodesStore {
  readonly #database: Queries;
  readonly #key: Buffer;
  readonly #limits: MailLimits;

  constructor(database: Queries, key: Buffer, limits: MailLimits) {
    this.#database = database;
    this.#key = key;
    this.#limits = limits;
  }

  /** Returns after how many seconds there may be a mail; 0: the code is stored. Earlier codes of the address are good no more. */
  async add(email: string, network: string, code: string): Promise<number> {
    const { perEmail, perNetwork } = this.#limits;
    const values = [email, network, codeMac(this.#key, email, code), perEmail, perNetwork];
    const [row] = await this.#database.query<{ wait: number }>(
      "select ask_for_code($1, $2, $3, $4, $5) as wait",
      values,
    );
    return row?.wait ?? 0;
  }

  /**
   * The id of the code that was given; null: it is wrong. Each try is counted before it is judged, and the same is done where
   * there is no code at all.
   */
  async judge(email: string, given: string): Promise<number | null> {
    const [stored] = await this.#database.query<{ codeId: number; mac: Buffer }>(
      `update sign_in_codes set tries = tries + 1
       where code_id = (select code_id from sign_in_codes where email = $1 order by code_id desc limit 1)
         and tries < $2 and used_at is null and made_at > now() - $3::integer * interval '1 minute'
       returning code_id as "codeId", code_hmac as mac`,
      [email, TRIES_MAX, CODE_MINUTES],
    );
    const isRight = isRightCode(stored?.mac ?? null, codeMac(this.#key, email, given));
    return isRight ? (stored?.codeId ?? null) : null;
  }

  /** False: somebody else was faster. */
  async use(codeId: number): Promise<boolean> {
    const used = await this.#database.query(
      "update sign_in_codes set used_at = now() where code_id = $1 and used_at is null returning code_id",
      [codeId],
    );
    return used.length > 0;
  }
}
