import type { MachineState, StateRecord } from "../devices/index.ts";
import type { QualityFlag, SessionConditions } from "../energy-db/index.ts";
import { findingText } from "./conditions.ts";
import type { Preflight } from "./preflight.ts";

/** What is stored of the device's state in a session. */
export function sessionConditions(
  { state, busyCores, findings, waited_s }: Preflight,
  states: readonly StateRecord[],
  details: SessionConditions["details"],
): SessionConditions {
  return {
    before: { ...flat(state), ...(busyCores === undefined ? {} : { busyCores }) },
    during: ranges(states.map((record) => record.state)),
    details,
    findings: findings.map(findingText),
    waited_s,
  };
}

/** More than this is worth a word and a flag: the rest of the machine's work is then seen in the samples. */
const calmCores = 0.3;

/** Of every row of a session, by what was found before it. */
export const sessionFlags = ({
  busyCores = 0,
}: Pick<Preflight, "busyCores">): readonly QualityFlag[] =>
  busyCores > calmCores ? ["background-load"] : [];

/** What whoever waits for the numbers should know of the device. */
export function conditionNotices(conditions: SessionConditions): readonly string[] {
  const { before, findings } = conditions;
  const { busyCores = 0 } = before;
  const busy =
    Number(busyCores) > calmCores
      ? [
          `Other work keeps ${Number(busyCores).toFixed(1)} cores busy; expected at most ${calmCores}. ` +
            "Rows are flagged, disturbed samples left out and taken again: stop it, or measuring takes longer.",
        ]
      : [];
  return [...busy, ...findings.map((finding) => `Measured nevertheless, and flagged: ${finding}`)];
}

function flat({ battery, busy_s: _, ...state }: MachineState): SessionConditions["before"] {
  return {
    ...state,
    ...(battery ? { battery: battery.status } : {}),
    ...(battery?.level === undefined ? {} : { batteryLevel: battery.level }),
  };
}

const measures = ["temperature_c", "clock_hz", "load", "thermalStatus"] as const;

/** Least and greatest of what changes; what was never read is left out. */
function ranges(states: readonly MachineState[]): SessionConditions["during"] {
  const series: readonly (readonly [string, readonly number[]])[] = [
    ...measures.map((name) => [name, states.flatMap((state) => state[name] ?? [])] as const),
    ["batteryLevel", states.flatMap(({ battery }) => battery?.level ?? [])],
  ];
  return Object.fromEntries(
    series
      .filter(([, values]) => values.length > 0)
      .map(([name, values]) => [name, [Math.min(...values), Math.max(...values)] as const]),
  );
}
