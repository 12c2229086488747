import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Chromium's Vulkan driver that computes on the CPU. */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** A driver is chosen before a process starts, hence a process of its own. */
function trainInChild(): Record<string, readonly number[] | string> {
  const script = fileURLToPath(new URL("./train-on-webgpu.ts", import.meta.url));
  const driver = existsSync(swiftShader) ? { VK_ICD_FILENAMES: swiftShader } : {};
  const output = execFileSync(process.execPath, ["--import", "tsx", script], {
    env: { ...process.env, ...driver },
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(output.toString()) as Record<string, readonly number[] | string>;
}

test("training on WebGPU gives the losses of the CPU", ({ skip }) => {
  const { unavailable, webgpu, cpu } = trainInChild();
  if (unavailable) {
    process.stderr.write(`skipped: ${unavailable} (apt-get install chromium brings a driver)\n`);
    skip(String(unavailable));
  }

  for (const [step, loss] of Array.from(cpu as readonly number[]).entries())
    expect(webgpu?.[step]).toBeCloseTo(loss, 3);
});
