import type { Clock } from "../clock.ts";
import { type Files, whyNothingIn } from "../files.ts";
import type {
  Availability,
  Meter,
  MeterDescription,
  MeterSample,
  Rail,
  RailDomain,
} from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { polled } from "./polled.ts";

const powercap = "sys/class/powercap";
/** Not `intel-rapl-mmio:N`: those repeat the packages. AMD uses the same names. */
const topZone = /^intel-rapl:\d+$/;
const subZone = /^intel-rapl:\d+:\d+$/;
/** Five times the limit a zone states; where it states none, more than any socket draws. */
const plausibleOverLimit = 5;
const fallbackMaxPower_w = 2000;

interface Zone extends Rail {
  readonly energyFile: string;
  /** System error code when the counter cannot be read. */
  readonly unreadable?: string;
}

/** Running average power limit counters of Intel and AMD processors, through the kernel's powercap files. */
export function raplMeter({ files, clock }: Pick<Surroundings, "files" | "clock">): Meter {
  let found: readonly Zone[] | undefined;
  const zones = (): readonly Zone[] => {
    found ??= findZones(files);
    return found;
  };
  return {
    id: "rapl",
    probe: async () => availability(files, zones()),
    describe: async () => description(zones()),
    ...polled(clock, () =>
      zones()
        .filter(({ counted }) => counted)
        .flatMap((zone) => readCounter(files, zone, clock)),
    ),
  };
}

/** Nothing where the counter cannot be read any more: the gap shows in the window. */
function readCounter(files: Files, zone: Zone, clock: Clock): readonly MeterSample[] {
  const energy_uj = parseCount(files.readText(zone.energyFile));
  if (energy_uj === undefined) return [];
  return [{ rail: zone.id, time_s: clock.now_s(), energy_j: energy_uj / 1e6 }];
}

function findZones(files: Files): readonly Zone[] {
  const folders = zoneFolders(files);
  const zones = [...folders].map(([id, folder]) => readZone(files, id, folder));
  return markCounted(zones.filter((zone) => zone !== undefined));
}

/** Folder of each zone; a sub-zone stands beside its parent, inside it, or both. */
function zoneFolders(files: Files): ReadonlyMap<string, string> {
  const folders = new Map<string, string>();
  const add = (parent: string, names: readonly string[], pattern: RegExp): void => {
    for (const name of names)
      if (pattern.test(name) && !folders.has(name)) folders.set(name, `${parent}/${name}`);
  };
  const beside = files.list(powercap);
  add(powercap, beside, topZone);
  add(powercap, beside, subZone);
  const inControlType = files.list(`${powercap}/intel-rapl`);
  add(`${powercap}/intel-rapl`, inControlType, topZone);
  for (const [id, folder] of [...folders])
    if (topZone.test(id)) add(folder, files.list(folder), subZone);
  return folders;
}

function readZone(files: Files, id: string, folder: string): Zone | undefined {
  // Not by `enabled`: it is about power limits, and 0 where the firmware locked them, while the counter runs.
  const label = files.readText(`${folder}/name`)?.trim();
  if (label === undefined) return undefined;
  const energyFile = `${folder}/energy_uj`;
  const unreadable =
    files.whyUnreadable(energyFile) ??
    (parseCount(files.readText(energyFile)) === undefined ? "no number" : undefined);
  const wrap_uj = parseCount(files.readText(`${folder}/max_energy_range_uj`));
  const limit_uw = parseCount(files.readText(`${folder}/constraint_0_max_power_uw`));
  return {
    id,
    label,
    kind: "energy-counter",
    domain: domainOf(label),
    counted: false,
    energyFile,
    maxPower_w: limit_uw ? (plausibleOverLimit * limit_uw) / 1e6 : fallbackMaxPower_w,
    ...(wrap_uj ? { wrap_j: wrap_uj / 1e6 } : {}),
    ...(unreadable === undefined ? {} : { unreadable }),
  };
}

function domainOf(name: string): RailDomain {
  if (name.startsWith("package-")) return "package";
  const known: Readonly<Record<string, RailDomain>> = {
    psys: "board",
    core: "cpu",
    uncore: "gpu",
    dram: "dram",
  };
  return known[name] ?? "other";
}

/**
 * Total = packages + dram, or psys where no package can be read, never both: psys contains the packages,
 * and core and uncore are inside their package.
 */
function markCounted(zones: readonly Zone[]): readonly Zone[] {
  const readable = zones.filter(({ unreadable }) => unreadable === undefined);
  const hasPackage = readable.some(({ domain }) => domain === "package");
  const wanted: readonly RailDomain[] = hasPackage ? ["package", "dram"] : ["board"];
  // A package listed twice (two control types) would be counted twice. Dram zones share their name, so
  // they are told apart by their parent.
  const seen = new Set<string>();
  return zones.map((zone) => {
    const parent = zone.id.split(":").slice(0, 2).join(":");
    const name = zone.domain === "package" ? zone.label : `${parent} ${zone.label}`;
    const counted =
      zone.unreadable === undefined && wanted.includes(zone.domain) && !seen.has(name);
    if (counted) seen.add(name);
    return { ...zone, counted };
  });
}

function availability(files: Files, zones: readonly Zone[]): Availability {
  if (zones.some(({ counted }) => counted)) return { ok: true, note: countedNote(zones) };
  const refused = zones.find(({ unreadable }) => unreadable !== undefined);
  if (refused)
    return {
      ok: false,
      reason: `/${refused.energyFile} cannot be read (${refused.unreadable})`,
      remedy:
        "Run as root, or: sudo chmod -R a+r /sys/class/powercap/intel-rapl* (until the next boot; lets every user read power, see CVE-2020-8694)",
    };
  return {
    ok: false,
    reason: whyNothingIn(
      files,
      powercap,
      `no RAPL zone in /${powercap} (virtual machine, container, or not an x86 processor)`,
    ),
    remedy:
      "On bare metal: sudo modprobe intel_rapl_msr. Elsewhere give --assume-power W for modelled energy, or --meter none",
  };
}

const countedNote = (zones: readonly Zone[]): string =>
  `total = ${zones
    .filter(({ counted }) => counted)
    .map(({ label }) => label)
    .join(" + ")}`;

function description(zones: readonly Zone[]): MeterDescription {
  const counted = zones.filter((zone) => zone.counted);
  const lost = zones.filter(({ unreadable }) => unreadable !== undefined);
  const wrapless = counted.filter(({ wrap_j }) => wrap_j === undefined);
  return {
    id: "rapl",
    quality: "measured",
    rails: zones,
    caveats: [
      "Processor packages (and memory where listed) only: no voltage regulators, fans or disks.",
      ...(lost.length ? [`Unreadable: ${lost.map(({ label }) => label).join(", ")}.`] : []),
      ...(wrapless.length
        ? [
            `Counter size unknown for ${wrapless.map(({ label }) => label).join(", ")}: wraps are invalid.`,
          ]
        : []),
    ],
  };
}

function parseCount(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? "";
  return /^\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}
