import { savedProgress, searchSavedAt_ms } from "../../../search/index.ts";
import { UserError } from "../../errors.ts";
import { shortNames } from "../workflows/report-search.ts";
import { textFolderReport } from "../workflows/report-text.ts";
import { readFound } from "../workflows/search-folder.ts";

/** A search that has been started and not been delivered. */
export interface RunningSearch {
  readonly name: string;
  readonly title: string;
  /** Round and network in training. */
  readonly label: string;
  readonly epochsDone: number;
  readonly epochsExpected: number;
  /** When it last saved where it stands, ISO 8601: one that was killed says nothing else. */
  readonly savedAt: string;
}

/** A search whose network was delivered. */
export interface DeliveredSearch {
  readonly name: string;
  readonly title: string;
  /** A recurrent cell, which has no costs to be compared by. */
  readonly isCell: boolean;
}

/** Output folders of searches that are served, by their names. */
export class SearchFolders {
  readonly #folders: ReadonlyMap<string, string>;
  /** A state holds weights: it is read once. */
  readonly #read = new Map<string, RunningSearch>();

  constructor(folders: readonly string[]) {
    const names = shortNames(folders);
    this.#folders = new Map(folders.map((folder, i) => [names[i] ?? folder, folder]));
  }

  /** The folder of this name. Throws a UserError that lists those served. */
  folder(name: string): string {
    const folder = this.#folders.get(name);
    if (folder !== undefined) return folder;
    throw new UserError(`No search "${name}" is served`, {
      hint: `Served: ${[...this.#folders.keys()].join(", ") || "none; give folders with --search DIR"}`,
      exit: "unavailable",
    });
  }

  running(): readonly RunningSearch[] {
    return [...this.#folders].flatMap(([name, folder]) => {
      const savedAt_ms = searchSavedAt_ms(folder);
      if (savedAt_ms === undefined) return [];
      const savedAt = new Date(savedAt_ms).toISOString();
      const known = this.#read.get(name);
      if (known?.savedAt === savedAt) return [known];
      const progress = savedProgress(folder);
      if (!progress) return [];
      const { network, data, method, label, epochsDone, epochsExpected } = progress;
      const title = `${network} on ${data} by ${method}`;
      const search = { name, title, label, epochsDone, epochsExpected, savedAt };
      this.#read.set(name, search);
      return [search];
    });
  }

  delivered(): readonly DeliveredSearch[] {
    return [...this.#folders].flatMap(([name, folder]): DeliveredSearch | never[] => {
      const cell = textFolderReport(folder);
      if (cell) return { name, title: cell.title, isCell: true };
      const title = titleOf(folder);
      return title === undefined ? [] : { name, title, isCell: false };
    });
  }
}

/** Undefined while nothing is delivered. */
function titleOf(folder: string): string | undefined {
  try {
    const { run, history } = readFound(folder);
    return `${history.network} for ${run.device}, ${history.data}`;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
