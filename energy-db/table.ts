import type { Database } from "better-sqlite3";
import type { Kernel } from "../src/network/kernel.ts";
import {
  type ForeignSource,
  type ImportedSummary,
  insertForeignTable,
  listForeignTables,
  listImported,
  type StoredForeignTable,
} from "./foreign.ts";
import type { ForeignTable } from "./formats/foreign-table.ts";
import { type MergedRows, mergeTables } from "./merge.ts";
import type { LoadName, LoggedTrace, MeterLog } from "./meter-log-records.ts";
import { insertMeterLog, readMeterLogs, storeLoggedTrace } from "./meter-logs.ts";
import {
  listCostModels,
  listCostSpaces,
  type NewCostModel,
  readCostModel,
  storeCostModel,
} from "./models.ts";
import {
  countGoodLoads,
  firstFreeLoad,
  hasIsolatedRow,
  type NetworkPlace,
  storeMembers,
} from "./needs.ts";
import type { NetworkFilter } from "./network-filter.ts";
import { type OpenMode, openDatabase, requireIntact } from "./open.ts";
import { readPlan, storePlan } from "./plans.ts";
import {
  ensurePlatform,
  findPlatform,
  listPlatforms,
  matchingPlatforms,
  type PlatformFilter,
  type PlatformSummary,
} from "./platforms.ts";
import { publishTable } from "./publish.ts";
import { readRails } from "./rails.ts";
import {
  listFamilies,
  listKernelMeasurements,
  type MeasurementFilter,
  readSamples,
  type StoredKernelMeasurement,
} from "./read-kernels.ts";
import {
  listNetworkMeasurements,
  readBatches,
  type StoredNetworkMeasurement,
} from "./read-networks.ts";
import type {
  BatchLog,
  EnergyReading,
  EnergyWindow,
  GoodEnough,
  NetworkMeasurement,
  Platform,
  PlatformIdentity,
  Rail,
  SessionInstruments,
  SessionSettings,
  StoredModel,
} from "./records.ts";
import {
  closeSession,
  insertSession,
  listSessions,
  readProgress,
  type SessionProgress,
  type StoredSession,
  updateInstruments,
} from "./sessions.ts";
import { asUserError } from "./sqlite-errors.ts";
import { statement } from "./statements.ts";
import { Turns } from "./turns.ts";
import { readWindows } from "./windows.ts";
import {
  type DatedKernelMeasurement,
  insertKernelMeasurements,
  type Method,
} from "./write-kernels.ts";
import { insertNetworkMeasurement, replaceEnergy } from "./write-networks.ts";

/**
 * Opens the energy table at `path`. Any number of processes may write: each write waits for its turn. `create`
 * lets a writer start an empty table. Throws a UserError for a file that is missing, damaged, another program's, of
 * a newer version, or in a folder that cannot be written.
 */
export function openTable(
  path: string,
  options: { readonly mode: OpenMode; readonly create?: boolean },
): EnergyTable {
  return new EnergyTable(path, options);
}

/**
 * An open energy table. Every write is one transaction: whole, or not there at all. Methods throw a UserError where
 * the disk is full, the file damaged, or another process keeps it locked.
 */
export class EnergyTable {
  readonly path: string;
  readonly #database: Database;
  readonly #turns: Turns;

  constructor(path: string, options: { readonly mode: OpenMode; readonly create?: boolean }) {
    this.path = path;
    this.#database = openDatabase(path, options);
    this.#turns = new Turns(path);
  }

  close(): void {
    this.#turns.close();
    this.#database.close();
  }

  /** Throws a UserError unless every page and reference of the file is sound. */
  integrity(): void {
    this.#on((database) => requireIntact(database, this.path, "integrity_check"));
  }

  /** Changes whenever another connection commits. */
  revision(): number {
    return this.#on((database) =>
      Number(statement<[], number>(database, "pragma data_version").pluck().get()),
    );
  }

  ensurePlatform(identity: PlatformIdentity, details: Platform["details"]): Platform {
    return this.#write((database) => ensurePlatform(database, identity, details));
  }

  platforms(): readonly PlatformSummary[] {
    return this.#on(listPlatforms);
  }

  /** Every platform that matches. */
  matchingPlatforms(filter: PlatformFilter): readonly PlatformSummary[] {
    return this.#on((database) => matchingPlatforms(database, filter));
  }

  /** The one matching platform; a UserError lists what there is when none or several match. */
  findPlatform(filter: PlatformFilter): PlatformSummary {
    return this.#on((database) => findPlatform(database, filter));
  }

  startSession(platformId: number, settings: SessionSettings): number {
    return this.#write((database) => insertSession(database, platformId, settings));
  }

  /** Stores what is given and keeps the rest: called whenever something becomes known. */
  describeInstruments(sessionId: number, instruments: SessionInstruments): void {
    this.#write((database) => updateInstruments(database, sessionId, instruments));
  }

  finishSession(sessionId: number, finishedAt: string, outcome: string): void {
    this.#write((database) => closeSession(database, sessionId, finishedAt, outcome));
  }

  /** Oldest first. */
  sessions(platformId: number): readonly StoredSession[] {
    return this.#on((database) => listSessions(database, platformId));
  }

  /** How far a session is; undefined where there is none of this id. */
  sessionProgress(sessionId: number): SessionProgress | undefined {
    return this.#on((database) => readProgress(database, sessionId));
  }

  /** What the session's meter reads. */
  rails(sessionId: number): readonly Rail[] {
    return this.#on((database) => readRails(database, sessionId));
  }

  /** Keeps a decision that a resumed session must repeat, as JSON under a name. */
  putPlan(platformId: number, name: string, document: unknown): void {
    this.#write((database) => storePlan(database, platformId, name, document));
  }

  /** The decision stored under this name, unchecked; undefined when there is none. */
  plan(platformId: number, name: string): unknown {
    return this.#on((database) => readPlan(database, platformId, name));
  }

  /** Declares that the space's plan holds these networks: their rows, of whatever space, then belong to it. */
  planNetworks(platformId: number, space: string, planned: readonly NetworkPlace[]): void {
    this.#write((database) => storeMembers(database, platformId, space, planned));
  }

  /** Loads of a planned network that need not be measured again; only rows that belong to the space count. */
  goodLoads(platformId: number, planned: NetworkPlace, goodEnough: GoodEnough): number {
    return this.#on((database) => countGoodLoads(database, platformId, planned, goodEnough));
  }

  /** The number of the network's next load in this session, from 0. */
  nextLoad(sessionId: number, planned: NetworkPlace): number {
    return this.#on((database) => firstFreeLoad(database, sessionId, planned));
  }

  hasIsolated(platformId: number, kernel: Kernel, protocol: number): boolean {
    return this.#on((database) => hasIsolatedRow(database, platformId, kernel, protocol));
  }

  /**
   * Stores one load with its batches, kernels and energy windows; returns the row's id. Unless it drifted, earlier
   * attempts at the same load get the flag "superseded". The same attempt twice is an error.
   */
  addNetworkMeasurement(
    platformId: number,
    sessionId: number,
    measured: NetworkMeasurement,
  ): number {
    return this.#write((database) =>
      insertNetworkMeasurement(database, platformId, sessionId, measured),
    );
  }

  /** Keeps what the session's meter showed, raw, as its next stretch of metering. */
  addMeterLog(sessionId: number, log: Pick<MeterLog, "windows" | "readings">): void {
    this.#write((database) => insertMeterLog(database, sessionId, log));
  }

  /** A session's stretches of metering, in the order taken. */
  meterLogs(sessionId: number): readonly MeterLog[] {
    return this.#on((database) => readMeterLogs(database, sessionId));
  }

  /** Keeps which trace a stretch's energies were made from. */
  describeTrace(logId: number, trace: LoggedTrace): void {
    this.#write((database) => storeLoggedTrace(database, logId, trace));
  }

  /** The energy of a load of the session, in place of what it had; false where the session has no such load. */
  replaceEnergy(sessionId: number, name: LoadName, energy: EnergyReading): boolean {
    return this.#write((database) => replaceEnergy(database, sessionId, name, energy));
  }

  /** Stores kernels timed alone, or imported, in one transaction; returns the rows' ids. */
  addKernelMeasurements(
    platformId: number,
    sessionId: number,
    method: Method,
    measured: Iterable<DatedKernelMeasurement>,
  ): readonly number[] {
    return this.#write((database) =>
      insertKernelMeasurements(database, { platformId, sessionId, method }, measured),
    );
  }

  /** With their kernels: all of one moment, however much another process writes. */
  networkMeasurements(
    platformId: number,
    filter: NetworkFilter = {},
  ): readonly StoredNetworkMeasurement[] {
    return this.#on((database) =>
      database.transaction(() => listNetworkMeasurements(database, platformId, filter))(),
    );
  }

  kernelMeasurements(
    platformId: number,
    filter: MeasurementFilter = {},
  ): readonly StoredKernelMeasurement[] {
    return this.#on((database) => listKernelMeasurements(database, platformId, filter));
  }

  /** Kernel families that have rows. */
  kernelFamilies(platformId: number, method: Method = "in-context"): readonly string[] {
    return this.#on((database) => listFamilies(database, platformId, method));
  }

  /** Every batch of a load; undefined for rows of version 1. */
  batches(networkMeasurementId: number): BatchLog | undefined {
    return this.#on((database) => readBatches(database, networkMeasurementId));
  }

  /** The raw parts of a load's energy. */
  energyWindows(networkMeasurementId: number): readonly EnergyWindow[] {
    return this.#on((database) => readWindows(database, networkMeasurementId));
  }

  /** Raw samples in seconds behind a kernel row, or a network row of version 1; undefined when there are none. */
  samples(level: "network" | "kernel", id: number): Float64Array | undefined {
    return this.#on((database) => readSamples(database, level, id));
  }

  /** Adds to the history of the platform's cost models; returns the row's id. */
  putCostModel(platformId: number, model: NewCostModel): number {
    return this.#write((database) => storeCostModel(database, platformId, model));
  }

  /** The newest of this kind and space, or of any space; one from an assumed power only where there is no other. */
  costModel(
    platformId: number,
    kind: StoredModel["kind"],
    space?: string,
  ): StoredModel | undefined {
    return this.#on((database) => readCostModel(database, platformId, { kind, space }));
  }

  /** Newest first. */
  costModels(
    platformId: number,
    kind?: StoredModel["kind"],
    space?: string,
  ): readonly StoredModel[] {
    return this.#on((database) => listCostModels(database, platformId, { kind, space }));
  }

  /** Spaces that costs of this kind were fitted for, the one of the newest fit first. */
  costSpaces(platformId: number, kind: StoredModel["kind"]): readonly string[] {
    return this.#on((database) => listCostSpaces(database, platformId, kind));
  }

  /** Stores tables of another tool in one transaction; says of each whether it was new: the same bytes for the same device are not. */
  addForeignTables(
    tables: readonly (ForeignTable & { readonly device: string })[],
    source: ForeignSource,
  ): readonly boolean[] {
    return this.#write((database) =>
      tables.map((table, position) => insertForeignTable(database, table, { ...source, position })),
    );
  }

  /** Takes over what another open table holds and this one lacks; a UserError where they contradict each other. */
  mergeFrom(other: EnergyTable): readonly MergedRows[] {
    return this.#write((database) => mergeTables(database, other.#database));
  }

  /** Writes a copy for others to read, without raw samples, in one file that nothing writes to. */
  publish(path: string): void {
    this.#on((database) => publishTable(database, path));
  }

  /** In the order that they were imported. */
  foreignTables(device?: string): readonly StoredForeignTable[] {
    return this.#on((database) => listForeignTables(database, device));
  }

  /** The same without their rows. */
  imported(): readonly ImportedSummary[] {
    return this.#on((database) => listImported(database));
  }

  #write<T>(work: (database: Database) => T): T {
    return this.#on((database) => this.#turns.write(database, () => work(database)));
  }

  #on<T>(work: (database: Database) => T): T {
    try {
      return work(this.#database);
    } catch (error) {
      throw asUserError(error, this.path);
    }
  }
}
