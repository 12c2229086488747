import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openDevice, probeDevices, recordsOf, scriptModel } from "../../devices/index.ts";
import { sshTransport } from "../../devices/transports/ssh.ts";
import { openTable } from "../../energy-db/index.ts";
import { sampleStep, samplingRules } from "../../profiler/sampling.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { cli } from "../support/cli.ts";
import { wattsplitCommand } from "../support/wattsplit-command.ts";
import { cuttingProxy } from "./cutting-proxy.ts";
import { loopbackSshd, sshdMissing } from "./loopback-sshd.ts";
import { transportSuite } from "./transport-suite.ts";

const missing = sshdMissing();
const folder = mkdtempSync(join(tmpdir(), "wattsplit-ssh-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const network = findPreset("mnist-cnn").build({ multiplier: 0.25 });
const model = scriptModel("net", network, randomWeights(network, seededRandom(1)), 1);
const rules = { ...samplingRules, calmSamples: 30, maxSamples: 30, hurriedSamples: 30 };
const script = {
  version: 1 as const,
  threads: 1,
  seed: 1,
  models: [model],
  steps: [sampleStep(["net"], rules, { patience_s: 0, profiled: ["net"] })],
};

describe.skipIf(missing !== undefined)(
  `over ssh to this machine${missing ? ` (${missing})` : ""}`,
  () => {
    let sshd: Awaited<ReturnType<typeof loopbackSshd>>;
    beforeAll(async () => {
      sshd = await loopbackSshd();
    });
    afterAll(() => sshd?.stop());

    /** One of the user's own devices behind this port. */
    const addBoard = (
      id: string,
      port: number,
      command: readonly string[] = wattsplitCommand,
    ): void =>
      writeFileSync(
        join(folder, `${id}.json`),
        JSON.stringify({
          id,
          summary: "this machine over ssh",
          transports: ["ssh"],
          address: "loopback",
          sshConfig: sshd.configFor(port, id),
          command,
          runtimes: ["ort-cpu"],
          meters: ["rapl", "none"],
          sources: [],
        }),
      );

    transportSuite("ssh", () => sshTransport({ host: "loopback", configFile: sshd.configFile }));

    it("a program that is not waited for ends with all that it started, and its own 255 is no loss", async () => {
      const transport = sshTransport({ host: "loopback", configFile: sshd.configFile });
      const file = join(folder, "child.pid");

      await expect(
        transport.exec(["sh", "-c", `sleep 60 & echo $! > ${file}; wait`], { timeout_s: 2 }),
      ).rejects.toMatchObject({ kind: "timeout" });

      const pid = Number(readFileSync(file, "utf8"));
      await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(/ESRCH/), {
        timeout: 10_000,
      });
      expect((await transport.exec(["sh", "-c", "exit 255"])).code).toBe(255);
      await transport.close();
    });

    it("without the package there its runtimes and meters do not work, and no meter does", async () => {
      addBoard("bare", sshd.port, ["no-such-wattsplit"]);

      const rows = await probeDevices("bare", { folder });

      expect(rows.map(({ name, works }) => [name, works])).toEqual([
        ["ort-cpu", false],
        ["rapl", false],
        ["none", true],
      ]);
      expect(rows[0]?.detail).toContain("no-such-wattsplit");
    });

    it("asks the package there with the device's settings, also of parts that its own machine lacks", async () => {
      addBoard("asked", sshd.port);
      const file = join(folder, "asked.json");
      writeFileSync(
        file,
        JSON.stringify({
          ...JSON.parse(readFileSync(file, "utf8")),
          runtimes: ["ort-cpu", "tflite"],
          meters: ["shelly", "none"],
          settings: { shelly: "127.0.0.1:1" },
          runner: "/nowhere/benchmark_model",
        }),
      );

      const rows = await probeDevices("asked", { folder });

      expect(rows).toEqual([
        expect.objectContaining({ name: "ort-cpu", works: true }),
        expect.objectContaining({
          name: "tflite",
          works: false,
          detail: expect.stringContaining("/nowhere/benchmark_model"),
        }),
        expect.objectContaining({
          name: "shelly",
          detail: expect.stringContaining("no plug answers at 127.0.0.1:1"),
        }),
        expect.objectContaining({ name: "none", works: true }),
      ]);
    });

    it("says so where something else answers than wattsplit", async () => {
      addBoard("noise", sshd.port, ["echo", "{ no JSON"]);

      const [row] = await probeDevices("noise", { folder });

      expect(row).toMatchObject({
        works: false,
        detail: expect.stringMatching(/no wattsplit answers there: \{ no JSON/),
        remedy: expect.stringContaining("Install"),
      });
    });

    it("refuses a host whose key is not the known one", async () => {
      const configFile = sshd.configFor(sshd.port, "stranger");
      writeFileSync(configFile.replace("config_", "known_"), "");
      const transport = sshTransport({ host: "loopback", configFile });

      await expect(transport.exec(["true"])).rejects.toMatchObject({
        name: "TransportError",
        kind: "lost",
        message: expect.stringContaining("Host key verification failed"),
      });
      await transport.close();
    });

    it("a machine without the package is told apart from one that cannot be reached", async () => {
      addBoard("bare", sshd.port, ["no-such-program"]);
      addBoard("gone", 1);

      await expect(openDevice("bare", { folder })).rejects.toMatchObject({
        exit: "unavailable",
        message: expect.stringContaining("No wattsplit agent"),
      });
      await expect(openDevice("gone", { folder })).rejects.toMatchObject({
        exit: "unavailable",
        message: expect.stringContaining("cannot be reached"),
      });
    });

    it("a table of mnist-cnn comes from an empty database with one command", async () => {
      addBoard("board", sshd.port);
      const db = join(folder, "board.db");

      const { code, stderr } = await cli(
        [
          "profile",
          "--net",
          "mnist-cnn",
          "--device",
          "board",
          "--db",
          db,
          ...["--networks", "2", "--held-out", "0"],
          // How long it waits for calm moments, and how narrow intervals are, is no matter here.
          ...["--patience", "0.001s", "--target-ci", "0.9"],
        ],
        { env: { WATTSPLIT_DEVICES: folder } },
      );

      expect([code, stderr]).toEqual([0, expect.any(String)]);
      const table = openTable(db, { mode: "read" });
      const [platform] = table.platforms();
      expect(platform).toMatchObject({ device: "board", runtime: "ort-cpu" });
      const rows = table.networkMeasurements(platform?.id ?? 0);
      // Loads beyond the third are those that --target-ci asked for.
      const first = rows.filter(
        ({ role, attempt, load }) => role === "design" && attempt === 0 && load < 3,
      );
      expect(first).toHaveLength(6);
      expect(
        new Set(rows.map((row) => [row.role, row.position, row.load, row.attempt].join())).size,
      ).toBe(rows.length);
      expect(rows.flatMap(({ kernels }) => kernels).length).toBeGreaterThan(0);
      table.close();
    });

    it("a script goes on after the cable was pulled, and no record comes twice", async () => {
      const proxy = await cuttingProxy(sshd.port);
      addBoard("cable", proxy.port);
      const notices: string[] = [];
      const device = await openDevice("cable", { folder, onNotice: (text) => notices.push(text) });

      proxy.cutAfter(1);
      const first = await device.measure(script);
      proxy.cutAfter(3000);
      const second = await device.measure(script);

      expect(proxy.cuts).toBe(2);
      for (const raw of [first, second]) {
        expect(raw.records.map(({ kind }) => kind)).toEqual([
          "state",
          "waited",
          "batches",
          "nodes",
          "state",
        ]);
        expect(new Set(recordsOf(raw, "batches")[0]?.sample).size).toBe(30);
      }
      expect(notices.filter((text) => text.includes("going on"))).toHaveLength(2);
      await device.close();
      proxy.close();
    });

    it("a script goes on after the agent was killed", async () => {
      const pidFile = join(folder, "agent.pid");
      const shell = `echo $$ > ${pidFile}; exec "$@"`;
      addBoard("killed", sshd.port, ["sh", "-c", shell, "sh", ...wattsplitCommand]);
      const device = await openDevice("killed", { folder });

      const measured = device.measure(script);
      process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");

      expect(recordsOf(await measured, "batches")).toHaveLength(1);
      await device.close();
    });

    it("gives up on a device that stays away, and says so", async () => {
      const proxy = await cuttingProxy(sshd.port);
      addBoard("away", proxy.port);
      const device = await openDevice("away", { folder, reconnectPatience_s: 0 });
      proxy.close();

      await expect(device.measure(script)).rejects.toMatchObject({
        exit: "unavailable",
        message: expect.stringContaining("did not come back"),
      });
      await device.close();
    });
  },
);
