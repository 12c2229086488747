import { expect, test } from "vitest";
import type { NodesRecord } from "../../devices/index.ts";
import { kernelTimes } from "../../profiler/kernel-times.ts";
import type { LoadSample } from "../../profiler/load-analysis.ts";
import { presets } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";

test("an addition that the runtime made part of a convolution has no time of its own", () => {
  const network = presets["resnet-20-cifar"].build({ multiplier: 0.5 });
  const layers = network.layers.map(({ name }) => name);
  const isAddition = (at: number) => network.layers[at]?.kind === "add";
  const record = {
    layers,
    nodes: layers.map((_, at) => (isAddition(at) ? 0 : 1)),
    times_s: layers.map((_, at) => (isAddition(at) ? 0 : 1e-5)),
  } as unknown as NodesRecord;
  const calm = [{ profiled: 0 }] as unknown as LoadSample[];

  const times = kernelTimes(network, 1, record, calm, undefined, seededRandom(1));

  expect(times.map(({ layer }) => layer)).toEqual(layers.filter((_, at) => !isAddition(at)));
  for (const { nodes, latency } of times) {
    expect(nodes).toBe(1);
    expect(latency.latency_s).toBe(1e-5);
  }
});
