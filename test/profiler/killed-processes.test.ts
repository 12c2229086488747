import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, describe, expect, it, vi } from "vitest";
import { openTable } from "../../energy-db/index.ts";
import { seededRandom } from "../../src/random.ts";
import { wattsplitCommand } from "../support/wattsplit-command.ts";

/** Of the host and of its agent, each. By hand: WATTSPLIT_KILLS=10 npx vitest run test/profiler/killed-processes.test.ts */
const kills = Number(process.env.WATTSPLIT_KILLS ?? 1);
/** By hand longer than a block of loads takes, so that some kills come after rows were stored. */
const longestDelay_s = kills > 1 ? 12 : 1.5;

const folder = mkdtempSync(join(tmpdir(), "wattsplit-processes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const id of ["left", "right"])
  writeFileSync(
    join(folder, `${id}.json`),
    JSON.stringify({
      id,
      summary: "this machine under another name",
      transports: ["local"],
      runtimes: ["ort-cpu"],
      meters: ["none"],
      sources: [],
    }),
  );

interface Host {
  readonly child: ChildProcess;
  /** Until it has said this on its standard error, or ended. */
  says(text: string): Promise<void>;
  readonly ended: Promise<unknown>;
}

/** A real `wattsplit profile` of a small plan, content with wide intervals and any moment. */
function profileInto(db: string, device: string, networks: number): Host {
  const [program = "", ...args] = wattsplitCommand;
  const flags = ["--networks", `${networks}`, "--held-out", "0"];
  const content = ["--target-ci", "0.9", "--patience", "0.001s"];
  const child = spawn(
    program,
    [
      ...args,
      "profile",
      "--net",
      "mnist-cnn",
      "--device",
      device,
      "--db",
      db,
      ...flags,
      ...content,
    ],
    {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, WATTSPLIT_DEVICES: folder },
    },
  );
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said += chunk;
  });
  const ended = once(child, "exit");
  return {
    child,
    ended,
    says: async (text) => {
      while (!said.includes(text) && child.exitCode === null && child.signalCode === null)
        await Promise.race([once(child.stderr ?? child, "data"), ended]);
    },
  };
}

/** The measuring process of a host: it has other children too. */
function agentOf({ child: { pid } }: Host): number | undefined {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" ").filter(Boolean),
  );
  const agent = children.find((child) =>
    readFileSync(`/proc/${child}/cmdline`, "utf8").includes("agent/process"),
  );
  return agent === undefined ? undefined : Number(agent);
}

const isAlive = (pid: number): boolean => {
  try {
    // One that ended and that nobody has asked for is still listed.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

function readRows(db: string) {
  const table = openTable(db, { mode: "read" });
  table.integrity();
  const rows = table.platforms().flatMap(({ id, device }) =>
    table
      .networkMeasurements(id)
      .filter(({ role }) => role !== "canary")
      .map((row) => ({ ...row, device })),
  );
  table.close();
  return rows;
}

/** Three calm loads of every network, a fourth where the interval was wide still, or as many tries as a busy machine gets. */
function expectWhole(
  rows: ReturnType<typeof readRows>,
  devices: readonly string[],
  networks: number,
) {
  const groups = new Map<string, typeof rows>();
  for (const row of rows) {
    const key = `${row.device} ${JSON.stringify(row.network.layers)}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  expect(groups.size).toBe(devices.length * networks);
  for (const group of groups.values()) {
    const drifted = group.filter(({ flags }) => flags.includes("drift"));
    expect(group.length - drifted.length).toBeLessThanOrEqual(4);
    expect(group.length).toBeGreaterThanOrEqual(3);
    const places = group.map(({ sessionId, load, attempt }) => `${sessionId} ${load} ${attempt}`);
    expect(new Set(places).size).toBe(group.length);
  }
}

describe.skipIf(process.platform !== "linux")(
  "real processes that profile (on Linux, which tells who is whose child)",
  () => {
    it(
      `lose and double no row when host and agent are killed, ${kills} times each`,
      async () => {
        const db = join(folder, "killed.db");
        // Work for longer than all the moments together.
        const networks = 3 * kills;
        const random = seededRandom(7);
        const aMoment = () => delay(1000 * longestDelay_s * random.uniform());
        let kept: readonly number[] = [];
        for (let kill = 0; kill < kills; kill++) {
          const host = profileInto(db, "left", networks);
          await host.says("loads");
          await aMoment();
          const agent = agentOf(host);
          process.kill(agent ?? 0, "SIGKILL");
          await host.says("going on");
          await aMoment();
          const second = agentOf(host);
          host.child.kill("SIGKILL");
          await host.ended;

          expect(host.child.signalCode).toBe("SIGKILL");
          const ids = readRows(db).map(({ id }) => id);
          expect(ids.slice(0, kept.length)).toEqual(kept);
          kept = ids;
          // Nobody is left who measures on, and disturbs whoever comes next.
          if (second !== undefined)
            await vi.waitFor(() => expect(isAlive(second)).toBe(false), { timeout: 20_000 });
        }

        if (kills > 1) expect(kept.length).toBeGreaterThan(0);
        const last = profileInto(db, "left", networks);
        await last.ended;

        expect(last.child.exitCode).toBe(0);
        const rows = readRows(db);
        expect(rows.slice(0, kept.length).map(({ id }) => id)).toEqual(kept);
        expectWhole(rows, ["left"], networks);
      },
      60_000 * (kills + 2),
    );

    it("fill one table with two devices at once", async () => {
      const db = join(folder, "two.db");
      const networks = 2;
      const hosts = ["left", "right"].map((device) => profileInto(db, device, networks));

      await Promise.all(hosts.map(({ ended }) => ended));

      expect(hosts.map(({ child }) => child.exitCode)).toEqual([0, 0]);
      expectWhole(readRows(db), ["left", "right"], networks);
    });
  },
);
