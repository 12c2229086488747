import { openTable } from "../../energy-db/index.ts";
import { chain, identity, measuredNetwork, sessionSettings } from "./example-rows.ts";

/** Run as a program: stores loads 0, 1, 2, ... of a session of its own, without a pause, until killed; names each on stdout once it is stored. */
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
}
