import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openDevice, probeDevices, recordsOf, scriptModel } from "../../devices/index.ts";
import { ortPerfTestRuntime, readPerfTest } from "../../devices/runtimes/ort-perf-test.ts";
import { adbTransport } from "../../devices/transports/adb.ts";
import { execProgram } from "../../devices/transports/child.ts";
import { localTransport } from "../../devices/transports/local.ts";
import { sampleStep, samplingRules } from "../../profiler/sampling.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { fakeAdbd } from "./fake-adbd.ts";
import { fakePerfTest } from "./fake-perf-test.ts";
import { adbMissing, type FakePhone, fakePhone } from "./fake-phone.ts";
import { transportSuite } from "./transport-suite.ts";

function trial() {
  const network = findPreset("mnist-cnn").build({ multiplier: 0.25 });
  return scriptModel("net", network, randomWeights(network, seededRandom(1)), 1);
}
const dumpsys = `#!/bin/sh
echo "============= PowerStats HAL 2.0 energy meter =============="
echo "   [S2M_VDD_CPUCL2]:CPU   30203.50 mWs ( 12.00)"
echo "========== End of PowerStats HAL 2.0 energy meter =========="
`;
describe.skipIf(adbMissing)(
  `over adb to a phone's stand-in${adbMissing ? ` (${adbMissing})` : ""}`,
  () => {
    let phone: FakePhone;
    let serial: string;
    const folder = mkdtempSync(join(tmpdir(), "wattsplit-adb-"));
    const runner = join(folder, "onnxruntime_perf_test");

    beforeAll(async () => {
      // No program here: it is copied.
      writeFileSync(runner, fakePerfTest, { mode: 0o644 });
      phone = await fakePhone({ dumpsys });
      serial = phone.serial;
      writeFileSync(
        join(folder, "phone.json"),
        JSON.stringify({
          id: "phone",
          summary: "stand-in",
          transports: ["adb"],
          address: serial,
          runner,
          runtimes: ["ort-perf-test"],
          meters: ["android-odpm", "android-battery", "none"],
          sources: [],
        }),
      );
    });
    afterAll(() => {
      phone?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    transportSuite("adb", () => adbTransport({ serial }), {
      devicePath: (path) => path.replace(tmpdir(), "/data/local/tmp"),
      localOf: (path) => join(phone.root, path),
    });

    it("tells exit codes of a phone whose shell hands none on", async () => {
      const old = await fakeAdbd({ root: phone.root, features: "cmd" });
      const address = `127.0.0.1:${old.port}`;
      const transport = adbTransport({ serial: address });
      await transport.reach();

      expect(await transport.exec(["sh", "-c", "echo out; exit 7"])).toMatchObject({
        code: 7,
        stdout: "out\n",
      });
      await execProgram(["adb", "disconnect", address]);
      old.close();
    });

    it("says of every runtime and meter whether it works", async () => {
      const rows = await probeDevices("phone", { folder });

      expect(rows.map(({ name, works }) => [name, works])).toEqual([
        ["ort-perf-test", true],
        ["android-odpm", true],
        ["android-battery", false],
        ["none", true],
      ]);
    });

    it("follows a script, and goes on after the cable was pulled", async () => {
      const device = await openDevice("phone", { folder });
      expect(device.identity).toMatchObject({ processor: "Tensor", os: "Android 14" });
      expect(device.capabilities.meter.id).toBe("android-odpm");
      const model = trial();
      const rules = { ...samplingRules, calmSamples: 2, maxSamples: 2, hurriedSamples: 2 };
      const script = {
        version: 1 as const,
        threads: 1,
        seed: 1,
        models: [model],
        steps: [sampleStep(["net"], rules, { patience_s: 0, profiled: ["net"] })],
      };

      phone.unplug();
      const raw = await device.measure(script);

      const [batches] = recordsOf(raw, "batches");
      expect(recordsOf(raw, "batches")).toHaveLength(1);
      expect(
        [...(batches?.duration_s ?? [])].map((time, i) => time / (batches?.runs[i] ?? 0)),
      ).toEqual(Array.from({ length: 14 }, () => expect.closeTo(1.25e-3, 9)));
      const [nodes] = recordsOf(raw, "nodes");
      expect(nodes?.times_s[nodes.layers.indexOf("conv1")]).toBeCloseTo(70e-6, 9);
      await device.close();
    });

    it("connects a phone in the network that adb does not know", async () => {
      await execProgram(["adb", "disconnect", serial]);

      expect((await probeDevices("phone", { folder })).map(({ works }) => works)).toContain(true);
    });

    it("tells a program's own exit 255 from a lost phone", async () => {
      const transport = adbTransport({ serial });

      expect((await transport.exec(["sh", "-c", "exit 255"])).code).toBe(255);
      const begun = join(phone.root, "data/local/tmp/begun");
      const ran = transport.exec(["sh", "-c", "echo > /data/local/tmp/begun; sleep 20"]);
      await vi.waitFor(() => expect(existsSync(begun)).toBe(true), { timeout: 10_000 });
      phone.unplug();
      await expect(ran).rejects.toMatchObject({ name: "TransportError", kind: "lost" });
    });

    it("says what to do for a phone that is not there", async () => {
      await expect(
        openDevice("adb:nowhere", { folder, runtime: "ort-perf-test" }),
      ).rejects.toMatchObject({
        exit: "unavailable",
        message: expect.stringContaining("cannot be reached"),
      });
    });
  },
);

it("of several phones none is taken", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-two-phones-"));
  const said = "adb: error: more than one device/emulator";
  writeFileSync(join(folder, "adb"), `#!/bin/sh\necho "${said}" >&2; exit 1\n`, { mode: 0o755 });
  const transport = adbTransport({ env: { PATH: `${folder}:/bin` } });

  await expect(transport.reach()).rejects.toMatchObject({
    kind: "lost",
    message: expect.stringContaining("more than one device"),
  });
  rmSync(folder, { recursive: true });
});

describe("what onnxruntime_perf_test prints", () => {
  it("of another provider than asked for is told of the network", async () => {
    const folder = mkdtempSync(join(tmpdir(), "wattsplit-perf-test-"));
    const runner = join(folder, "onnxruntime_perf_test");
    const says = "echo Falling back to CPUExecutionProvider";
    writeFileSync(runner, `${fakePerfTest}${says}\n`, { mode: 0o755 });
    const surroundings = { transport: localTransport(), folder, settings: { runner } };
    const model = await ortPerfTestRuntime(surroundings).load(trial(), { threads: 1 });

    expect(model.fallback).toBeUndefined();
    await model.run(3);

    expect(model.fallback).toContain("CPUExecutionProvider");
    await model.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    [
      "old",
      "Total inference time cost: 6.22935 s\nTotal inference requests: 100\nAverage inference time cost: 62.2935 ms\n",
      100,
      6.22935,
    ],
    [
      "new",
      "Total inference time cost: 0.49481 s\nTotal inference requests: 5\nAverage inference time cost total: 98.961997 ms\n",
      5,
      0.494809985,
    ],
  ])("is understood in its %s form", (_, text, runs, total_s) => {
    expect(readPerfTest(text)).toEqual({ runs, total_s: expect.closeTo(total_s, 6) });
  });

  it("is no result without its totals", () => {
    expect(readPerfTest("Failed to load model")).toBeUndefined();
  });
});
