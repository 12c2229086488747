import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { agentOn, deviceOf } from "../../devices/index.ts";
import { linuxMachine } from "../../devices/linux-machine.ts";
import type { Transport } from "../../devices/transport.ts";
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

it("a board's power mode is that of all its clusters, and a Jetson's own mode is part of its platform", async () => {
  const local = localTransport();
  const printed = ["cpu0", "cpu4"].map(
    (cpu, i) =>
      `==wattsplit /sys/devices/system/cpu/${cpu}/cpufreq/scaling_governor\n${["schedutil", "performance"][i]}\n`,
  );
  const transport: Transport = {
    ...local,
    exec: async (argv, options) => {
      const text = argv.join(" ");
      if (text.includes("/proc/device-tree/model"))
        return {
          code: 0,
          stdout: "NVIDIA Jetson Orin Nano\0\u001e\u001e\u001e\u001e\u001eaarch64\n",
          stderr: "",
        };
      if (text.includes("==wattsplit")) return { code: 0, stdout: printed.join(""), stderr: "" };
      // As nvpmodel -q prints it, by JetPack 6.
      if (text === "nvpmodel -q") return { code: 0, stdout: "NV Power Mode: 15W\n0\n", stderr: "" };
      return local.exec(argv, options);
    },
  };

  const machine = await linuxMachine(transport, {
    ...{ runtime: "tflite", meters: ["none"], settings: { runner: program.path } },
  });
  const { identity, details } = await deviceOf("orin", agentOn(machine));

  expect(details.nvpmodel).toBe("15W");
  expect(identity.powerMode).toBe("schedutil+performance, nvpmodel 15W");
  expect((await machine.state()).powerMode).toBe("schedutil+performance");
});
