import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDevice, probeDevices } from "../../devices/index.ts";
import { openTable } from "../../energy-db/index.ts";
import { exportTflite } from "../../src/network/export-tflite.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { encodeTflite, readOperators } from "../../src/tflite/index.ts";
import { cli } from "../support/cli.ts";
import { type FakeBenchmarkModel, fakeBenchmarkModel } from "./fake-benchmark-model.ts";
import { adbMissing, type FakePhone, fakePhone } from "./fake-phone.ts";
import { law } from "./tflite-law.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-tflite-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of an mnist-cnn. */
function truth_s(multiplier: number): number {
  const network = findPreset("mnist-cnn").build({ multiplier });
  const weights = randomWeights(network, seededRandom(1));
  const operators = readOperators(encodeTflite(exportTflite(network, weights)));
  return operators.reduce((sum, operator) => sum + law.operator_s(operator), law.call_s);
}
const onPhone = "/data/local/tmp/benchmark_model";

describe.skipIf(adbMissing)(
  `TensorFlow Lite on a phone's stand-in${adbMissing ? ` (${adbMissing})` : ""}`,
  () => {
    let phone: FakePhone;
    let program: FakeBenchmarkModel;
    let device: string;
    const db = join(folder, "phone.db");
    const wattsplit = (...args: readonly string[]) =>
      cli([...args, "--db", db, "--device", device], { env: { WATTSPLIT_DEVICES: folder } });

    beforeAll(async () => {
      phone = await fakePhone();
      device = `adb:${phone.serial}`;
      program = fakeBenchmarkModel(join(phone.root, onPhone), { ...law, refused: ["GPU"] });
    });
    afterAll(() => {
      program?.close();
      phone?.close();
    });

    it("makes a table from an empty file with one command, verifies and checks it", {
      timeout: 300_000,
    }, async () => {
      const how = ["--runtime", "tflite", "--runner", onPhone];
      const few = ["--networks", "2", "--held-out", "0", "--target-ci", "0.5"];
      const hurried = ["--patience", "0.001s"];
      const profiled = await wattsplit("profile", "--net", "mnist-cnn", ...how, ...few, ...hurried);
      const verified = await wattsplit(
        ...["verify", "--net", "mnist-cnn", "--multiplier", "0.5", ...how, ...hurried, "--json"],
      );
      const checked = await cli(["table", "check", "--db", db]);

      expect([profiled.code, profiled.stderr]).toEqual([0, expect.any(String)]);
      expect([verified.code, verified.stderr]).toEqual([0, expect.any(String)]);
      const [row] = JSON.parse(verified.stdout).rows;
      expect(row.measured.latency_s / truth_s(0.5)).toBeCloseTo(1, 1);
      expect([checked.code, checked.stderr]).toEqual([0, expect.any(String)]);
      const table = openTable(db, { mode: "read" });
      const [platform] = table.platforms();
      expect(platform).toMatchObject({
        runtime: "tflite",
        runtimeVersion: "XNNPACK delegate",
        runtimeBuild: expect.stringMatching(/^[0-9a-f]{16}$/),
        precision: "float32",
        processor: "Tensor",
      });
      const rows = table.networkMeasurements(platform?.id ?? 0, { role: "design" });
      expect(rows.some(({ kernels }) => kernels.length > 0)).toBe(true);
      table.close();
    });

    it("reports a delegate that refused every network, and keeps its rows apart", async () => {
      const notices: string[] = [];
      const options = { folder, runtime: "tflite-gpu", runner: onPhone };
      const opened = await openDevice(device, {
        ...options,
        onNotice: (notice) => notices.push(notice),
      });
      await opened.close();
      const probed = await probeDevices(device, { folder });

      expect(opened.identity).toMatchObject({
        runtime: "tflite-gpu",
        runtimeVersion: "CPU without GPU delegate",
        precision: "float16",
      });
      expect(notices).toEqual([
        expect.stringContaining("the CPU ran what the GPU delegate did not"),
      ]);
      expect(probed.find(({ name }) => name === "tflite")).toMatchObject({
        works: false,
        detail: "no runner was named",
      });
    });

    it("says what to do without a runner, and for a precision that the runtime lacks", async () => {
      await expect(openDevice(device, { folder, runtime: "tflite" })).rejects.toMatchObject({
        exit: "unavailable",
        message: expect.stringContaining("no runner was named"),
      });
      await expect(
        openDevice(device, { folder, runtime: "tflite", runner: onPhone, precision: "float16" }),
      ).rejects.toMatchObject({ exit: "usage", hint: expect.stringContaining("float32, int8") });
    });
  },
);
