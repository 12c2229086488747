import { openTable } from "../../energy-db/index.ts";
import { profile } from "../../profiler/index.ts";
import { seededRandom } from "../../src/random.ts";
import { simulatedDevice } from "./simulated-device/index.ts";
import { smallBlocks, smallPlan } from "./small-plan.ts";

/** Profiles into the table given, and is killed with signal 9 after the given number of batches. */
const [path = "", batchesToLive = ""] = process.argv.slice(2);
let batches = 0;
const table = openTable(path, { mode: "write", create: true });
await profile({
  ...(await simulatedDevice({
    onBatch: () => {
      if (++batches === Number(batchesToLive)) process.kill(process.pid, "SIGKILL");
    },
  })),
  table,
  plan: smallPlan(),
  toolVersion: "test",
  rules: smallBlocks,
  random: seededRandom(1),
});
table.close();
