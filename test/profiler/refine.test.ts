import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openTable } from "../../energy-db/index.ts";
import { profile, samplingRules } from "../../profiler/index.ts";
import { seededRandom } from "../../src/random.ts";
import { simulatedDevice, steppedKernel } from "./simulated-device.ts";
import { smallPlan } from "./small-plan.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-refine-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = { ...smallPlan(), refinementNetworks: 4 };

it("refinement measures new widths once, and a run stopped inside it goes on with the same", async () => {
  const table = openTable(join(folder, "table.db"), { mode: "write", create: true });
  const controller = new AbortController();
  const run = (signal?: AbortSignal) =>
    profile({
      device: simulatedDevice({ kernel_s: steppedKernel }),
      table,
      plan,
      toolVersion: "test",
      random: seededRandom(1),
      rules: { ...samplingRules, minSamples: 10, maxSamples: 30 },
      signal,
      onProgress: ({ done, total }) => {
        if (total === 4 && done === 2) controller.abort(new Error("interrupted"));
      },
    });

  const first = await run(controller.signal);
  const second = await run();
  const third = await run();

  expect(first).toMatchObject({ stoppedBy: "interrupted", measured: plan.networks.length + 2 });
  expect(second).toMatchObject({ stoppedBy: "done", measured: 2 });
  expect(third).toMatchObject({ stoppedBy: "done", measured: 0 });
  const refined = table
    .networkMeasurements(first.platformId, { role: "design" })
    .filter(({ position }) => position >= plan.networks.length);
  expect(refined.map(({ position }) => position - plan.networks.length)).toEqual([0, 1, 2, 3]);
  const known = new Set([...plan.levels.values()].flat());
  const widths = refined.flatMap(({ network }) =>
    network.layers.flatMap((layer) => ("width" in layer && layer.width !== 10 ? layer.width : [])),
  );
  expect(widths.some((width) => !known.has(width))).toBe(true);
  table.close();
});
