/**
 * Which of several Postgres servers is connected to: the one that can be written to, as libpq's target_session_attrs=read-write
 * has it. One that can't be reached, or is a standby, is followed by the next; all connections are to the same server.
 *
 * A primary that is followed synchronously tells nobody of a commit that its standby has not got. But one that was ended, or whose
 * wait was ended, meanwhile holds such commits, and shows them. So each connection begins with a commit of its own, which waits for the standby
 * and for all before it: what is read after that is not lost with the server. A primary that was cut off from its standby, and
 * perhaps followed by it, never answers.
 */
import pg from "pg";

/** Writes a record to the log that nobody reads, which is what makes a commit wait for the standby. */
const COMMIT = `select case current_setting('transaction_read_only') when 'off'
  then pg_logical_emit_message(true, 'bourse', '') end as committed`;

/** The servers that a URL names, each by a URL of its own: postgres://user:password@a:5432,b:5432/bourse. */
export function serversOf(url: string): string[] {
  const {
    before = "",
    hosts = "",
    after = "",
  } = /^(?<before>\w+:\/\/([^@/]*@)?)(?<hosts>[^/?]*)(?<after>.*)$/s.exec(url)?.groups ?? {};
  const rest = after.replace(/(?<=[?&])target_session_attrs=[^&]*(&|$)/, "").replace(/[?&]$/, "");
  return hosts.split(",").map((host) => `${before}${host}${rest}`);
}

/** Whether another server may take the place of this one. */
function mayChange(url: string): boolean {
  return serversOf(url).length > 1 || /[?&]target_session_attrs=(read-write|primary)(&|$)/.test(url);
}

export class ServerChoice {
  readonly #servers: readonly string[];
  readonly #mayChange: boolean;
  readonly #settings: pg.ClientConfig;
  /** Of connections that were good, each with its server. */
  readonly #connected = new Map<pg.Client, string>();
  #at = 0;

  constructor(url: string, settings: pg.ClientConfig) {
    this.#servers = serversOf(url);
    this.#mayChange = mayChange(url);
    this.#settings = settings;
  }

  /** The URL of the server that is connected to, or is tried next. */
  get server(): string {
    return this.#servers[this.#at] ?? "";
  }

  pool(config: pg.PoolConfig): pg.Pool {
    const Client = this.#mayChange ? this.#choosing() : pg.Client;
    const settings = { ...this.#settings, ...config };
    return new pg.Pool(this.#mayChange ? { ...settings, Client } : { ...settings, connectionString: this.server });
  }

  /** To be connected. */
  client(): pg.Client {
    return this.#mayChange
      ? new (this.#choosing())(this.#settings)
      : new pg.Client({ ...this.#settings, connectionString: this.server });
  }

  /** A connection; each server is tried once. */
  async connected(): Promise<pg.Client> {
    for (let tried = 1; ; tried++) {
      const client = this.client().on("error", () => undefined); // the query that is under way rejects, or the next one
      try {
        await client.connect();
        return client;
      } catch (error) {
        client.connection.stream.destroy();
        if (tried >= this.#servers.length) throw error;
      }
    }
  }

  /** Resolves when nothing that was committed before can be lost with the server, where another may take its place. */
  async settled({ query }: { readonly query: (text: string) => Promise<unknown> }): Promise<void> {
    if (this.#mayChange) await query(COMMIT);
  }

  #choosing(): typeof pg.Client {
    const choice = this;
    return class extends pg.Client {
      readonly #server = choice.server;

      constructor(settings: pg.ClientConfig) {
        super({ ...settings, connectionString: choice.server });
        // One that breaks before it is its owner's, who would hear of it: the query of #connect rejects.
        this.on("error", () => undefined);
      }

      override connect(): Promise<this>;
      override connect(callback: (error: Error) => void): void;
      override connect(callback?: (error: Error) => void): Promise<this> | undefined {
        const connected = choice.#connect(this, this.#server, super.connect()).then(() => this);
        if (callback === undefined) return connected;
        connected.then(() => (callback as (error?: Error) => void)(), callback);
        return undefined;
      }
    };
  }

  async #connect(client: pg.Client, server: string, connected: Promise<unknown>): Promise<void> {
    try {
      await connected;
      const { rows } = await client.query<{ committed: string | null }>(COMMIT);
      if (rows[0]?.committed == null) throw new Error(`${nameOf(server)} is read only: a standby, or fenced`);
    } catch (cause) {
      if (server === this.server) this.#at = (this.#at + 1) % this.#servers.length;
      client.connection.stream.destroy();
      throw cause;
    }
    this.#connected.set(client, server);
    client.once("end", () => this.#connected.delete(client));
    this.#at = this.#servers.indexOf(server);
    // Whatever is still connected to a server that was left would read what is not true any more.
    for (const [other, of] of this.#connected) if (of !== server) other.connection.stream.destroy();
  }
}

/** Host and port, for people. */
export function nameOf(server: string): string {
  return /^\w+:\/\/(?:[^@/]*@)?([^/?]*)/.exec(server)?.[1] ?? "";
}
