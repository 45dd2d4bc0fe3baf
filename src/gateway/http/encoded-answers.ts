import type { FastifyReply } from "fastify";
import { packed, sendEncoded, wantsMsgpack } from "../../shared/http/media-types.js";

/** Answers that many ask for: each is encoded once, as long as what it is made of is the same object. */
export class EncodedAnswers<Source extends object> {
  readonly #json = new WeakMap<Source, Buffer>();
  readonly #msgpack = new WeakMap<Source, Buffer>();

  send(reply: FastifyReply, source: Source, answer: () => object): FastifyReply {
    const isMsgpack = wantsMsgpack(reply.request);
    const known = isMsgpack ? this.#msgpack : this.#json;
    let bytes = known.get(source);
    if (bytes === undefined) {
      bytes = isMsgpack ? packed(answer()) : Buffer.from(JSON.stringify(answer()));
      known.set(source, bytes);
    }
    return sendEncoded(reply, isMsgpack, bytes);
  }
}
