import type { Database } from "better-sqlite3";
import { UserError } from "../src/errors.ts";
import type { Platform, PlatformIdentity, Provenance } from "./records.ts";
import { statement } from "./statements.ts";

/** A platform and how much the table knows about it. */
export interface PlatformSummary extends Platform {
  readonly sessions: number;
  readonly networkMeasurements: number;
  readonly measurements: number;
  readonly kernels: number;
  /** Absent without an energy model. */
  readonly energyProvenance?: Provenance;
}

export type PlatformFilter = Partial<PlatformIdentity & Pick<Platform, "id">>;

/** The stored platform of this identity, made when it is new. Details that are known of it stay; new ones are added. */
export function ensurePlatform(
  database: Database,
  identity: PlatformIdentity,
  details: Platform["details"],
): Platform {
  const stored = statement<object, { readonly id: number; readonly details: string }>(
    database,
    `insert into platforms (device, processor, fingerprint, os, runtime, runtime_version, runtime_build, precision,
       threads, power_mode, details)
     values (@device, @processor, @fingerprint, @os, @runtime, @runtimeVersion, @runtimeBuild, @precision,
       @threads, @powerMode, @details)
     on conflict do update set details = json_patch(excluded.details, platforms.details)
     returning id, details`,
  ).get({ ...identity, details: JSON.stringify(details) });
  if (!stored) throw new Error("Storing a platform returned no id");
  return { ...identity, id: stored.id, details: detailsOf(stored) };
}

const detailsOf = ({ details }: { readonly details: string }): Platform["details"] =>
  JSON.parse(details) as Platform["details"];

/** All platforms in the order they were added. */
export function listPlatforms(database: Database): readonly PlatformSummary[] {
  return statement<[], PlatformRow>(database, "select * from v_platform order by id")
    .all()
    .map(({ runtime_version, runtime_build, power_mode, network_measurements, ...row }) => {
      const { energy_provenance: energyProvenance, details, ...same } = row;
      return {
        ...same,
        runtimeVersion: runtime_version,
        runtimeBuild: runtime_build,
        powerMode: power_mode,
        details: detailsOf({ details }),
        networkMeasurements: network_measurements,
        ...(energyProvenance === null ? {} : { energyProvenance }),
      };
    });
}

/**
 * The platforms that match. One of an upgraded table says "unknown" where version 1 did not ask: it does not stand beside one
 * that has rows and could be the same machine.
 */
export const matchingPlatforms = (
  database: Database,
  filter: PlatformFilter,
): readonly PlatformSummary[] =>
  withoutForerunners(
    listPlatforms(database).filter((platform) =>
      wantedBy(filter).every(([field, value]) => platform[field as keyof PlatformFilter] === value),
    ),
  );

const wantedBy = (filter: PlatformFilter) =>
  Object.entries(filter).filter(([, value]) => value !== undefined);

/** The one platform that matches; a UserError lists what there is when none or several do. */
export function findPlatform(database: Database, filter: PlatformFilter): PlatformSummary {
  const all = listPlatforms(database);
  const wanted = wantedBy(filter);
  const matching = matchingPlatforms(database, filter);
  const [found] = matching;
  if (found && matching.length === 1) return found;
  const given = wanted.map(([field, value]) => `${field} ${value}`).join(", ") || "no filter";
  if (found)
    throw new UserError(`${matching.length} platforms match (${given}); expected one`, {
      hint: `Name one by its number: ${listed(matching)}`,
      exit: "usage",
    });
  throw new UserError(`No platform in the energy table matches (${given})`, {
    hint:
      all.length > 0
        ? `It holds: ${listed(all)}`
        : "It is empty; measure with: wattsplit profile --device local --net mnist-cnn --db FILE",
    exit: "usage",
  });
}

const identityFields = [
  "device",
  "processor",
  "fingerprint",
  "os",
  "runtime",
  "runtimeVersion",
  "runtimeBuild",
  "precision",
  "threads",
  "powerMode",
] as const satisfies readonly (keyof PlatformIdentity)[];

function withoutForerunners(platforms: readonly PlatformSummary[]): readonly PlatformSummary[] {
  const couldBe = (old: PlatformSummary, known: PlatformSummary): boolean =>
    old.fingerprint === "unknown" &&
    old !== known &&
    known.networkMeasurements > 0 &&
    identityFields.every((field) => old[field] === known[field] || old[field] === "unknown") &&
    identityFields.some((field) => old[field] !== known[field]);
  return platforms.filter((old) => !platforms.some((known) => couldBe(old, known)));
}

const listed = (platforms: readonly Platform[]): string =>
  platforms.map((platform) => `${platform.id} (${describePlatform(platform)})`).join("; ");

/** "local: AMD EPYC, Debian 12 x64, ort-cpu 1.30.0, float32, 1 thread, power mode unknown, machine 3f9a01c2". */
export const describePlatform = (platform: PlatformIdentity): string =>
  `${platform.device}: ${platform.processor}, ${platform.os}, ${platform.runtime} ${platform.runtimeVersion}, ` +
  `${platform.precision}, ${platform.threads} thread${platform.threads === 1 ? "" : "s"}, ` +
  `power mode ${platform.powerMode}, machine ${platform.fingerprint.slice(0, 8)}`;

interface PlatformRow {
  readonly id: number;
  readonly device: string;
  readonly processor: string;
  readonly fingerprint: string;
  readonly os: string;
  readonly runtime: string;
  readonly runtime_version: string;
  readonly runtime_build: string;
  readonly precision: PlatformIdentity["precision"];
  readonly threads: number;
  readonly power_mode: string;
  readonly details: string;
  readonly sessions: number;
  readonly network_measurements: number;
  readonly measurements: number;
  readonly kernels: number;
  readonly energy_provenance: Provenance | null;
}
