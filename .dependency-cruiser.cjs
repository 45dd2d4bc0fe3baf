/**
 * The layer rule: main → service → pure → shared. Services meet in messages, never in code; and every package that talks
 * to the outside has one owner.
 */
const SERVICE =
  "^src/(order-handler|order-processing|matching-engine|trade-processing|market-data-notifier|gateway|back-office|reconciliation|trace-export|operator|terminal|launcher|bots)/";

/** The rooms of src/shared, and the rooms that each may use beside itself: arrows run one way. docs/house.md draws them. */
const ROOMS = {
  domain: [],
  wire: ["domain"],
  requests: ["domain", "wire"],
  process: ["domain"],
  bus: ["domain", "process"],
  database: ["domain", "process"],
  leases: ["domain", "process", "bus"],
  stage: ["domain", "process", "bus", "database", "leases"],
  access: ["domain", "process", "database"],
  http: ["domain", "process", "access"],
  operators: ["domain", "process", "database", "access"],
  status: ["domain", "wire", "process", "bus", "database", "leases"],
  "market-data": ["domain", "wire", "process", "bus"],
  channels: ["domain", "wire", "process", "bus", "database", "market-data"],
  "order-entry": ["domain", "wire", "requests", "process", "bus", "database", "stage", "access"],
  "order-way": ["domain", "wire", "bus", "database"],
  subscriber: ["domain"],
  trader: ["subscriber"],
};

const rooms = Object.entries(ROOMS).map(([room, below]) => ({
  name: `room-${room}`,
  comment: "The rooms of src/shared have one arrow direction: what is used on both sides belongs into the lower room.",
  severity: "error",
  from: { path: `^src/shared/${room}/` },
  to: { path: "^src/shared/", pathNot: `^src/shared/(${[room, ...below].join("|")})/` },
}));

/** The rooms of the page: what it knows, how it comes, what is shown, elements. */
const PAGE_ROOMS = { state: [], feed: ["state"], model: ["state", "feed"], view: ["state", "model"], desk: [] };

const pageRooms = Object.entries(PAGE_ROOMS).map(([room, below]) => ({
  name: `page-${room}`,
  comment: "The rooms of web/ have one arrow direction, too; main.tsx puts them together.",
  severity: "error",
  from: { path: `^web/${room}/` },
  to: { path: "^web/", pathNot: `^web/(${[room, ...below].join("|")})/` },
}));

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
    ...rooms,
    {
      name: "every-file-of-shared-has-a-room",
      severity: "error",
      from: {},
      to: { path: "^src/shared/[^/]+\\.ts$" },
    },
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
        pathNot: ["^src/(reconciliation|shared)/", "^src/matching-engine/snapshot-store\\.ts$"],
      },
    },
    {
      name: "backup-uses-the-servers-and-the-snapshots-of-others",
      comment: "It starts what the launcher embeds, and brings engines back by their own snapshots; nobody uses it.",
      severity: "error",
      from: { path: "^src/backup/" },
      to: {
        path: "^src/",
        pathNot: ["^src/(backup|shared|launcher)/", "^src/matching-engine/(snapshot-store|subject-range)\\.ts$"],
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
      name: "the-engine-package-imports-nothing",
      comment: "A deterministic state machine that one could publish: its words, its rows and its errors are its own.",
      severity: "error",
      from: { path: "^packages/matching-core/src/" },
      to: { pathNot: "^packages/matching-core/src/" },
    },
    {
      name: "the-engine-has-few-users",
      comment: "Its words reach everybody through src/shared/domain and src/shared/wire; the engine is the service's.",
      severity: "error",
      from: {
        path: "^src/",
        pathNot: "^src/(shared/(domain|wire)/|matching-engine/|reconciliation/engine-books\\.ts$)",
      },
      to: { path: "^packages/" },
    },
    {
      name: "src-does-not-import-tests-or-tools",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(test|bench|tools|examples|web)/" },
    },
    {
      name: "the-page-uses-what-subscribers-share",
      comment:
        "Of src/ it uses the room of subscribers, and how decimal text becomes whole steps; all else it has is its own.",
      severity: "error",
      from: { path: "^web/" },
      to: {
        path: "^(src|packages|protocol|test|bench|tools|examples)/",
        pathNot: ["^src/shared/domain/decimal\\.ts$", "^src/shared/subscriber/"],
      },
    },
    {
      name: "what-subscribers-share-runs-in-a-browser",
      severity: "error",
      from: { path: "^src/shared/(subscriber/|domain/(decimal|crc32)\\.ts$)" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "what-subscribers-share-is-pure-but-for-the-connection",
      severity: "error",
      from: { path: "^src/shared/subscriber/", pathNot: "/(connection|assets)\\.ts$" },
      to: { path: ["^src/shared/subscriber/(connection|assets)\\.ts$", "node_modules"] },
    },
    ...pageRooms,
    {
      name: "the-page-state-is-pure",
      severity: "error",
      from: { path: "^web/state/" },
      to: {
        pathNot: [
          "^web/state/",
          "^src/shared/domain/decimal\\.ts$",
          "^src/shared/subscriber/(?!(connection|assets)\\.ts$)",
        ],
      },
    },
    {
      name: "the-connection-has-one-owner",
      severity: "error",
      from: { path: "^(src|web)/", pathNot: "^src/shared/subscriber/connection\\.ts$" },
      to: { path: "node_modules/socket\\.io-client/" },
    },
    {
      name: "the-chart-is-loaded-late",
      severity: "error",
      from: { path: "^web/", pathNot: "^web/view/candle-chart\\.ts$" },
      to: { path: "node_modules/klinecharts/" },
    },
    {
      name: "the-chart-is-loaded-late-by-its-panel",
      severity: "error",
      from: { path: "^web/" },
      to: { path: "^web/view/candle-chart\\.ts$", dependencyTypesNot: ["dynamic-import", "type-only"] },
    },
    {
      name: "the-desk-is-loaded-late",
      comment: "What needs the gateway is one file that the public page does not wait for.",
      severity: "error",
      from: { path: "^web/" },
      to: { path: "^web/view/desk-panels\\.tsx$", dependencyTypesNot: ["dynamic-import", "type-only"] },
    },
    {
      name: "tools-and-benchmarks-do-not-import-each-other",
      comment: "The chaos and abuse runs start and load a pipeline by what tools/load has for it.",
      severity: "error",
      from: { path: "^(tools/[^/]+|bench)/" },
      to: { path: "^(tools|bench|test|examples)/", pathNot: ["^$1/", "^tools/load/", "^test/support/"] },
    },
    {
      name: "test-support-stands-on-src-alone",
      comment: "Tools and benchmarks use it: what it used of them would be a circle.",
      severity: "error",
      from: { path: "^test/support/" },
      to: { path: "^(tools|bench|examples|test)/", pathNot: "^test/support/" },
    },
    {
      name: "no-development-packages-in-src",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
    owned("nats-has-one-owner", "node_modules/nats/", "^src/shared/bus/nats\\.ts$"),
    owned("commander-has-one-owner", "node_modules/(commander|@commander-js)/", "^src/shared/process/options\\.ts$"),
    owned("pg-has-one-owner", "node_modules/(@types/)?pg(-copy-streams)?/", "^src/shared/database/"),
    owned("generated-code-has-one-owner", "^protocol/generated/", "^src/shared/wire/protobuf\\.ts$"),
    owned("migrations-have-one-owner", "node_modules/postgres-migrations/", "^src/launcher/migrations\\.ts$"),
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: ["node_modules", "(^|/)dist/"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
