import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { KILLABLE } from "../../../tools/chaos/kill-points.js";

describe("a place where the chaos run kills a process", () => {
  for (const { source, owner, method } of Object.values(KILLABLE))
    it(`is there: ${owner}.${method} of ${source}`, async () => {
      const module = (await import(join(projectRoot, source))) as Record<string, { prototype: object }>;
      expect(module[owner]?.prototype, `${owner} of ${source}`).to.respondTo(method);
    });
});
