import type { Database } from "better-sqlite3";
import { type Kernel, kernelKey } from "../src/network/kernel.ts";
import type { Network } from "../src/network/network.ts";
import { drawTogether, type MeasuredKernel } from "./answers/observations.ts";
import { listCalibrations, readEnergyModel, storeCalibration, storeEnergyModel } from "./models.ts";
import { type OpenDatabase, type OpenMode, openDatabase, requireIntact } from "./open.ts";
import {
  ensurePlatform,
  findPlatform,
  listPlatforms,
  type PlatformFilter,
  type PlatformSummary,
} from "./platforms.ts";
import {
  hasIsolatedMeasurement,
  hasNetworkMeasurement,
  type KernelFilter,
  listKernelMeasurements,
  listNetworkMeasurements,
  type MeasurementFilter,
  matchesKernel,
  readSamples,
  type StoredKernelMeasurement,
  type StoredNetworkMeasurement,
} from "./read-measurements.ts";
import type {
  Calibration,
  EnergyModel,
  NetworkMeasurement,
  NetworkRole,
  Platform,
  PlatformIdentity,
  RunSettings,
} from "./records.ts";
import { closeRun, insertRun, listRuns, readPlan, type StoredRun, storePlan } from "./runs.ts";
import {
  type DatedKernelMeasurement,
  insertIsolatedMeasurement,
  insertNetworkMeasurement,
  type Method,
} from "./write-measurements.ts";

/**
 * Opens the energy table at `path`. Writing takes the writer's lock (one writer at a time); `create`
 * lets a writer start an empty table. Throws a UserError for a file that is missing, damaged,
 * another program's, of a newer version, locked, or in a folder that cannot be written.
 */
export function openTable(
  path: string,
  options: { readonly mode: OpenMode; readonly create?: boolean },
): EnergyTable {
  return new EnergyTable(path, options);
}

/** An open energy table. Every write is one transaction: whole, or not there at all. */
export class EnergyTable {
  readonly path: string;
  readonly #database: Database;
  readonly #open: OpenDatabase;

  constructor(path: string, options: { readonly mode: OpenMode; readonly create?: boolean }) {
    this.path = path;
    this.#open = openDatabase(path, options);
    this.#database = this.#open.database;
  }

  close(): void {
    this.#open.close();
  }

  /** Throws a UserError unless every page and reference of the file is sound. */
  integrity(): void {
    requireIntact(this.#database, this.path, "integrity_check");
  }

  ensurePlatform(identity: PlatformIdentity, details: Platform["details"]): Platform {
    return ensurePlatform(this.#database, identity, details);
  }

  platforms(): readonly PlatformSummary[] {
    return listPlatforms(this.#database);
  }

  /** The one matching platform; a UserError lists what there is when none or several match. */
  findPlatform(filter: PlatformFilter): PlatformSummary {
    return findPlatform(this.#database, filter);
  }

  startRun(platformId: number, settings: RunSettings): number {
    return insertRun(this.#database, platformId, settings);
  }

  finishRun(runId: number, finishedAt: string, outcome: string): void {
    closeRun(this.#database, runId, finishedAt, outcome);
  }

  runs(platformId: number): readonly StoredRun[] {
    return listRuns(this.#database, platformId);
  }

  /** Keeps a decision that a resumed run must repeat, as JSON under a name. */
  putPlan(platformId: number, name: string, document: unknown): void {
    storePlan(this.#database, platformId, name, document);
  }

  /** The decision stored under this name, unchecked; undefined when there is none. */
  plan(platformId: number, name: string): unknown {
    return readPlan(this.#database, platformId, name);
  }

  /** Stores the row, its kernels and raw samples in one transaction; returns the row's id. */
  addNetworkMeasurement(platformId: number, runId: number, measured: NetworkMeasurement): number {
    return insertNetworkMeasurement(this.#database, platformId, runId, measured);
  }

  addIsolatedMeasurement(
    platformId: number,
    runId: number,
    measured: DatedKernelMeasurement,
  ): number {
    return insertIsolatedMeasurement(this.#database, platformId, runId, measured);
  }

  networkMeasurements(
    platformId: number,
    filter: MeasurementFilter = {},
  ): readonly StoredNetworkMeasurement[] {
    return listNetworkMeasurements(this.#database, platformId, filter);
  }

  kernelMeasurements(
    platformId: number,
    method: Method = "in-context",
  ): readonly StoredKernelMeasurement[] {
    return listKernelMeasurements(this.#database, platformId, method);
  }

  /** Kernels in context, each with all its observations drawn together, held-out networks included. */
  kernels(platformId: number, filter: KernelFilter = {}): readonly MeasuredKernel[] {
    return drawTogether(this.kernelMeasurements(platformId)).filter(({ kernel }) =>
      matchesKernel(kernel, filter),
    );
  }

  hasNetwork(platformId: number, network: Network, role: NetworkRole, batch: number): boolean {
    return hasNetworkMeasurement(this.#database, platformId, { network, role, batch });
  }

  hasIsolated(platformId: number, kernel: Kernel): boolean {
    return hasIsolatedMeasurement(this.#database, platformId, kernelKey(kernel));
  }

  /** Raw samples in seconds behind a network or kernel row; undefined when there is no such row. */
  samples(level: "network" | "kernel", id: number): Float64Array | undefined {
    return readSamples(this.#database, level, id);
  }

  putCalibration(platformId: number, calibration: Calibration): void {
    storeCalibration(this.#database, platformId, calibration);
  }

  calibrations(platformId: number): readonly Calibration[] {
    return listCalibrations(this.#database, platformId);
  }

  /** The calibration of this space, or the newest one when no space is given. */
  calibration(platformId: number, space?: string): Calibration | undefined {
    return this.calibrations(platformId).find(
      (calibration) => space === undefined || calibration.space === space,
    );
  }

  putEnergyModel(platformId: number, model: EnergyModel): void {
    storeEnergyModel(this.#database, platformId, model);
  }

  energyModel(platformId: number): EnergyModel | undefined {
    return readEnergyModel(this.#database, platformId);
  }
}
