/** What Grafana and Prometheus find when compose starts them with the profile `metrics`, as far as files can say it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../../src/shared/process/project-root.js";

interface Placed {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

const text = (file: string) => readFileSync(join(projectRoot, file), "utf8");
const DASHBOARDS = "config/metrics/dashboards";
const WIDTH = 24;

describe("compose's profile metrics", () => {
  const compose = text("docker-compose.yml");
  const [, services = ""] = /^ {2}prometheus:\n([\s\S]*?)^volumes:/m.exec(compose) ?? [];
  const mounts = [...services.matchAll(/(\.\/[\w./-]+):(\/[\w./-]+):ro/g)].map(([, from, to]) => ({
    from: from as string,
    to: to as string,
  }));
  const mountedAt = (path: string) => mounts.find(({ to }) => to === path)?.from;
  const datasource = text("config/metrics/grafana/datasource.yml");
  const field = (file: string, name: string) => new RegExp(`\\b${name}: ([^\\s}]+)`).exec(file)?.[1] ?? "";
  const boards = readdirSync(join(projectRoot, DASHBOARDS)).map((file) => ({
    file,
    board: JSON.parse(text(`${DASHBOARDS}/${file}`)) as {
      readonly uid: string;
      readonly schemaVersion: number;
      readonly panels: readonly Placed[];
    },
  }));

  it("mounts files and folders that are there, where Prometheus and Grafana look for them", () => {
    expect(mounts.length).to.be.above(3);
    for (const { from } of mounts) expect(existsSync(join(projectRoot, from)), from).to.equal(true);
    expect(mountedAt("/etc/prometheus")).to.equal("./config/metrics");
    expect(services).to.include("--config.file=/etc/prometheus/prometheus.yml");
    expect(mountedAt("/etc/grafana/provisioning/datasources/bourse.yml")).to.match(/datasource\.yml$/);
    expect(mountedAt("/etc/grafana/provisioning/dashboards/bourse.yml")).to.match(/dashboards\.yml$/);
    expect(mountedAt(field(text("config/metrics/grafana/dashboards.yml"), "path"))).to.equal(`./${DASHBOARDS}`);
    const home = field(services, "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH");
    expect(boards.map(({ file }) => `/etc/grafana/dashboards/${file}`)).to.include(home);
  });

  it("asks the Prometheus of the same profile, by the source that every panel names", () => {
    expect(field(datasource, "url")).to.equal("http://prometheus:9090");
    const source = { type: field(datasource, "type"), uid: field(datasource, "uid") };
    for (const { board } of boards)
      for (const { title, datasource: own, targets = [] } of board.panels)
        if (targets.length > 0) expect(own, title).to.deep.equal(source);
  });

  it("has dashboards whose panels each have an id of their own, a place of their own, and what they show", () => {
    for (const { file, board } of boards) {
      expect(board.uid, file).to.match(/^[\w-]{1,40}$/);
      expect(board.schemaVersion, file).to.be.a("number");
      expect(new Set(board.panels.map(({ id }) => id)).size, file).to.equal(board.panels.length);
      const taken = new Map<string, string>();
      for (const { title, type, gridPos, targets = [] } of board.panels) {
        const { x, y, w, h } = gridPos;
        expect(x + w, title).to.be.at.most(WIDTH);
        if (type !== "row") expect(targets, title).to.not.deep.equal([]);
        expect(new Set(targets.map(({ refId }) => refId)).size, title).to.equal(targets.length);
        for (let column = x; column < x + w; column++)
          for (let row = y; row < y + h; row++) {
            expect(taken.get(`${column} ${row}`), `what ${title} covers`).to.equal(undefined);
            taken.set(`${column} ${row}`, title);
          }
      }
    }
  });
});
