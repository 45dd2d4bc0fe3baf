/** People and their sign-ins (tables of sql/24_people.sql). */
import { randomBytes } from "node:crypto";
import type { Queries } from "../../shared/database/database.js";
import type { AccountId } from "../../shared/domain/units.js";
import { judgeRefresh, type RefreshToken } from "./refresh-tokens.js";

export interface Person {
  readonly personId: number;
  readonly email: string;
  readonly accountId: AccountId;
  readonly account: string;
}

export interface Session extends Person {
  readonly sessionId: string;
  readonly generation: number;
  readonly endsAtMs: number;
}

interface StoredSession extends Session {
  readonly isOver: boolean;
}

/** A sign-in, as its person sees it. */
export interface SeenSession {
  readonly id: string;
  readonly since: number;
  readonly lastSeen: number;
  readonly address: string;
}

/** How long a session lasts when nobody refreshes it. */
export const SESSION_DAYS = 30;
/** Of one person; past it the one that was used longest ago ends. */
const SESSIONS_MAX = 50;

const PERSON = `p.person_id as "personId", p.email, p.account_id as "accountId", a.name as account`;
const SESSION = `${PERSON}, s.session_id as "sessionId", s.generation, ${ms("s.expires_at")} as "endsAtMs",
  s.ended_at is not null or s.expires_at <= now() as "isOver"`;
const ITS_PERSON = "join people p using (person_id) join accounts a using (account_id)";
const LASTS = `${SESSION_DAYS} days`;

export class PeopleStore {
  readonly #database: Queries;

  constructor(database: Queries) {
    this.#database = database;
  }

  /** The person of this address; at the first time an account is made. `name`: null for any. A taken one rejects. */
  async signUp(email: string, name: string | null): Promise<Person> {
    const accountName = name ?? `person-${randomBytes(6).toString("hex")}`;
    const [person] = await this.#database.query<Person & Record<string, unknown>>(
      `select ${PERSON} from sign_up($1, $2) as signed join people p on p.person_id = signed
       join accounts a using (account_id)`,
      [email, accountName],
    );
    // A row that a statement's function has just made is not there for the rest of the statement.
    return person ?? (await this.#personWith("p.email = $1", email));
  }

  async personOf(account: AccountId): Promise<Person> {
    return await this.#personWith("p.account_id = $1", account);
  }

  async open(person: Person, address: string): Promise<Session> {
    const sessionId = `session-${randomBytes(16).toString("hex")}`;
    const values = [person.personId, sessionId, address, LASTS, SESSIONS_MAX];
    await this.#database.query("select open_session($1, $2, $3, $4::interval, $5)", values);
    const session = await this.find(sessionId);
    if (session === null) throw new Error("a session that was opened is not there");
    return session;
  }

  async find(sessionId: string): Promise<StoredSession | null> {
    const [session] = await this.#database.query<StoredSession & Record<string, unknown>>(
      `select ${SESSION} from sign_in_sessions s ${ITS_PERSON} where s.session_id = $1`,
      [sessionId],
    );
    return session ?? null;
  }

  /** The session in its next generation. Null: the token is not good; if it was used before, its session has ended now. */
  async refresh(token: RefreshToken, address: string): Promise<Session | null> {
    // Another may use the same token at the same time: the one that comes second finds it used.
    for (;;) {
      const session = await this.find(token.sessionId);
      const judgement = judgeRefresh(session, token);
      if (session === null || judgement === "over") return null;
      if (judgement === "reused") {
        await this.end(session, token.sessionId, "a refresh token was used again");
        return null;
      }
      const [rotated] = await this.#database.query<Session & Record<string, unknown>>(
        `update sign_in_sessions s set generation = s.generation + 1, last_seen = now(), address = $3,
           expires_at = now() + $4::interval
         from people p join accounts a using (account_id)
         where p.person_id = s.person_id and s.session_id = $1 and s.generation = $2 and s.ended_at is null
         returning ${SESSION}`,
        [token.sessionId, token.generation, address, LASTS],
      );
      if (rotated !== undefined) return rotated;
    }
  }

  /** False: the person has no such session that could be ended. */
  async end({ personId }: Person, sessionId: string, why: string): Promise<boolean> {
    const [row] = await this.#database.query<{ ended: boolean }>("select end_session($1, $2, $3) as ended", [
      personId,
      sessionId,
      why,
    ]);
    return row?.ended === true;
  }

  async endAll({ personId }: Person, why: string): Promise<void> {
    await this.#database.query("select end_sessions($1, null, $2)", [personId, why]);
  }

  /** Those that are not over, the one that was used last first. */
  async sessionsOf({ personId }: Person): Promise<SeenSession[]> {
    return await this.#database.query<SeenSession & Record<string, unknown>>(
      `select session_id as id, ${ms("since")} as since, ${ms("last_seen")} as "lastSeen", address
       from sign_in_sessions where person_id = $1 and ended_at is null and expires_at > now()
       order by last_seen desc, session_id limit $2`,
      [personId, SESSIONS_MAX],
    );
  }

  async #personWith(condition: string, value: unknown): Promise<Person> {
    const [person] = await this.#database.query<Person & Record<string, unknown>>(
      `select ${PERSON} from people p join accounts a using (account_id) where ${condition}`,
      [value],
    );
    if (person === undefined) throw new Error("a person who has signed in is not there");
    return person;
  }
}

function ms(time: string): string {
  return `floor(extract(epoch from ${time}) * 1000)::bigint`;
}
