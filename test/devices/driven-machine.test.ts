import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { linuxMachine } from "../../devices/linux-machine.ts";
import { localTransport } from "../../devices/transports/local.ts";
import { fakeBenchmarkModel } from "./fake-benchmark-model.ts";
import { law } from "./tflite-law.ts";

// A host with a graphics card, whatever the one that runs the tests has.
vi.mock("../../devices/meters/nvml.ts", () => ({
  nvmlMeter: () => ({ id: "nvml", probe: async () => ({ ok: true }) }),
}));

const folder = mkdtempSync(join(tmpdir(), "wattsplit-driven-"));
const program = fakeBenchmarkModel(join(folder, "benchmark_model"), law);
afterAll(() => {
  program.close();
  rmSync(folder, { recursive: true, force: true });
});

const board = (meters: readonly string[], runtime = "tflite") =>
  linuxMachine(
    { ...localTransport(), name: "ssh pi@board" },
    { runtime, meters, settings: { runner: program.path } },
  );

it("a graphics card of the host is no meter of a board that is driven from it", async () => {
  expect((await board(["nvml", "none"])).meter.id).toBe("none");
});

it("such a meter, asked for by name, is refused with what to do", async () => {
  await expect(board(["nvml"])).rejects.toMatchObject({
    exit: "unavailable",
    message: expect.stringMatching(/Meter "nvml".*ssh pi@board is driven from another/),
    hint: expect.stringContaining("--command"),
  });
});

it("a runtime of this process is none of a board that is driven from it", async () => {
  await expect(board(["none"], "ort-cpu")).rejects.toMatchObject({
    exit: "unavailable",
    message: expect.stringContaining('Runtime "ort-cpu" is not available'),
  });
});
