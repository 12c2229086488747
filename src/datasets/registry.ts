import { homedir } from "node:os";
import { join } from "node:path";
import { unknownName } from "../errors.ts";
import type { OnProgress } from "../progress.ts";
import { loadCifar10 } from "./cifar10.ts";
import { loadCifar100 } from "./cifar100.ts";
import type { Dataset } from "./dataset.ts";
import { debianFolder, loadFashionMnist } from "./fashion-mnist.ts";
import { imageFolderClasses, loadImageFolder } from "./image-folder.ts";
import { loadKws12 } from "./kws12.ts";
import { loadMnist } from "./mnist.ts";
import { syntheticBlobs } from "./synthetic-blobs.ts";

interface Entry {
  /** A number, or what the folder given tells. */
  readonly classes: number | ((given: string | undefined) => number);
  /** From the folder given, or else from where the set is kept; `fetched` is the folder of fetched data sets. */
  load(
    given: string | undefined,
    fetched: string,
    onProgress?: OnProgress,
  ): Dataset | Promise<Dataset>;
}

/** One line per data set: what `--data NAME` and `--data NAME:FOLDER` accept. */
const entries: Readonly<Record<string, Entry>> = {
  mnist: { classes: 10, load: (given) => loadMnist(given) },
  "fashion-mnist": { classes: 10, load: (given) => loadFashionMnist(given ?? debianFolder) },
  cifar10: {
    classes: 10,
    load: (given, fetched) => loadCifar10(given ?? join(fetched, "cifar10")),
  },
  cifar100: {
    classes: 100,
    load: (given, fetched) => loadCifar100(given ?? join(fetched, "cifar100")),
  },
  kws12: { classes: 12, load: (given, fetched) => loadKws12(given, join(fetched, "kws12")) },
  images: {
    classes: imageFolderClasses,
    load: (given, fetched, onProgress) =>
      loadImageFolder(given, join(fetched, "images"), onProgress),
  },
  synthetic: { classes: 4, load: () => syntheticBlobs() },
};

/** Names that `loadDataset` knows. */
export const datasetNames: readonly string[] = Object.keys(entries);

/** Where fetched data sets lie: $WATTSPLIT_DATA, else ~/.cache/wattsplit. */
export function datasetsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.WATTSPLIT_DATA || join(homedir(), ".cache", "wattsplit");
}

/**
 * Loads NAME, or NAME:FOLDER with files that the user brings; an unknown name, files that are missing, damaged or of
 * another set are a UserError that says what to do.
 */
export async function loadDataset(
  name: string,
  {
    folder = datasetsFolder(),
    onProgress,
  }: { readonly folder?: string; readonly onProgress?: OnProgress | undefined } = {},
): Promise<Dataset> {
  const { entry, given } = entryOf(name);
  return await entry.load(given, folder, onProgress);
}

/** Classes of a data set, known without loading it; an unknown name is a UserError. */
export function datasetClasses(name: string): number {
  const { entry, given } = entryOf(name);
  return typeof entry.classes === "number" ? entry.classes : entry.classes(given);
}

function entryOf(name: string): { readonly entry: Entry; readonly given: string | undefined } {
  const colon = name.indexOf(":");
  const known = colon < 0 ? name : name.slice(0, colon);
  const entry = Object.hasOwn(entries, known) ? entries[known] : undefined;
  if (!entry) throw unknownName("data set", known, datasetNames);
  return { entry, given: colon < 0 ? undefined : name.slice(colon + 1) };
}
