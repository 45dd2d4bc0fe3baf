import { expect } from "chai";
import { makeAgain, undoneAfter } from "../../../src/backup/undone-actions.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { createDatabase } from "../../support/postgres.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("people and markets, when the database goes back in time", () => {
  const open: Database[] = [];
  const database = async () => {
    const opened = await connectDatabase(await createDatabase(), {
      applicationName: "test",
      log: createLogger("test", "silent"),
    });
    open.push(opened);
    return opened;
  };
  after(async () => {
    for (const one of open) await one.close();
  });

  it("keep the accounts that they signed up for afterwards, and sign in again, all of them", async () => {
    const [present, past] = [await database(), await database()];
    for (const one of [present, past]) {
      await one.query("select sign_up('ann@example.com', 'ann')");
      await one.query("select open_session(1, $1, '127.0.0.1', '30 days', 5)", [`session-${"a".repeat(32)}`]);
      await one.query("select ask_for_code('ann@example.com', '127.0.0.1', sha256('x'), 5, 20)");
    }
    await present.query("select sign_up('bob@example.com', 'bob')");
    await present.query("select end_sessions(1, null, 'signed out')");

    const undone = await undoneAfter(present, new Date(0));
    const told: string[] = [];
    const folder = temporaryFolder();
    for (let times = 0; times < 2; times++) await makeAgain(past, undone, folder, (text) => told.push(text));
    expect(
      await past.query("select email, name from people join accounts using (account_id) order by email"),
    ).to.deep.equal([
      { email: "ann@example.com", name: "ann" },
      { email: "bob@example.com", name: "bob" },
    ]);
    expect(told).to.deep.equal(["1 sign-ins have ended: their people sign in again"]);
    expect(await past.query("select session_id from sign_in_sessions where ended_at is null")).to.deep.equal([]);
    expect(await past.query("select code_id from sign_in_codes where used_at is null")).to.deep.equal([]);
    expect(await past.query("select sign_up('bob@example.com', 'other') as person")).to.have.length(1);
  });

  it("lose no market that was created afterwards: requests in it may be acknowledged", async () => {
    const [present, past] = [await database(), await database()];
    const terms = { asset: "DOGE-USD", tickSize: "0.01", lotSize: "1" };
    const values = [terms.asset, JSON.stringify(terms), ["DOGE", "USD"], [8, 6], ["crypto", "fiat"]];
    await present.query(
      "select create_asset($1, $2, $3, $4, $5, '{}', '{}', '{}', 'UTC', 'new', 'op', 'asked for')",
      values,
    );
    const undone = await undoneAfter(present, new Date(0));
    for (let times = 0; times < 2; times++) await makeAgain(past, undone, temporaryFolder(), () => undefined);
    const created = `select m.asset, m.terms, decimals, made_by, why from created_assets m join actions using (action_id)
      join currencies on currency = 'DOGE'`;
    expect(await past.query(created))
      .to.deep.equal(await present.query(created))
      .and.to.have.lengthOf(1);
  });
});
