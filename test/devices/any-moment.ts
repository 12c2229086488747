import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { expect } from "vitest";
import { type Device, systemClock } from "../../devices/index.ts";
import { openTable } from "../../energy-db/index.ts";
import { profile, type SamplingRules, samplingRules } from "../../profiler/index.ts";
import { programRules } from "../../profiler/sampling.ts";
import { seededRandom } from "../../src/random.ts";
import { smallPlan } from "../profiler/small-plan.ts";

/** When something happens to a device: so long after so many records have come of it. */
interface Moment {
  readonly records: number;
  readonly delay_ms: number;
}

/** As few samples as there can be, and no machine too busy for them. */
const rulesFor = ({ capabilities }: Device): SamplingRules => ({
  ...(capabilities.freshBatches ? programRules : samplingRules),
  plainPerSample: 2,
  profiledPerSample: 1,
  calmSamples: 2,
  fewestCalm: 1,
  maxSamples: 2,
  hurriedSamples: 2,
  allowedSlowdown: 1e3,
  networksPerBlock: 1,
  ...(capabilities.freshBatches
    ? { plainPerSample: 1, calmSamples: 1, maxSamples: 1, hurriedSamples: 1 }
    : {}),
});

/** What else runs on the machine is looked at in no time. */
const hurriedClock = { ...systemClock, sleep: () => systemClock.sleep(0) };

const whole = smallPlan();
/** Where every batch starts a program one block takes as long as two do elsewhere. */
const planFor = ({ capabilities }: Device) => ({
  ...whole,
  networks: whole.networks
    .filter(({ role }) => role === "design")
    .slice(0, capabilities.freshBatches ? 1 : 2),
});

/** What a table must hold whatever happened: every planned load once, each with its kernels, and one canary per block. */
export interface Rows {
  readonly loads: readonly string[];
  readonly canaries: number;
  readonly records: number;
}

async function profileWith(
  device: Device,
  happening?: Pick<Repeated, "restore"> & { readonly at: Moment; readonly happen: () => void },
): Promise<Rows> {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-any-moment-"));
  const table = openTable(join(folder, "energy.db"), { mode: "write", create: true });
  let records = 0;
  let happened: Promise<void> | undefined;
  const count = (): void => {
    if (records++ === happening?.at.records)
      happened = setTimeout(happening.at.delay_ms).then(happening.happen);
  };
  try {
    const { platformId } = await profile({
      device: {
        ...device,
        measure: (script, options) => device.measure(script, { ...options, onRecord: count }),
      },
      table,
      plan: planFor(device),
      toolVersion: "test",
      random: seededRandom(1),
      rules: rulesFor(device),
      clock: hurriedClock,
      loads: 1,
      maxLoads: 1,
      // Whatever the machine that runs the tests is like.
      allowConditions: true,
    });
    await happened;
    happening?.restore?.();
    table.integrity();
    const rows = table.networkMeasurements(platformId);
    return {
      loads: rows
        .filter(({ role }) => role !== "canary")
        .map(
          ({ position, load, attempt, kernels, id }) =>
            `${position} ${load} ${attempt}: ${kernels.length} kernels, ${table.batches(id)?.runs.length} batches`,
        )
        .sort(),
      canaries: rows.filter(({ role }) => role === "canary").length,
      records,
    };
  } finally {
    table.close();
    rmSync(folder, { recursive: true });
  }
}

/** The first moment is the first record, the others are drawn. More of them by hand: WATTSPLIT_MOMENTS=10 npx vitest run ... */
export const moments = Number(process.env.WATTSPLIT_MOMENTS ?? 2);

/** Profiles a device that nothing befalls. */
export async function undisturbedRows(device: Device): Promise<Rows> {
  const rows = await profileWith(device);
  expect(rows.loads).toHaveLength(planFor(device).networks.length);
  return rows;
}

interface Repeated {
  readonly numRuns?: number;
  /** Undoes what may be left of what happened when the profile has ended: it can come after all that would meet it. */
  readonly restore?: () => void;
}

/** Profiles while `happen` befalls the device at so many moments: the rows must be those of one that was left alone. */
export async function expectSameRowsWhenever(
  device: Device,
  { records, ...expected }: Rows,
  happen: () => void,
  { numRuns = moments, restore = () => undefined }: Repeated = {},
): Promise<void> {
  const moment = fc.record({
    records: fc.nat({ max: records - 1 }),
    delay_ms: fc.nat({ max: 200 }),
  });
  await fc.assert(
    fc.asyncProperty(moment, async (at) => {
      const { records: _, ...rows } = await profileWith(device, { at, happen, restore });
      expect(rows).toEqual(expected);
    }),
    // A second try at a smaller moment would say no more, and takes as long.
    { numRuns, examples: [[{ records: 0, delay_ms: 0 }]], endOnFailure: true },
  );
}
