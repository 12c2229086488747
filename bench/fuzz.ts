import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { patience_s } from "../energy-db/formats/parquet-reader.ts";
import { openTable, type SourceFile, tableFormats } from "../energy-db/index.ts";
import { importTable } from "../src/app/workflows/import-table.ts";
import { UserError } from "../src/errors.ts";
import { stepsOf } from "../src/network/import/index.ts";
import { parseOutline } from "../src/onnx/index.ts";
import { type Random, seededRandom } from "../src/random.ts";
import { examples } from "../test/energy-db/formats/examples.ts";
import { damagedModel } from "../test/support/damaged-model.ts";

/** What stopping a reader that lost its patience takes, s: a read of more than that and its patience hangs. */
const stopping_s = 2;
const largest_bytes = 65_536;
/** Every so many cases is a model. */
const modelEvery = 4;
/** What reading a model may take, s: it has no patience of its own. */
const mostForModel_s = 5;
/** Every so many cases is imported into a table that must stay whole. */
const importEvery = 50;

/**
 * `npm run bench -- fuzz [CASES] [SEED] [FOLDER]`: damaged files of every format, cut from examples and from real files under
 * FOLDER where there are any, are read by the format they come from or the one that recognises them. Whatever is thrown must be a
 * UserError; one of fifty is imported, and the table must hold it whole or not at all. Every fourth case is an ONNX model, damaged in its
 * bytes or in its graph.
 */
export async function run([
  cases = "100000",
  seed = "1",
  folder = "../shared/data/tables",
]: readonly string[]): Promise<void> {
  const seeds = seedsOf(folder);
  const random = seededRandom(Number(seed));
  const models = modelSeeds();
  const directory = mkdtempSync(join(tmpdir(), "fuzz-"));
  const tally = { read: 0, refused: 0, imported: 0, slowest_s: 0 };
  const started = performance.now();
  try {
    for (let i = 0; i < Number(cases); i++) {
      if (i % modelEvery === 0) {
        const model = models[random.below(models.length)] ?? new Uint8Array();
        await readModelCase(i, model, random, tally);
        continue;
      }
      const { format, bytes } = seeds[random.below(seeds.length)] ?? {
        format: "",
        bytes: new Uint8Array(),
      };
      const file = { name: `case ${i} of ${format}`, bytes: damage(bytes, random) };
      await readCase(file, format, tally);
      if (i % importEvery === 0) await importCase(file, directory, tally);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  const took_s = (performance.now() - started) / 1e3;
  console.log(
    `${cases} cases of ${new Set(seeds.map(({ format }) => format)).size} formats and ${models.length} ONNX models from ${seeds.length} files in ${took_s.toFixed(0)} s: ` +
      `${tally.read} read, ${tally.refused} refused, ${tally.imported} imports whole, slowest ${tally.slowest_s.toFixed(2)} s; no crash, no hang, nothing half-written`,
  );
}

interface Seed {
  readonly format: string;
  readonly bytes: Uint8Array;
}

function seedsOf(folder: string): readonly Seed[] {
  const own = Object.entries(examples).map(([format, { bytes }]) => ({ format, bytes }));
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
  const real = files.flatMap((name) => {
    const path = join(folder, name);
    if (!statSync(path).isFile()) return [];
    const file = { name, bytes: new Uint8Array(readFileSync(path)) };
    const format = tableFormats.find((one) => one.recognises(file));
    return format ? [{ format: format.id, bytes: file.bytes.subarray(0, largest_bytes) }] : [];
  });
  return [...own, ...real];
}

/** Graphs of models as exporters write them, without their weights. */
function modelSeeds(): readonly Uint8Array[] {
  const folder = join(import.meta.dirname, "../test/network/import/fixtures");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".onnx"))
    .map((name) => new Uint8Array(readFileSync(join(folder, name))));
}

async function readModelCase(
  i: number,
  whole: Uint8Array,
  random: Random,
  tally: Tally,
): Promise<void> {
  const bytes = random.below(2) === 0 ? damage(whole, random) : damagedModel(whole, random);
  const file = { name: `case ${i} of onnx`, bytes };
  const read = async () => stepsOf(parseOutline(bytes, file.name), file.name);
  await judgeReading(file, read, { most_s: mostForModel_s, tally });
}

const interesting = [0, 1, 0x2e, 0x28, 0x7f, 0x80, 0xff, ...Buffer.from('{}[]":,-eE.\\n\\t0')];

type Damage = (bytes: Uint8Array, random: Random) => Uint8Array;

const placeIn = (bytes: Uint8Array, random: Random): number =>
  random.below(Math.max(1, bytes.length));

const damages: readonly Damage[] = [
  (bytes, random) => bytes.fill(random.below(256), ...oneAt(placeIn(bytes, random))),
  (bytes, random) =>
    bytes.fill(
      interesting[random.below(interesting.length)] ?? 0,
      ...oneAt(placeIn(bytes, random)),
    ),
  (bytes, random) =>
    bytes.copyWithin(placeIn(bytes, random), placeIn(bytes, random), placeIn(bytes, random)),
  (bytes, random) => {
    const from = placeIn(bytes, random);
    return spliced(bytes, placeIn(bytes, random), bytes.slice(from, from + 200));
  },
  (bytes, random) =>
    spliced(bytes, placeIn(bytes, random), Buffer.from("9".repeat(1 + random.below(30)))),
  (bytes, random) =>
    random.below(4) === 0 ? bytes.slice(0, placeIn(bytes, random)) : Uint8Array.from(bytes),
];

const oneAt = (at: number) => [at, at + 1] as const;

/** Bytes changed, parts moved or doubled, numbers made long, the end cut off: up to eight of it. */
function damage(whole: Uint8Array, random: Random): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(whole);
  for (let i = 1 + random.below(8); i > 0; i--)
    bytes = damages[random.below(damages.length)]?.(bytes, random) ?? bytes;
  return bytes;
}

function spliced(bytes: Uint8Array, at: number, extra: Uint8Array): Uint8Array {
  // No Buffer: that throws where an empty file is filled.
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), extra, bytes.subarray(at)]));
}

interface Tally {
  read: number;
  refused: number;
  imported: number;
  slowest_s: number;
}

async function readCase(file: SourceFile, id: string, tally: Tally): Promise<void> {
  const recognised = tableFormats.find((format) => format.recognises(file));
  const format = recognised ?? tableFormats.find((one) => one.id === id);
  const read = async () => await format?.read(file);
  await judgeReading(file, read, { most_s: patience_s(file.bytes) + stopping_s, tally });
}

/** Files are read, or refused in the words of a UserError, in time; what does otherwise is kept and ends the bench. */
async function judgeReading(
  file: SourceFile,
  read: () => Promise<unknown>,
  { most_s, tally }: { readonly most_s: number; readonly tally: Tally },
): Promise<void> {
  const before = process.cpuUsage();
  try {
    await read();
    tally.read++;
  } catch (error) {
    if (!(error instanceof UserError)) throw keep(file, error);
    tally.refused++;
  }
  // Time of the processor: a machine that does something else hangs nothing.
  const { user, system } = process.cpuUsage(before);
  const took_s = (user + system) / 1e6;
  tally.slowest_s = Math.max(tally.slowest_s, took_s);
  if (took_s > most_s) throw keep(file, new Error(`It took ${took_s.toFixed(1)} s`));
}

/** Into a new table: all tables of the file, or none. */
async function importCase(file: SourceFile, folder: string, tally: Tally): Promise<void> {
  const path = join(folder, "case");
  const db = join(folder, "energy.db");
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  writeFileSync(path, file.bytes);
  const table = openTable(db, { mode: "write", create: true });
  try {
    const imported = await importTable(table, {
      path,
      device: "d",
      importedAt: "2026-01-01T00:00:00Z",
      toolVersion: "0",
    });
    const kept = table.foreignTables();
    const rows = (tables: readonly { readonly rows: number }[]) =>
      tables.reduce((sum, one) => sum + one.rows, 0);
    if (rows(imported) !== rows(kept.map((one) => ({ rows: one.rows.length }))))
      throw keep(file, new Error("The table holds other rows than were imported"));
    tally.imported++;
  } catch (error) {
    if (!(error instanceof UserError)) throw keep(file, error);
    if (table.foreignTables().length > 0) throw keep(file, new Error("Refused, and half-written"));
  } finally {
    table.integrity();
    table.close();
  }
}

/** The error, once the file that it came from is kept. */
function keep({ name, bytes }: SourceFile, cause: unknown): Error {
  const path = join(tmpdir(), `fuzz-${name.replaceAll(" ", "-")}`);
  writeFileSync(path, bytes);
  return new Error(`${name} failed; kept as ${path}`, { cause });
}
