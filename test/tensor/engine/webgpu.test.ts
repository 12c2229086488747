import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { built } from "../../support/built.ts";

/** Chromium's Vulkan driver that computes on the CPU. */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";

interface Losses {
  readonly webgpu?: readonly number[];
  readonly cpu?: readonly number[];
}

interface Outcome {
  readonly unavailable?: string;
  readonly losses?: Losses;
  readonly fallbacks?: Readonly<Record<string, readonly string[]>>;
}

/** A driver is chosen before a process starts, hence a process of its own. */
function trainInChild(): Outcome {
  const script = built("test/tensor/engine/train-on-webgpu.ts");
  const driver = existsSync(swiftShader) ? { VK_ICD_FILENAMES: swiftShader } : {};
  const output = execFileSync(process.execPath, [script], {
    env: { ...process.env, ...driver },
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(output.toString()) as Outcome;
}

describe("WebGPU", () => {
  let known: Outcome | undefined;
  /** What the child found, asked once for all tests; skips where it had no driver. */
  const outcomeOrSkip = (skip: (note: string) => void): Outcome => {
    known ??= trainInChild();
    const { unavailable } = known;
    if (unavailable) {
      process.stderr.write(`skipped: ${unavailable} (apt-get install chromium brings a driver)\n`);
      skip(unavailable);
    }
    return known;
  };

  test("training and evaluating a network gives the losses of the CPU", ({ skip }) => {
    const { webgpu = [], cpu = [] } = outcomeOrSkip(skip).losses ?? {};

    expect(cpu).toHaveLength(3);
    for (const [step, loss] of cpu.entries()) expect(webgpu[step]).toBeCloseTo(loss, 3);
  });

  test("nodes left to the CPU are reported by name, and none of them computes on images", ({
    skip,
  }) => {
    const nodes = Object.values(outcomeOrSkip(skip).fallbacks ?? {}).flat();

    // ArgMax counts in int64, which WebGPU has not.
    expect(nodes).toContainEqual(expect.stringMatching(/^Cast Cast_\d+$/));
    expect(nodes.filter((node) => /Conv|Pool|Gemm|MatMul/.test(node))).toEqual([]);
  });
});
