import { hasOwnServers, shortFaults } from "../../tools/chaos/faults.js";
import { itIsExactAfterEachOf } from "./faults-under-test.js";

describe("a pipeline under load, whose disk is full, or one of whose servers is gone,", function () {
  this.timeout(120_000);
  itIsExactAfterEachOf(shortFaults().filter(hasOwnServers));
});
