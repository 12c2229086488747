import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { readTrace, traceMeterId } from "../../../devices/index.ts";
import type { EnergyTable, StoredSession } from "../../../energy-db/index.ts";
import { energiesFromTrace, fitCosts, type TracedLog } from "../../../profiler/index.ts";
import { UserError } from "../../errors.ts";

export interface TraceEnergyOptions {
  readonly table: EnergyTable;
  readonly platformId: number;
  readonly file: string;
  /** Default: the last session that was recorded beside. */
  readonly sessionId?: number | undefined;
  /** Of the supply, V, for instruments that do not measure it. */
  readonly voltage_v?: number | undefined;
  /** ISO 8601. */
  readonly now: string;
}

/** What came of a trace in a table. */
export interface TraceEnergies {
  readonly sessionId: number;
  readonly provenance: "measured" | "derived";
  readonly logs: readonly TracedLog[];
  /** Networks whose energy the table has now from this trace. */
  readonly networks: number;
}

/**
 * Finds a session's windows in a trace, stores the energies with the trace that they are from, and fits the platform's energies
 * again. Throws a UserError where the session was not recorded beside, or none of its windows are in the trace.
 */
export function storeTraceEnergies(options: TraceEnergyOptions): TraceEnergies {
  const { table, platformId, file, voltage_v, now } = options;
  const session = sessionOf(options);
  const trace = readTrace(file, { voltage_v });
  const logs = energiesFromTrace(table.meterLogs(session.id), trace);
  const found = logs.filter(({ clock }) => clock !== undefined);
  if (found.length === 0) throw notFound(file, session.id, logs[0]?.reason);
  const source = {
    file: basename(file),
    sha256: createHash("sha256").update(readFileSync(file)).digest("hex"),
  };
  let networks = 0;
  for (const { log, clock, loads } of found) {
    for (const { name, energy } of loads)
      if (energy && table.replaceEnergy(session.id, name, energy)) networks++;
    if (clock) table.describeTrace(log.id, { ...source, ...clock });
  }
  const { meter } = session.instruments;
  if (meter) table.describeInstruments(session.id, { meter: { ...meter, quality: trace.quality } });
  fitCosts(table, platformId, { space: session.space, fittedAt: now });
  return { sessionId: session.id, provenance: trace.quality, logs, networks };
}

function sessionOf({ table, platformId, sessionId }: TraceEnergyOptions): StoredSession {
  const recorded = table
    .sessions(platformId)
    .filter(({ instruments }) => instruments.meter?.id === traceMeterId);
  const session =
    sessionId === undefined ? recorded.at(-1) : recorded.find(({ id }) => id === sessionId);
  if (session) return session;
  const those = recorded.map(({ id }) => id).join(", ");
  throw new UserError(
    sessionId === undefined
      ? "The table has no session that was recorded beside the device"
      : `Session ${sessionId} was not recorded beside the device`,
    {
      hint: those
        ? `Sessions that were: ${those}.`
        : "Start the instrument, run `wattsplit profile --meter trace` with it, and stop it after that.",
      exit: "usage",
    },
  );
}

const notFound = (file: string, sessionId: number, reason = "it has none"): UserError =>
  new UserError(`${file} holds no window of session ${sessionId}: ${reason}`, {
    hint: "Give the trace that was recorded during that session, from before it began until after it ended.",
    exit: "unavailable",
  });
