/** Buses that fail a stage where a test wants it. */
import type { Bus, PublishOutcome } from "../../../src/shared/bus/bus.js";
import { STREAMS, type StreamName } from "../../../src/shared/bus/subjects.js";
import type { Sabotage } from "./pipeline-under-test.js";

/** A bus whose publishes into a stream go through `publish` first. */
export function spoil(
  stream: StreamName,
  publish: (send: () => Promise<PublishOutcome>) => Promise<PublishOutcome>,
): Sabotage {
  const isHit = (subject: string) => subject.startsWith(`${STREAMS[stream].prefix}.`);
  return {
    bus: (bus): Bus =>
      new Proxy(bus, {
        get(target, name) {
          const member = Reflect.get(target, name) as unknown;
          if (name !== "publish") return typeof member === "function" ? member.bind(target) : member;
          const real: Bus["publish"] = target.publish.bind(target);
          return ((...args) => (isHit(args[0]) ? publish(() => real(...args)) : real(...args))) as Bus["publish"];
        },
      }),
  };
}

/** Hangs before the first publish into the stream: the process that dies there. */
export function diesBeforePublish(stream: StreamName): { sabotage: Sabotage; reached: Promise<void> } {
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const sabotage = spoil(stream, () => {
    reach();
    return new Promise(() => undefined);
  });
  return { sabotage, reached };
}

/** Publishes, but the first acknowledgement is lost. */
export function losesFirstAcknowledgement(stream: StreamName): Sabotage {
  let isFirst = true;
  return spoil(stream, async (send) => {
    const outcome = await send();
    if (!isFirst) return outcome;
    isFirst = false;
    return { kind: "unknown" };
  });
}
