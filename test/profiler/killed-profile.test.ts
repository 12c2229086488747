import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openTable } from "../../energy-db/index.ts";
import { profile } from "../../profiler/index.ts";
import { kernelKey } from "../../src/network/kernel.ts";
import { seededRandom } from "../../src/random.ts";
import { built } from "../support/built.ts";
import { simulatedDevice } from "./simulated-device/index.ts";
import { smallBlocks, smallPlan } from "./small-plan.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-killed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const child = built("test/profiler/killed-profile.ts");
const plan = smallPlan();

function summaryOf(path: string) {
  const table = openTable(path, { mode: "read" });
  table.integrity();
  const [platform] = table.platforms();
  const rows = table.networkMeasurements(platform?.id ?? 0).filter(({ role }) => role !== "canary");
  const kernels = rows.flatMap((row) => row.kernels);
  table.close();
  return {
    ids: rows.map(({ id }) => id),
    positions: rows.map(({ position }) => position).sort((a, b) => a - b),
    kernels: [...new Set(kernels.map(({ kernel }) => kernelKey(kernel)))].sort(),
  };
}

it("a profile killed again and again ends with the rows of one that was not", async () => {
  const killed = join(folder, "killed.db");
  const whole = join(folder, "whole.db");
  const random = seededRandom(5);
  const { firstLook, all } = await profileInto(whole);
  let kept: readonly number[] = [];

  for (let kill = 0; kill < 4; kill++) {
    const lifetime = String(
      firstLook + Math.round((all - firstLook) * (0.1 + 0.3 * random.uniform())),
    );
    const { signal } = spawnSync(process.execPath, [child, killed, lifetime]);
    expect(signal).toBe("SIGKILL");
    const { ids } = summaryOf(killed);
    expect(ids.slice(0, kept.length)).toEqual(kept);
    kept = ids;
  }
  await profileInto(killed);

  expect(kept.length).toBeGreaterThan(0);
  expect(summaryOf(killed).positions).toEqual(
    plan.networks.flatMap((_, position) => [position, position, position]),
  );
  expect(summaryOf(killed).kernels).toEqual(summaryOf(whole).kernels);
});

/** Profiles what is missing; counts the batches run before the first block, and all. */
async function profileInto(path: string) {
  const table = openTable(path, { mode: "write", create: true });
  let batches = 0;
  let firstLook = 0;
  await profile({
    ...(await simulatedDevice({ onBatch: () => batches++ })),
    table,
    plan,
    toolVersion: "test",
    rules: smallBlocks,
    random: seededRandom(1),
    onProgress: () => {
      firstLook ||= batches;
    },
  });
  table.close();
  return { firstLook, all: batches };
}
