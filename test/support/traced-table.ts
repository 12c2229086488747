import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { networkKey, openTable } from "../../energy-db/index.ts";
import type { LoggedWindow } from "../../energy-db/meter-log-records.ts";
import { chain, identity, measuredNetwork, sessionSettings } from "../energy-db/example-rows.ts";

const code = [true, true, true, false, false, true, false];
const [run_w, idle_w, latency_s] = [30, 8, 1e-3];
const ahead_s = 100;

/** A table of one network that an instrument recorded beside, 30 W at work and 8 W at rest, and the trace of it: 30 mJ an inference. */
export function tracedTable(folder: string): { readonly db: string; readonly trace: string } {
  const [db, trace] = [join(folder, "traced.db"), join(folder, "recorded.csv")];
  const measured = measuredNetwork(chain(16, 32), () => 5e-5);
  const { role, batch, load, attempt } = measured;
  const name = { key: networkKey(measured.network), role, batch, load, attempt };
  const windows: LoggedWindow[] = [];
  const add = (kind: LoggedWindow["kind"], length_s: number): void => {
    const start_s = windows.at(-1)?.end_s ?? 10;
    const inferences = kind === "load" ? length_s / latency_s : 0;
    const named = kind === "load" ? { load: name } : {};
    windows.push({ kind, start_s, end_s: start_s + length_s, inferences, ...named });
  };
  const mark = (): void => {
    for (const isBurst of [false, ...code, false]) add(isBurst ? "burst" : "rest", 0.5);
  };
  mark();
  for (let round = 0; round < 5; round++) {
    add("idle", 1);
    add("load", 1);
  }
  add("idle", 1);
  mark();
  const table = openTable(db, { mode: "write", create: true });
  const { id } = table.ensurePlatform(identity, {});
  const session = table.startSession(id, sessionSettings);
  table.addNetworkMeasurement(id, session, measured);
  table.describeInstruments(session, {
    meter: { id: "trace", quality: "measured", updatePeriod_s: 1e-3, rails: [] },
  });
  table.addMeterLog(session, { windows, readings: [] });
  table.close();
  const end_s = windows.at(-1)?.end_s ?? 0;
  const rows = Array.from({ length: Math.round(100 * (end_s - 6)) }, (_, i) => {
    const time_s = 8 + i / 100;
    const now = windows.find(({ start_s, end_s }) => time_s >= start_s && time_s < end_s);
    const power_w = now?.kind === "load" || now?.kind === "burst" ? run_w : idle_w;
    return `${(time_s + ahead_s).toFixed(2)},${power_w + 0.01 * (i % 3)}`;
  });
  writeFileSync(trace, ["time_s,power_w", ...rows, ""].join("\n"));
  return { db, trace };
}
