import { openTable } from "../../energy-db/index.ts";
import { chain, identity, measuredNetwork, sessionSettings } from "./example-rows.ts";

/** Run as a program: writes networks of growing width until killed, naming each on stdout once it is stored. */
const table = openTable(process.argv[2] ?? "", { mode: "write", create: true });
const platform = table.ensurePlatform(identity, {});
const session = table.startSession(platform.id, sessionSettings);
const stored = table.networkMeasurements(platform.id).length;
for (let width = stored + 1; ; width++) {
  table.addNetworkMeasurement(
    platform.id,
    session,
    measuredNetwork(chain(width, 8), () => 1e-5),
  );
  process.stdout.write(`${width}\n`);
}
