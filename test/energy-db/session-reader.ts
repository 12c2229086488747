import { setTimeout } from "node:timers/promises";
import { openTable } from "../../energy-db/index.ts";
import { storedLoads } from "./stored-loads.ts";

/** Sessions looked at, and the time between two looks: so that reading stays quick however long the writers run. */
const newest = 4;
const pause_ms = 20;

/** Run as a program: reads what `session-writer` stores until killed, and fails at the first row that is not whole. */
for (let reads = 1; ; reads++) {
  const table = openTable(process.argv[2] ?? "", { mode: "read" });
  const loads = [...storedLoads(table, newest).values()].reduce((sum, stored) => sum + stored, 0);
  table.close();
  process.stdout.write(`${reads} ${loads}\n`);
  await setTimeout(pause_ms);
}
