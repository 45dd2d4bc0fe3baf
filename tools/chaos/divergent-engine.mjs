/**
 * Loaded into a matching-engine before everything else: for the asset CHAOS_DIVERGENT_ASSET one rule of it is another. Of
 * an account's own two orders it cancels the older one where the newer one should go, and the other way round.
 */
import { EngineStarts } from "../../dist/matching-engine/engine-start.js";

const OTHER = { cancel_newest: "cancel_oldest", cancel_oldest: "cancel_newest" };
const find = EngineStarts.prototype.find;

EngineStarts.prototype.find = async function (asset, ...given) {
  const found = await find.call(this, asset, ...given);
  if (asset === process.env.CHAOS_DIVERGENT_ASSET) flipRule(found.engine);
  return found;
};

function flipRule(engine) {
  const execute = engine.execute.bind(engine);
  engine.execute = (command) => execute({ ...command, body: flipped(command.body) });
}

function flipped(body) {
  const mode = OTHER[body.selfTradePrevention];
  return mode === undefined ? body : { ...body, selfTradePrevention: mode };
}
