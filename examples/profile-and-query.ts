/**
 * Profiles a small network on this machine and asks the table what eight more channels cost.
 * Run: node --import tsx --conditions=wattsplit-source examples/profile-and-query.ts
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelsOf, presets, seededRandom, withWidths } from "wattsplit";
import { openDevice } from "wattsplit/devices";
import { describeKernel, loadCosts, openTable } from "wattsplit/energy-db";
import { planProfile, profile } from "wattsplit/profiler";

const seed = withWidths(
  presets["mnist-cnn"].build({}),
  new Map([
    ["conv1", 4],
    ["conv2", 4],
    ["conv3", 4],
  ]),
);
const plan = planProfile({
  network: seed,
  caps: new Map([
    ["conv1", 16],
    ["conv2", 16],
    ["conv3", 16],
  ]),
  designNetworks: 4,
  heldOutNetworks: 1,
  targetCi: 0.2,
});
const device = await openDevice("local");
const table = openTable(join(mkdtempSync(join(tmpdir(), "profile-and-query-")), "energy.db"), {
  mode: "write",
  create: true,
});
const { platformId, measured } = await profile({
  device,
  table,
  plan,
  toolVersion: "example",
  random: seededRandom(0),
  loads: 1,
  maxLoads: 1,
  // A busy machine is waited out for seconds, not for the best part of a minute.
  patience_s: 0.01,
});
console.log(`${measured} loads of networks measured`);

const costs = loadCosts(table, platformId);
for (const { layer, kernel } of kernelsOf(seed)) {
  if (kernel.op !== "conv2d") continue;
  const { latency_s, provenance } = costs.cost(kernel);
  const more = costs.marginal(kernel, { grow: "out", by: 8 });
  console.log(
    layer,
    describeKernel(kernel),
    `${(latency_s * 1e6).toFixed(1)} us (${provenance});`,
    `8 more channels: ${(more.latency_s * 1e6).toFixed(1)} us (${more.provenance})`,
  );
}
table.close();
await device.close();
