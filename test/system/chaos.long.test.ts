import { hasOwnServers, shortFaults } from "../../tools/chaos/faults.js";
import { AT_EACH_CHANGE, itIsExactAfterEachOf } from "./faults-under-test.js";

describe("a pipeline under load, whatever happens to it,", function () {
  this.timeout(120_000);
  itIsExactAfterEachOf(shortFaults().filter((fault) => !hasOwnServers(fault) && !AT_EACH_CHANGE.includes(fault.name)));
});
