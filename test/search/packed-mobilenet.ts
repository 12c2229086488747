import { growingWidths, type ShapeRequest } from "../../search/index.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import { presets } from "../../src/network/presets.ts";
import { packedPlatform } from "../support/packed-platform.ts";

const reference = presets["mobilenet-v1-cifar"].build({});

/** mobilenet-v1-cifar on a paper runtime that packs channels in blocks of 16, within 100 µs. */
export const packedMobilenet: ShapeRequest = {
  reference,
  costs: {
    source: "a packed platform",
    overhead: { latency_s: packedPlatform.call_s },
    kernel: (kernel: Kernel) => ({ latency_s: packedPlatform.kernel_s(kernel) }),
  },
  budget: { latency_s: 100e-6 },
  caps: growingWidths(reference),
  granularity: 16,
};
