import { setTimeout } from "node:timers/promises";
import { openTable } from "../../energy-db/index.ts";
import { chain, identity, measuredNetwork, sessionSettings } from "./example-rows.ts";

/** Between two loads, as while one is measured: SQLite's lock is not fair, and writers that never pause starve others. */
const pause_ms = 5;

/** Run as a program: stores loads 0, 1, 2, ... of a session of its own until killed; names each on stdout once it is stored. */
const table = openTable(process.argv[2] ?? "", { mode: "write", create: true });
const platform = table.ensurePlatform(identity, {});
const session = table.startSession(platform.id, sessionSettings);
for (let load = 0; ; load++) {
  table.addNetworkMeasurement(
    platform.id,
    session,
    measuredNetwork(chain(8, 8), () => 1e-5, { load }),
  );
  process.stdout.write(`${session} ${load}\n`);
  await setTimeout(pause_ms);
}
