import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { agentOn } from "../../devices/agent/agent.ts";
import { systemClock } from "../../devices/clock.ts";
import { deviceOf, type Precision } from "../../devices/index.ts";
import { noMeter } from "../../devices/meters/none.ts";
import { tfliteRuntime } from "../../devices/runtimes/tflite.ts";
import { loadStoredCosts, openTable } from "../../energy-db/ask.ts";
import { type ProfilePlan, planProfile, profile } from "../../profiler/index.ts";
import { candidateWidths } from "../../search/index.ts";
import { costModelOf } from "../../src/app/workflows/open-costs.ts";
import { profiledSpace } from "../../src/app/workflows/profile-run.ts";
import { searchStart } from "../../src/network/search-start.ts";
import { seededRandom } from "../../src/random.ts";
import { smallPlan } from "../profiler/small-plan.ts";
import { benchmarkTransport } from "./fake-benchmark-model.ts";
import { law } from "./tflite-law.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-tflite-table-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A machine whose benchmark_model follows the law. */
async function device(precision: Precision) {
  const runner = join(folder, "benchmark_model");
  const runtime = tfliteRuntime("tflite")({
    transport: benchmarkTransport(runner, law),
    settings: { runner, precision },
    folder,
  });
  await runtime.probe();
  const agent = agentOn({
    clock: systemClock,
    runtime,
    meter: noMeter,
    describe: async () => ({
      processor: "stand-in",
      fingerprint: precision,
      os: "none",
      powerMode: "unknown",
      details: {},
    }),
    state: async () => ({}),
  });
  return deviceOf("stand-in", agent, { precision });
}

/** What `profile --net mnist-cnn` measures. */
const wholePlan = (): ProfilePlan => planProfile(profiledSpace(searchStart("mnist-cnn")));

describe("a table of TensorFlow Lite's costs", () => {
  const measure = async (precision: Precision, plan: ProfilePlan) => {
    const table = openTable(join(folder, `${precision}.db`), { mode: "write", create: true });
    const options = { device: await device(precision), table, plan };
    const outcome = await profile({
      ...options,
      toolVersion: "test",
      random: seededRandom(1),
    });
    const [platform] = table.platforms();
    const costs = loadStoredCosts(table, platform?.id ?? 0);
    table.close();
    return { ...outcome, platform, costs };
  };

  it("tells networks that were held out, and the law's steps, whose ends alone are searched", {
    timeout: 300_000,
  }, async () => {
    const { summary, flags, costs } = await measure("float32", wholePlan());
    if (!costs) throw new Error("no costs are stored");

    expect(flags.fallback).toBeUndefined();
    expect(summary?.heldOutNetworks).toBe(25);
    expect(summary?.medianError).toBeLessThan(0.01);
    expect(summary?.p90Error).toBeLessThan(0.02);
    // Of the first convolution's input there are too few widths.
    expect(costs.stairs({ op: "conv2d" }).map(({ axis, step }) => [axis, step])).toEqual(
      Array.from({ length: 3 }, () => [
        ["in", undefined],
        ["out", 8],
      ]).flat(),
    );
    const offered = candidateWidths({
      ...searchStart("mnist-cnn"),
      costs: costModelOf(costs),
      budget: { latency_s: 1 },
    });
    for (const widths of offered.values())
      expect(widths.filter((width) => width % 8 !== 0)).toEqual([]);
  });

  it("is another platform's in int8", { timeout: 300_000 }, async () => {
    const { summary, flags, platform } = await measure("int8", smallPlan());

    expect(platform).toMatchObject({ runtime: "tflite", precision: "int8" });
    expect(flags.fallback).toBeUndefined();
    expect(summary?.heldOutNetworks).toBe(6);
  });
});
