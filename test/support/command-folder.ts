import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDevice } from "../../devices/index.ts";
import type { PlatformIdentity } from "../../energy-db/records.ts";
import { formatNetwork } from "../../src/network/network-file.ts";
import { cli } from "./cli.ts";
import { smallNetwork, writeFormulaTable } from "./formula-table.ts";
import { smallGraphFile } from "./small-graph.ts";
import { steppedTable } from "./stepped-table.ts";
import { tracedTable } from "./traced-table.ts";

/** Files that commands need to succeed. */
export interface CommandFolder {
  readonly folder: string;
  /** A table of the small network on this very machine, its times by formula, its energy from 2 W. */
  readonly db: string;
  readonly platform: PlatformIdentity;
  /** The small network's file, and the output folder of a search that grew it. */
  readonly net: string;
  readonly found: string;
  /** A recorded trace: 0.3 W, a marker every second. */
  readonly trace: string;
  /** A table whose networks an instrument recorded beside, and its recording. */
  readonly traced: ReturnType<typeof tracedTable>;
  /** Another tool's table, and a table that holds it. */
  readonly foreign: string;
  readonly foreignDb: string;
}

/** What `wattsplit --device local` takes this machine for, one thread. */
export async function thisPlatform(): Promise<PlatformIdentity> {
  const device = await openDevice("local", { runtime: "ort-cpu", meter: "none", threads: 1 });
  try {
    return device.identity;
  } finally {
    await device.close();
  }
}

/** Made anew, by commands themselves where one makes it. */
export async function commandFolder(): Promise<CommandFolder> {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-commands-"));
  const platform = await thisPlatform();
  const db = writeFormulaTable(folder, { platform, assumePower_w: 2 });
  const [net, found] = [join(folder, "small.json"), join(folder, "found")];
  writeFileSync(net, formatNetwork(smallNetwork(2, 4)));
  writeFileSync(join(folder, "cora.json"), JSON.stringify(smallGraphFile()));
  writeFileSync(join(folder, "words.txt"), "the cat sat on the mat and the dog ran\n".repeat(100));
  const trace = join(folder, "trace.csv");
  const samples = Array.from({ length: 50 }, (_, i) => `${i / 10},0.3,${Math.floor(i / 10) % 2}`);
  writeFileSync(trace, ["time_s,power_w,marker", ...samples].join("\n"));
  const foreign = join(folder, "foreign.json");
  writeFileSync(foreign, JSON.stringify(steppedTable));
  const foreignDb = join(folder, "foreign.db");
  const traced = tracedTable(folder);
  const files = { folder, db, platform, net, found, trace, traced, foreign, foreignDb };
  for (const args of [
    ["table", "import", foreign, "--db", foreignDb],
    ["search", ...searchWords(files, found)],
  ]) {
    const { code, stderr } = await cli(args);
    if (code !== 0) throw new Error(`wattsplit ${args.join(" ")}: ${stderr}`);
  }
  return files;
}

/** A search of a second or two that the folder's table allows. */
export const searchWords = ({ net, db }: CommandFolder, out: string): readonly string[] => [
  ...["--net", net, "--data", "synthetic", "--db", db, "--latency-ms", "0.032"],
  ...["--recipe", "trial", "--train-threads", "1", "--out", out],
];
