import { Agent, request } from "node:http";

export interface HttpAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes, which who asked looks into
  readonly body: any;
}

/** Asks over connections that stay open; a request waits for one that is free. */
export class HttpClient {
  readonly #url: string;
  readonly #agent: Agent;

  constructor(url: string, connections: number) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** With the key of that name, whose secret is the same word. */
  ask(key: string, method: string, path: string, body?: object): Promise<HttpAnswer> {
    const text = body === undefined ? null : JSON.stringify(body);
    const headers = {
      authorization: `Basic ${Buffer.from(`${key}:${key}`).toString("base64")}`,
      ...(text !== null && { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(this.#url + path, { method, headers, agent: this.#agent }, (response) => {
        let answer = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          answer += part;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) }));
        response.on("error", reject);
      });
      sent.on("error", reject);
      sent.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
