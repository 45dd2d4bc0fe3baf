import { expect } from "chai";
import { nameOf, serversOf } from "../../../../src/shared/database/server-choice.js";

describe("the servers that a URL names", () => {
  it("are each reached by a URL of its own", () => {
    expect(serversOf("postgres://user:secret@db1:5432,db2/bourse?sslmode=require")).to.deep.equal([
      "postgres://user:secret@db1:5432/bourse?sslmode=require",
      "postgres://user:secret@db2/bourse?sslmode=require",
    ]);
  });

  it("are told without what says which of them is wanted", () => {
    const rest = (query: string) => serversOf(`postgres://a/b?${query}`);
    expect(rest("target_session_attrs=read-write")).to.deep.equal(["postgres://a/b"]);
    expect(rest("target_session_attrs=read-write&options=-c%20role%3Dx")).to.deep.equal([
      "postgres://a/b?options=-c%20role%3Dx",
    ]);
    expect(rest("sslmode=require&target_session_attrs=primary")).to.deep.equal(["postgres://a/b?sslmode=require"]);
  });

  it("have names without passwords", () => {
    expect(nameOf("postgres://user:secret@db1:5432/bourse?sslmode=require")).to.equal("db1:5432");
    expect(nameOf("postgres://[::1]:5432/bourse")).to.equal("[::1]:5432");
  });
});
