import { copyFileSync, existsSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { type CostTable, type EnergyTable, loadCosts, openTable } from "../energy-db/index.ts";
import type { SearchData } from "../search/index.ts";
import type { CommandContext } from "../src/app/cli/context.ts";
import { searchData } from "../src/app/workflows/search-run.ts";
import { pick } from "../src/datasets/index.ts";
import type { Shape } from "../src/network/layer.ts";
import { seededRandom, shuffled } from "../src/random.ts";
import { createEngine, type Engine } from "../src/tensor/index.ts";
import type { ResultsFolder } from "./results-folder.ts";

/** The data an arm of an experiment trains on: the same for all arms. */
export interface DataChoice {
  readonly name: string;
  /** Training examples used, drawn once; held-out and test examples stay as they are. */
  readonly examples?: number;
}

export interface LaboratoryOptions {
  readonly context: CommandContext;
  readonly folder: ResultsFolder;
  /** A table to begin with: copied, never written to. */
  readonly db?: string | undefined;
  /** Threads of training: one, so that a second process can use a second core. */
  readonly threads?: number;
}

/** What tasks work with: opened when first needed, closed at the end. */
export class Laboratory {
  readonly context: CommandContext;
  readonly folder: ResultsFolder;
  readonly #threads: number;
  #engine: Promise<Engine> | undefined;
  readonly #data = new Map<string, Promise<SearchData>>();

  constructor({ context, folder, db, threads = 1 }: LaboratoryOptions) {
    this.context = context;
    this.folder = folder;
    this.#threads = threads;
    if (db !== undefined && !existsSync(this.db)) copyFileSync(db, this.db);
  }

  /** The experiment's own table: measurements go there. */
  get db(): string {
    return join(this.folder.path, "energy.db");
  }

  /** What training runs on, in words. */
  get trainedOn(): string {
    return `onnx-cpu, ${this.#threads} thread${this.#threads === 1 ? "" : "s"}`;
  }

  engine(): Promise<Engine> {
    this.#engine ??= createEngine({ backend: "onnx-cpu", threads: this.#threads });
    return this.#engine;
  }

  data({ name, examples }: DataChoice, input: Shape): Promise<SearchData> {
    const key = `${name} ${examples}`;
    const known = this.#data.get(key);
    if (known) return known;
    const loaded = loadSubset({ name, ...(examples ? { examples } : {}) }, input);
    this.#data.set(key, loaded);
    return loaded;
  }

  /** The costs of a search space on this machine; undefined where the table has none. */
  async withCosts<T>(
    space: string,
    use: (costs: CostTable, table: EnergyTable) => T | Promise<T>,
  ): Promise<T> {
    const table = openTable(this.db, { mode: "read" });
    try {
      const platform = table.findPlatform({ device: "local" });
      return await use(loadCosts(table, platform.id, { space }), table);
    } finally {
      table.close();
    }
  }

  async close(): Promise<void> {
    await (await this.#engine)?.close();
  }
}

/** Held-out examples and the subset are drawn with this seed in every run: arms differ in their own seeds alone. */
const dataSeed = 0;

async function loadSubset({ name, examples }: DataChoice, input: Shape): Promise<SearchData> {
  const data = await searchData(name, input, dataSeed);
  if (examples === undefined || examples >= data.train.count) return data;
  const drawn = shuffled(data.train.labels.keys(), seededRandom(dataSeed)).slice(0, examples);
  return { ...data, train: pick(data.train, drawn) };
}

/** "AMD EPYC, 2 logical cores". */
export function machineName(): string {
  const all = cpus();
  return `${all[0]?.model.trim() ?? "unknown processor"}, ${all.length} logical cores, node ${process.version}`;
}
