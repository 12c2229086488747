import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { systemClock } from "../clock.ts";
import { hashOfFiles } from "../installed-package.ts";
import type { Availability } from "../meter.ts";
import type { Runtime } from "../runtime.ts";
import type { OrtProvider } from "./ort-session.ts";

const packageName = "onnxruntime-node";
const resolve = createRequire(import.meta.url);

/** ONNX Runtime's own CPU kernels. Loaded at first use: the process that asks for measurements never needs it. */
export function ortCpuRuntime(): Runtime {
  const profiler = { rehearsed: false };
  return {
    ...ortRuntime("cpu"),
    precisions: ["float32", "int8"],
    profile: async (model, { threads }) =>
      (await sessions()).profileSession(model, threads, systemClock, profiler),
  };
}

/**
 * ONNX Runtime on a graphics processor; what that leaves to the CPU is told of every network. Without a node profiler: it
 * would time when work is handed over, not how long it takes.
 */
export const ortGpuRuntime = (provider: Exclude<OrtProvider, "cpu">) => (): Runtime =>
  ortRuntime(provider);

const sessions = () => import("./ort-session.ts");

const ortRuntime = (provider: OrtProvider): Runtime => ({
  id: `ort-${provider}`,
  version: packageVersion(),
  build: async () => binaryHash() ?? "unknown",
  probe: () => probe(provider),
  load: async (model, { threads }) =>
    (await sessions()).loadSession(model, { provider, threads }, systemClock),
});

const remedies: Record<OrtProvider, string> = {
  cpu: `npm rebuild ${packageName}, on Linux, macOS or Windows with x64 or arm64`,
  webgpu:
    "Install a Vulkan driver (Debian: mesa-vulkan-drivers), or let VK_ICD_FILENAMES name the file of one before starting.",
  cuda: `Install NVIDIA's driver, CUDA 12 and cuDNN 9, then: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild ${packageName}`,
};

async function probe(provider: OrtProvider): Promise<Availability> {
  const refusal = (reason: string): Availability => ({
    ok: false,
    reason,
    remedy: remedies[provider],
  });
  // Asked first: in vain, ONNX Runtime prints an error of its own.
  if (provider === "cuda" && !hasCudaLibrary())
    return refusal(`${packageName} was installed without its CUDA library`);
  try {
    await (await sessions()).tryProvider(provider);
    return { ok: true, note: `${packageName} ${packageVersion()}` };
  } catch (error) {
    return refusal(`${packageName} does not run on ${provider} here: ${reasonIn(error)}`);
  }
}

/** What ONNX Runtime's errors say after the place in its sources that they come from. */
function reasonIn(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return /Failed to .*/.exec(said)?.[0] ?? said.split("\n", 1)[0] ?? said;
}

const packageFolder = (): string => dirname(resolve.resolve(`${packageName}/package.json`));

const hasCudaLibrary = (): boolean =>
  readdirSync(join(packageFolder(), "bin"), { recursive: true, encoding: "utf8" }).some((path) =>
    path.includes("onnxruntime_providers_cuda"),
  );

function packageVersion(): string {
  const manifest: unknown = resolve(`${packageName}/package.json`);
  return typeof manifest === "object" && manifest && "version" in manifest
    ? String(manifest.version)
    : "unknown";
}

/** SHA-256 over the shared libraries of this platform, in the order of their names. */
function binaryHash(): string | undefined {
  try {
    const bin = join(packageFolder(), "bin");
    const abi = readdirSync(bin).find((name) => name.startsWith("napi-v"));
    if (!abi) return undefined;
    const folder = join(bin, abi, process.platform, process.arch);
    return hashOfFiles(
      readdirSync(folder)
        .sort()
        .map((file) => join(folder, file)),
    );
  } catch {
    return undefined;
  }
}
