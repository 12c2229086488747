import type { Clock, Device, MachineState } from "../devices/index.ts";
import { UserError } from "../src/errors.ts";
import { type OnProgress, progressOf } from "../src/progress.ts";
import { type Finding, findingsOf, findingText } from "./conditions.ts";

export interface PreflightOptions {
  readonly device: Device;
  readonly clock: Clock;
  /** Goes on whatever is found; the rows are flagged. */
  readonly allowConditions?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told what is waited for. */
  readonly onProgress?: OnProgress | undefined;
}

/** What a device was like when measuring began on it. */
export interface Preflight {
  readonly state: MachineState;
  /** Cores that others kept busy; absent where that cannot be read. */
  readonly busyCores?: number;
  /** What was amiss, and allowed. */
  readonly findings: readonly Finding[];
  readonly waited_s: number;
}

/** How long to look at what others do, s. */
const look_s = 1;
const pause_s = 2;

/**
 * Looks at the device and at what else runs on it, and waits for what passes by itself. Throws a UserError for what does not, or did
 * not in time, unless it is allowed.
 */
export async function preflight(options: PreflightOptions): Promise<Preflight> {
  const { device, clock } = options;
  const first = await device.state();
  const start_s = clock.now_s();
  if (first.busy_s !== undefined) await clock.sleep(look_s);
  const found = await awaitConditions(options, await device.state());
  const busy_s = (found.state.busy_s ?? Number.NaN) - (first.busy_s ?? Number.NaN);
  const busyCores = busy_s / (clock.now_s() - start_s);
  return { ...found, ...(busyCores >= 0 ? { busyCores } : {}) };
}

/** The same of a state that was just read, without a look at what else runs: between two blocks. */
export async function awaitConditions(
  { device, clock, allowConditions = false, signal, onProgress }: PreflightOptions,
  state: MachineState,
): Promise<Omit<Preflight, "busyCores">> {
  const start_s = clock.now_s();
  for (let now = state; ; now = await device.state()) {
    const findings = findingsOf(now, device);
    const waited_s = clock.now_s() - start_s;
    const [awaited, ...others] = findings.flatMap((finding) =>
      finding.patience_s === undefined ? [] : [{ ...finding, patience_s: finding.patience_s }],
    );
    if (!awaited || allowConditions) return { state: now, findings, waited_s };
    const hopeless = [awaited, ...others].find(({ patience_s }) => waited_s >= patience_s);
    if (hopeless) throw refusal(hopeless, waited_s);
    onProgress?.(
      progressOf(`waiting: ${findingText(awaited)}; seconds`, {
        done: Math.round(waited_s),
        total: awaited.patience_s,
        elapsed_s: waited_s,
      }),
    );
    signal?.throwIfAborted();
    await clock.sleep(pause_s);
  }
}

const refusal = (finding: Finding, waited_s: number): UserError =>
  new UserError(
    `The device is in no state to be measured: ${findingText(finding)}` +
      (waited_s >= 1 ? `, after waiting ${Math.round(waited_s)} s` : ""),
    {
      hint: `${finding.remedy} What was measured is kept. --allow-conditions goes on and flags the rows "${finding.flag}".`,
      exit: "unavailable",
    },
  );
