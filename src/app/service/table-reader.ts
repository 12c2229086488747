import {
  type CostTable,
  type EnergyTable,
  type ForeignCosts,
  foreignCosts,
  type ImportedSummary,
  importedCostTable,
  type LikeCosts,
  loadCosts,
  loadEveryCosts,
  loadLikeCosts,
  openTable,
  type PlatformSummary,
  type StoredForeignTable,
} from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";
import type { ImportedModel } from "../../network/import/index.ts";
import { costsThatKnow, type KernelQuestion } from "../workflows/asked-kernel.ts";
import { platformInPrecision } from "../workflows/estimate-model.ts";

/** Which platform a request means; absent fields do not matter, but exactly one platform must be left. */
export interface PlatformChoice {
  readonly platform?: number | undefined;
  readonly device?: string | undefined;
  readonly runtime?: string | undefined;
  readonly threads?: number | undefined;
}

export interface ReaderOptions {
  /** Tells this service from an earlier one, whose revisions counted differently. */
  readonly started: string;
  /** Wall clock, ms since 1970. */
  readonly now_ms: () => number;
  /** How old an answer may be while another process writes, at least; costs are read again no more often. 0: never old. */
  readonly freshness_ms?: number;
}

const defaultFreshness_ms = 1000;
/** Reading costs and answering anew may take this share of the time: where it takes long, answers are older. */
const answeringShare = 1 / 20;
/** But no older than this: a busy machine makes all of it long. */
const oldest_ms = 10_000;

/** The table behind a service: opened read-only, costs loaded once per platform until another process writes. */
export class TableReader {
  readonly table: EnergyTable;
  readonly #options: ReaderOptions;
  #looked = { at_ms: Number.NEGATIVE_INFINITY, revision: 0 };
  /** Time spent on answers that were not kept since the last look, ms. */
  #answering_ms = 0;
  #seen: { readonly revision: string; readonly platforms: readonly PlatformSummary[] } | undefined;
  readonly #costs = new Map<number, CostTable>();
  readonly #like = new Map<string, LikeCosts>();
  readonly #every = new Map<number, readonly [CostTable, ...CostTable[]]>();
  readonly #imported = new Map<number, ImportedAnswers>();

  constructor(path: string, options: ReaderOptions) {
    this.table = openTable(path, { mode: "read" });
    this.#options = options;
  }

  close(): void {
    this.table.close();
  }

  /**
   * Another text after every commit of another process, seen within `freshness_ms` or 20 times what answering took since the
   * last one: every new one makes all that is asked be answered anew, and what was kept garbage.
   */
  revision(): string {
    const { started, now_ms, freshness_ms = defaultFreshness_ms } = this.#options;
    const at_ms = now_ms();
    const longer_ms = Math.min(oldest_ms, this.#answering_ms / answeringShare);
    const patience_ms = freshness_ms === 0 ? 0 : Math.max(freshness_ms, longer_ms);
    if (at_ms - this.#looked.at_ms >= patience_ms) {
      this.#looked = { at_ms, revision: this.table.revision() };
      this.#answering_ms = 0;
    }
    return `${started}-${this.#looked.revision}`;
  }

  platforms(): readonly PlatformSummary[] {
    const revision = this.revision();
    if (this.#seen?.revision !== revision) {
      this.#seen = { revision, platforms: this.table.platforms() };
      this.#costs.clear();
      this.#every.clear();
      this.#like.clear();
      this.#imported.clear();
    }
    return this.#seen.platforms;
  }

  /** The one platform meant. Throws a UserError that lists what there is. */
  platform(choice: PlatformChoice): PlatformSummary {
    const matching = this.platforms().filter((known) => isMeant(known, choice));
    const [only, ...others] = matching;
    if (only && others.length === 0) return only;
    if (choice.platform !== undefined) throw noPlatform(choice.platform, this.platforms());
    // The table has the words for none and for several. A question brings more than the choice of a platform.
    const { device, runtime, threads } = choice;
    return this.table.findPlatform({
      ...(device === undefined ? {} : { device }),
      ...(runtime === undefined ? {} : { runtime }),
      ...(threads === undefined ? {} : { threads }),
    });
  }

  /** The table that was imported last for the device meant, where nothing was measured on it. */
  imported({ device, platform }: PlatformChoice): ImportedAnswers | undefined {
    if (device === undefined || platform !== undefined) return undefined;
    if (this.platforms().some((known) => known.device === device)) return undefined;
    const last = this.table.imported().findLast((known) => known.device === device);
    return last && this.importedById(last.id);
  }

  /** Throws a UserError that lists what there is. */
  importedById(id: number): ImportedAnswers {
    // Clears what was kept of an earlier revision.
    this.platforms();
    const known = this.#imported.get(id);
    if (known) return known;
    const all = this.table.imported();
    const summary = all.find((one) => one.id === id);
    const table = this.table.foreignTables(summary?.device).find((one) => one.id === id);
    if (!summary || !table)
      throw new UserError(`No imported table ${id}`, {
        hint: `Known: ${all.map((one) => `${one.id} (${one.device})`).join(", ") || "none"}. List: /api/platforms`,
        exit: "unavailable",
      });
    const answers = importedAnswers(table, summary);
    this.#imported.set(id, answers);
    return answers;
  }

  costs(choice: PlatformChoice): CostTable {
    const imported = this.imported(choice);
    if (imported) return imported.costs();
    const { id } = this.platform(choice);
    const known = this.#costs.get(id) ?? loadCosts(this.table, id);
    this.#costs.set(id, known);
    return known;
  }

  /** Those of whichever space knows the kernel asked for: another may have been fitted since. */
  costsOfKernel(choice: PlatformChoice, question: KernelQuestion): CostTable {
    return costsThatKnow(this.everyCosts(choice), question);
  }

  /** Those of every space, the newest fit first. */
  everyCosts(choice: PlatformChoice): readonly [CostTable, ...CostTable[]] {
    const imported = this.imported(choice);
    if (imported) return [imported.costs()];
    const { id } = this.platform(choice);
    const known = this.#every.get(id) ?? loadEveryCosts(this.table, id);
    this.#every.set(id, known);
    return known;
  }

  /** Those to estimate a model from: of the platform meant that computes as it does, where there is one. */
  costsForModel(
    choice: PlatformChoice,
    model: ImportedModel,
  ): readonly [CostTable, ...CostTable[]] {
    const meant = this.platforms().filter((known) => isMeant(known, choice));
    const own = platformInPrecision(meant, model);
    return this.everyCosts(own ? { platform: own.id } : choice);
  }

  /** The platform of a model's precision that is like another one but for that; undefined where there is none. */
  inPrecisionOf(model: ImportedModel, other: PlatformSummary): PlatformSummary | undefined {
    const alike = [
      "device",
      "fingerprint",
      "runtime",
      "runtimeVersion",
      "threads",
      "powerMode",
    ] as const;
    return platformInPrecision(
      this.platforms().filter((known) => alike.every((field) => known[field] === other[field])),
      model,
    );
  }

  /** Those of a platform of which little is measured, by its likeness to others. */
  likeCosts(choice: PlatformChoice, like: string): LikeCosts {
    const { id } = this.platform(choice);
    const key = `${id} ${like}`;
    const known = this.#like.get(key) ?? loadLikeCosts(this.table, id, like);
    this.#like.set(key, known);
    return known;
  }

  /** Does the work of an answer that was not kept. */
  async answering(work: () => Promise<void>): Promise<void> {
    const { now_ms } = this.#options;
    const start_ms = now_ms();
    await work();
    this.#answering_ms += now_ms() - start_ms;
  }
}

/** Whether anything tells what a platform costs: a runtime without a node profiler tells whole networks alone. */
export const hasCosts = ({ kernels, networkMeasurements }: PlatformSummary): boolean =>
  kernels > 0 || networkMeasurements > 0;

/** An imported table and what answers from it, made when first asked. */
export interface ImportedAnswers {
  readonly summary: ImportedSummary;
  readonly table: StoredForeignTable;
  readonly rows: ForeignCosts;
  /** As costs of kernels. Throws a UserError where no row is one. */
  costs(): CostTable;
}

function importedAnswers(table: StoredForeignTable, summary: ImportedSummary): ImportedAnswers {
  let costs: CostTable | undefined;
  return {
    summary,
    table,
    rows: foreignCosts(table),
    costs: () => {
      costs ??= importedCostTable(table);
      return costs;
    },
  };
}

const isMeant = (
  known: PlatformSummary,
  { platform = known.id, device = known.device, runtime = known.runtime, threads }: PlatformChoice,
): boolean =>
  known.id === platform &&
  known.device === device &&
  known.runtime === runtime &&
  known.threads === (threads ?? known.threads);

const noPlatform = (given: number, known: readonly PlatformSummary[]): UserError =>
  new UserError(`No platform ${given}`, {
    hint: `Known: ${known.map(({ id }) => id).join(", ") || "none"}. List: /api/platforms`,
    exit: "unavailable",
  });
