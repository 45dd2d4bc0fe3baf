import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../src/shared/process/project-root.js";

/** Signed by itself, for localhost and 127.0.0.1, good until 2120, and worth nothing: everybody has its key. */
export const TLS_FILES = {
  cert: join(projectRoot, "test", "support", "tls", "cert.pem"),
  key: join(projectRoot, "test", "support", "tls", "key.pem"),
};
export const TLS_IDENTITY = { cert: readFileSync(TLS_FILES.cert), key: readFileSync(TLS_FILES.key) };
