/**
 * The layer rule: main → service → pure → shared. Services meet in messages, never in code; and every package that talks
 * to the outside has one owner.
 */
const SERVICE =
  "^src/(order-handler|order-processing|matching-engine|trade-processing|market-data-notifier|reconciliation|operator|launcher)/";

/** Only the files of `owners` may depend on `target`. */
function owned(name, target, owners) {
  return {
    name,
    severity: "error",
    from: { path: "^src/", pathNot: owners },
    to: { path: target },
  };
}

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      comment: "A cycle has no layers: put what both need into a third file.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "services-do-not-import-each-other",
      comment: "What two services need belongs into src/shared/.",
      severity: "error",
      from: { path: SERVICE, pathNot: "^src/reconciliation/engine-books\\.ts$" },
      to: { path: "^src/", pathNot: ["^src/$1/", "^src/shared/"] },
    },
    {
      name: "only-the-engine-knows-its-snapshots",
      comment: "Reconciliation reads them by the engine's own code: another reader would be a second layout.",
      severity: "error",
      from: { path: "^src/reconciliation/engine-books\\.ts$" },
      to: {
        path: "^src/",
        pathNot: ["^src/(reconciliation|shared)/", "^src/matching-engine/(core/engine|snapshot-store)\\.ts$"],
      },
    },
    {
      name: "shared-imports-no-service",
      severity: "error",
      from: { path: "^src/shared/" },
      to: { path: "^src/", pathNot: "^src/shared/" },
    },
    {
      name: "nobody-imports-main",
      comment: "main.ts is wiring: it imports, and nobody imports it.",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^src/[^/]+/main\\.ts$" },
    },
    {
      name: "only-main-imports-service",
      comment: "service.ts is the loop around the pure files: they do not know it.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/[^/]+/main\\.ts$" },
      to: { path: "^src/[^/]+/service\\.ts$" },
    },
    {
      name: "the-engine-core-is-pure",
      comment: "Units, messages, errors and the rows of its events are all that a deterministic state machine needs.",
      severity: "error",
      from: { path: "^src/matching-engine/core/" },
      to: {
        pathNot: [
          "^src/matching-engine/core/",
          "^src/shared/(units|messages|errors|order-terms|execution-row|execution-rows|execution-writer)\\.ts$",
        ],
      },
    },
    {
      name: "src-does-not-import-tests-or-tools",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(test|bench|tools|examples)/" },
    },
    {
      name: "no-development-packages-in-src",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
    owned("nats-has-one-owner", "node_modules/nats/", "^src/shared/bus[a-z-]*\\.ts$"),
    owned("pg-has-one-owner", "node_modules/pg/|node_modules/@types/pg/", "^src/shared/database[a-z-]*\\.ts$"),
    owned("generated-code-has-one-owner", "^protocol/generated/", "^src/shared/protobuf\\.ts$"),
    owned("migrations-have-one-owner", "node_modules/postgres-migrations/", "^src/launcher/migrations\\.ts$"),
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
