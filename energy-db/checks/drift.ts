import { median } from "../../src/statistics.ts";
import { formatPercent, formatSeconds } from "../../src/units.ts";
import { groupBy } from "../group-by.ts";
import type { StoredNetworkMeasurement } from "../read-networks.ts";
import { type CheckInput, type CheckResult, ok, warning } from "./result.ts";

/** A machine that moves by more than this between the ends of a session, or between sessions, has drifted. */
const tolerance = 0.03;
/** Fewer blocks have no beginning and end. */
const fewestBlocks = 6;

/**
 * The canary, a fixed network measured in every block, over the time of each session, and from session to session: what its
 * speed does, that of every row does.
 */
export function canaryDrift({ networks }: CheckInput): readonly CheckResult[] {
  const rows = networks.filter(({ role }) => role === "canary");
  const sessions = [...groupBy(rows, ({ sessionId }) => String(sessionId))];
  if (sessions.length === 0) return [ok("No canary was measured, so drift is not judged")];
  const [[, first] = ["", []]] = sessions;
  return [
    ...sessions.map(([id, own]) => withinSession(id, own)),
    ...sessions.slice(1).map(([id, own]) => betweenSessions(id, own, first)),
  ];
}

const floors = (rows: readonly StoredNetworkMeasurement[]): readonly number[] =>
  [...rows]
    .sort((a, b) => a.measuredAt.localeCompare(b.measuredAt))
    .map(({ latency }) => latency.floor.latency_s);

const middle = (values: readonly number[]): number => median([...values]);

function withinSession(id: string, rows: readonly StoredNetworkMeasurement[]): CheckResult {
  const times_s = floors(rows);
  const name = `session ${id}: canary ${formatSeconds(middle(times_s))} over ${times_s.length} blocks`;
  if (times_s.length < fewestBlocks) return ok(`${name}, too few to judge its drift`, rows);
  const third = Math.floor(times_s.length / 3);
  const change = middle(times_s.slice(-third)) / middle(times_s.slice(0, third)) - 1;
  const report = Math.abs(change) > tolerance ? warning : ok;
  return report(`${name}, last third against first ${signed(change)}`, rows);
}

function betweenSessions(
  id: string,
  rows: readonly StoredNetworkMeasurement[],
  first: readonly StoredNetworkMeasurement[],
): CheckResult {
  const change = middle(floors(rows)) / middle(floors(first)) - 1;
  const report = Math.abs(change) > tolerance ? warning : ok;
  return report(
    `session ${id}: canary against session ${first[0]?.sessionId} ${signed(change)}`,
    rows,
  );
}

const signed = (change: number): string => `${change < 0 ? "" : "+"}${formatPercent(change)}`;
