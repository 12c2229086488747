import { homedir } from "node:os";
import { join } from "node:path";
import { unknownName } from "../errors.ts";
import { loadCifar10 } from "./cifar10.ts";
import type { Dataset } from "./dataset.ts";
import { loadMnist } from "./mnist.ts";
import { syntheticBlobs } from "./synthetic-blobs.ts";

/** One line per data set: what `--data` accepts. */
const loaders: Readonly<Record<string, (folder: string) => Dataset | Promise<Dataset>>> = {
  mnist: () => loadMnist(),
  cifar10: (folder) => loadCifar10(join(folder, "cifar10")),
  synthetic: () => syntheticBlobs(),
};

/** Names that `loadDataset` knows. */
export const datasetNames: readonly string[] = Object.keys(loaders);

/** Where fetched data sets lie: $WATTSPLIT_DATA, else ~/.cache/wattsplit. */
export function datasetsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.WATTSPLIT_DATA || join(homedir(), ".cache", "wattsplit");
}

/** Loads by name; an unknown name or a data set not fetched yet is a UserError that says what to do. */
export async function loadDataset(
  name: string,
  { folder = datasetsFolder() }: { readonly folder?: string } = {},
): Promise<Dataset> {
  const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined;
  if (!load) throw unknownName("data set", name, datasetNames);
  return await load(folder);
}
