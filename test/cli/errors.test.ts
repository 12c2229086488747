import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeAll, expect, test } from "vitest";
import { openDevice } from "../../devices/index.ts";
import { lockDevice } from "../../energy-db/index.ts";
import { recipes, type SearchHistory } from "../../search/index.ts";
import { writeDocument, writeFound } from "../../src/app/workflows/search-folder.ts";
import { exitCodes } from "../../src/errors.ts";
import { exportNetwork } from "../../src/network/export.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import type { Network } from "../../src/network/network.ts";
import { formatNetwork } from "../../src/network/network-file.ts";
import type { Weights } from "../../src/network/parameters.ts";
import { encodeModel } from "../../src/onnx/index.ts";
import { seededRandom } from "../../src/random.ts";
import { cli } from "../support/cli.ts";
import { smallNetwork, writeFormulaTable } from "../support/formula-table.ts";

let folder: string;
let db: string;
let net: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wattsplit-errors-"));
  db = writeFormulaTable(folder);
  net = join(folder, "small.json");
  writeFileSync(net, formatNetwork(smallNetwork(2, 4)));
});

const search = (changes: Record<string, string> = {}) => {
  const flags: Record<string, string> = {
    "--net": net,
    "--data": "synthetic",
    "--db": db,
    "--latency-ms": "0.05",
    "--recipe": "quick",
    "--out": join(mkdtempSync(join(tmpdir(), "wattsplit-out-")), "found"),
    ...changes,
  };
  return ["search", ...Object.entries(flags).flat()];
};

/** Wrong input, the exit code it leads to, what stderr must say, and the next step it must offer. */
const mistakes: readonly [
  string,
  () => readonly string[],
  keyof typeof exitCodes,
  RegExp,
  RegExp,
][] = [
  [
    "an unknown device",
    () => ["profile", "--device", "locla", "--net", "mnist-cnn", "--db", join(folder, "new.db")],
    "usage",
    /No device "locla"/,
    /Known: local/,
  ],
  [
    "finalists to be measured of a method that has none",
    () => [...search({ "--method": "uniform" }), "--confirm"],
    "usage",
    /Method uniform has no finalists to measure/,
    /take one of splitting, signed/,
  ],
  [
    "an unknown net",
    () => search({ "--net": "mnist-cn" }),
    "usage",
    /No network preset "mnist-cn"/,
    /Known: mnist-cnn/,
  ],
  [
    "an unknown data set",
    () => search({ "--data": "mnsit" }),
    "usage",
    /No data set "mnsit"/,
    /Known: mnist/,
  ],
  [
    "operators for a network without blocks",
    () => search({ "--method": "hurricane" }),
    "usage",
    /Method hurricane needs a network of blocks/,
    /--net hurricane-cifar/,
  ],
  [
    "an unknown method",
    () => search({ "--method": "magic" }),
    "usage",
    /No search method "magic"/,
    /Known: .*splitting/,
  ],
  [
    "an unknown recipe",
    () => search({ "--recipe": "slow" }),
    "usage",
    /No recipe "slow"/,
    /Known: /,
  ],
  [
    "an unknown meter",
    () => ["profile", "--meter", "rpal", "--net", "mnist-cnn", "--db", join(folder, "new.db")],
    "usage",
    /No meter "rpal"/,
    /Known: .*rapl/,
  ],
  [
    "data that does not fit the net",
    () => search({ "--data": "mnist" }),
    "usage",
    /28x28x1 images.*8x8x1/,
    /fit/,
  ],
  [
    "a budget below the smallest network",
    () => search({ "--latency-ms": "0.001" }),
    "budget",
    /latency 1 µs given, at least 27.3 µs needed/,
    /Raise the budget/,
  ],
  [
    "an energy budget without energy in the table",
    () => search({ "--energy-mj": "1" }),
    "unavailable",
    /energy/,
    /assumed power/,
  ],
  [
    "no budget",
    () => ["search", "--net", net, "--data", "synthetic", "--out", join(folder, "x"), "--db", db],
    "usage",
    /No budget/,
    /--latency-ms/,
  ],
  [
    "a budget that is no number",
    () => search({ "--latency-ms": "fast" }),
    "usage",
    /Expected a number above 0/,
    /latency-ms/,
  ],
  [
    "a table that is not there",
    () => ["query", "platforms", "--db", join(folder, "none.db")],
    "usage",
    /none\.db/,
    /profile/,
  ],
  [
    "a folder that holds no search",
    () => ["verify", folder],
    "usage",
    /history\.json/,
    /finished search/,
  ],
  [
    "a flag with a typing error",
    () => ["query", "platforms", "--dbb", db],
    "usage",
    /--dbb/,
    /Did you mean --db/,
  ],
  [
    "a network file with a mistake",
    () => search({ "--net": writeBroken() }),
    "usage",
    /layers\.0/,
    /network-format/,
  ],
  [
    "a width never measured",
    () => ["query", "cost", "--db", db, "--op", "conv2d", "--in", "8x8x1", "--out", "64"],
    "failure",
    /measured are 1 -> 2 to 16 channels/,
    /never extrapolated/,
  ],
];

function writeBroken(): string {
  const path = join(folder, "broken.json");
  writeFileSync(path, formatNetwork(smallNetwork(2, 4)).replace('"width": 2', '"width": -2'));
  return path;
}

test.each(mistakes)(
  "%s is one sentence, a next step and the right exit code",
  async (_, args, exit, says, hints) => {
    const { code, stderr, stdout } = await cli(args());

    expect(stderr).toMatch(says);
    expect(stderr).toMatch(hints);
    expect(code).toBe(exitCodes[exit]);
    expect(stdout).toBe("");
  },
);

test("a damaged database is refused with its path and a next step", async () => {
  const path = join(folder, "damaged.db");
  const bytes = readFileSync(db);
  bytes.fill(0x5a, 4096, bytes.length);
  writeFileSync(path, bytes);

  const { code, stderr } = await cli(["query", "platforms", "--db", path]);

  expect(stderr).toContain(path);
  expect(stderr.trim().split("\n")).toHaveLength(2);
  expect(code).toBe(exitCodes.failure);
});

test("another program's database is refused and left as it was", async () => {
  const path = join(folder, "foreign.db");
  const foreign = new Database(path);
  foreign.exec("create table people (name text)");
  foreign.close();
  const before = readFileSync(path);

  const { code, stderr } = await cli(["profile", "--net", net, "--db", path]);

  expect(stderr).toContain(path);
  expect(code).toBe(exitCodes.usage);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("a database of a newer version is refused with what to do", async () => {
  const path = writeFormulaTable(mkdtempSync(join(tmpdir(), "wattsplit-newer-")));
  const newer = new Database(path);
  newer.pragma("user_version = 9999");
  newer.close();

  const { code, stderr } = await cli(["query", "platforms", "--db", path]);

  expect(stderr).toMatch(/newer/i);
  expect(code).toBe(exitCodes.failure);
});

test("a second profile on one device is told who measures it", async () => {
  const device = await openDevice("local", { runtime: "ort-cpu", meter: "none", threads: 1 });
  const lock = lockDevice(device.identity, { purpose: "profile of lenet into other.db" });

  const { code, stderr } = await cli(["profile", "--net", net, "--db", join(folder, "second.db")]);
  lock.release();
  await device.close();

  expect(stderr).toMatch(
    /Device local is being measured by process \d+ \(profile of lenet into other\.db\)/,
  );
  expect(stderr.trim().split("\n")).toHaveLength(2);
  expect(code).toBe(exitCodes.unavailable);
});

test("an output folder that is a file is refused before anything is trained", async () => {
  const blocked = join(folder, "blocked");
  mkdirSync(join(folder, "dir"), { recursive: true });
  writeFileSync(blocked, "");

  const { code, stderr } = await cli(search({ "--out": join(blocked, "found") }));

  expect(stderr).toMatch(/Cannot write to the folder .*blocked/);
  expect(code).toBe(exitCodes.failure);
});

test.runIf(process.platform === "linux")(
  "an output folder where nobody may write is refused, and not tried for ever",
  async () => {
    const { code, stderr } = await cli(search({ "--out": "/proc/found" }));

    expect(stderr).toMatch(/Cannot write to the folder \/proc\/found/);
    expect(code).toBe(exitCodes.failure);
  },
);

test("a file of the output folder that cannot be written is no bug of ours", async () => {
  const out = mkdtempSync(join(tmpdir(), "wattsplit-unwritable-"));
  mkdirSync(join(out, "run.json"));

  const { code, stderr } = await cli(search({ "--out": out }));

  expect(stderr).toMatch(/EISDIR.*run\.json/);
  expect(stderr).toMatch(/Give a path you may read and write/);
  expect(stderr).not.toMatch(/bug/);
  expect(code).toBe(exitCodes.failure);
});

test("an interrupted search says how to go on, and a profile without the flag that only a search has", async () => {
  const signal = AbortSignal.abort();
  const profiling = ["profile", "--net", net, "--db", join(folder, "interrupted.db")];

  const searched = await cli(["--quiet", ...search()], { signal });
  const profiled = await cli(profiling, { signal });

  expect(searched.code).toBe(exitCodes.interrupted);
  expect(searched.stderr).toContain("Run the same command again with --resume to go on.");
  expect(profiled.code).toBe(exitCodes.interrupted);
  expect(profiled.stderr).toContain("Run the same command again to go on.");
});

test("a delivered model that is cut off or another's is not verified", async () => {
  const found = mkdtempSync(join(tmpdir(), "wattsplit-cut-"));
  const model = join(found, "network.onnx");
  writeSearch(found, smallNetwork(2, 4));
  const whole = readFileSync(model);

  writeFileSync(model, whole.subarray(0, whole.length / 2));
  const cut = await cli(["verify", found]);
  writeFileSync(model, encodeModel(exportNetwork(...weighted(smallNetwork(4, 4)))));
  const another = await cli(["verify", found]);

  expect(cut.stderr).toContain(model);
  expect(cut.stderr).toMatch(/ONNX/);
  expect(cut.code).toBe(exitCodes.usage);
  expect(another.stderr).toMatch(/not the network of network.json/);
  expect(another.code).toBe(exitCodes.usage);
});

const weighted = (network: Network): [Network, Weights] => [
  network,
  randomWeights(network, seededRandom(1)),
];

/** What a search leaves, without a search. */
function writeSearch(out: string, network: Network): void {
  const [, weights] = weighted(network);
  const history: SearchHistory = {
    format: "wattsplit-history",
    version: 2,
    training: { backend: "onnx-cpu", threads: 1 },
    account: { candidates: 0, epochs: 0, examples: 0, macs: 0, latency_s: 0, analysisMacs: 0 },
    network: network.name,
    method: "splitting",
    data: "synthetic",
    costs: "formula",
    budget: {},
    granularity: 1,
    recipe: recipes.quick,
    seed: 1,
    rounds: [],
  };
  writeFound(out, { network, weights, history });
  writeDocument(out, "run", {
    command: "wattsplit search",
    toolVersion: "test",
    generatedAt: "2026-01-01T00:00:00Z",
    db,
    device: "local",
    runtime: "ort-cpu",
    threads: 1,
    space: "small",
    budget: {},
    margin: 0,
  });
}
