import { z } from "zod";
import { androidSurroundings } from "./android-machine.ts";
import { type DeviceEntry, devicesFolder, findDevice, listDevices } from "./catalog.ts";
import { commandOf, isDrivenFromHere, settingsOf } from "./connect.ts";
import { linuxSurroundings } from "./linux-machine.ts";
import { localSurroundings } from "./local-machine.ts";
import type { Availability } from "./meter.ts";
import { triedMeter, triedRuntime } from "./parts.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Transport, TransportError } from "./transport.ts";
import { adbTransport } from "./transports/adb.ts";
import { sshTransport } from "./transports/ssh.ts";

/** One runtime or meter of a device: whether it works, else why not and what to do. */
export interface ProbeRow {
  readonly device: string;
  readonly kind: "runtime" | "meter";
  readonly name: string;
  readonly works: boolean;
  /** A note where it works, the reason where it does not. */
  readonly detail: string;
  /** Empty where there is nothing to do. */
  readonly remedy: string;
}

export interface ProbeOptions {
  readonly sysfsRoot?: string;
  readonly folder?: string;
}

/** Tries every runtime and meter of one device, or of this machine. Nothing found is an answer, not an error. */
export async function probeDevices(
  id = "local",
  { sysfsRoot, folder = devicesFolder() }: ProbeOptions = {},
): Promise<readonly ProbeRow[]> {
  const entry = findDevice(id, folder);
  const [kind] = entry.transports;
  if (kind === "adb") return probeOverAdb(entry);
  if (kind === "local") return probeHere(entry, localSurroundings(sysfsRoot, entry.settings));
  if (kind === "browser")
    return allRefused(
      entry,
      "a page has to be open on the device to tell",
      `wattsplit profile --net mnist-cnn --device ${id} prints the page's address, and says what the browser lacks`,
    );
  if (!entry.address) return allRefused(entry, "it has no address yet", remedyFor(entry));
  if (kind === "ssh") return probeOverSsh(entry);
  return allRefused(entry, `${kind} devices are tried when they are measured`, remedyFor(entry));
}

const remedyFor = ({ id, transports }: DeviceEntry): string =>
  transports[0] === "trace"
    ? "wattsplit devices trace FILE reads what an instrument recorded of it"
    : `wattsplit devices add NAME --like ${id} --address ${transports[0] === "adb" ? "SERIAL" : "USER@HOST"}`;

async function probeHere(
  { id: device, runtimes, meters }: DeviceEntry,
  surroundings: Surroundings,
): Promise<readonly ProbeRow[]> {
  const parts = [
    ...runtimes.map((name) => ({ kind: "runtime" as const, name, trial: triedRuntime })),
    ...meters.map((name) => ({ kind: "meter" as const, name, trial: triedMeter })),
  ];
  return Promise.all(
    parts.map(async ({ kind, name, trial }) => {
      const { found } = await trial(name, surroundings);
      return { device, kind, name, ...outcomeOf(found) };
    }),
  );
}

const outcomeOf = (found: Availability): Pick<ProbeRow, "works" | "detail" | "remedy"> =>
  found.ok
    ? { works: true, detail: found.note ?? "", remedy: "" }
    : { works: false, detail: found.reason, remedy: found.remedy };

const answerSchema = z.object({
  rows: z.array(
    z.object({
      kind: z.enum(["runtime", "meter"]),
      name: z.string(),
      works: z.boolean(),
      detail: z.string(),
      remedy: z.string(),
    }),
  ),
});

/** Programs are tried from here, and no meter needs nothing; all else is tried by the package on the device. */
async function probeOverSsh(entry: DeviceEntry): Promise<readonly ProbeRow[]> {
  const transport = sshTransport({ host: entry.address ?? "", configFile: entry.sshConfig });
  const isHere = (name: string): boolean => isDrivenFromHere(entry, name) || name === "none";
  const partsThat = (isAsked: (name: string) => boolean): DeviceEntry => ({
    ...entry,
    runtimes: entry.runtimes.filter(isAsked),
    meters: entry.meters.filter(isAsked),
  });
  const programs = partsThat(isHere);
  const others = partsThat((name) => !isHere(name));
  try {
    const tried = await probeHere(programs, linuxSurroundings(transport, settingsOf(entry)));
    const isAll = others.runtimes.length + others.meters.length === 0;
    return [...(isAll ? [] : await askAgent(others, transport)), ...tried];
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return allRefused(
      entry,
      error.message,
      `Make this work first: ssh ${entry.address} true (it asks for nothing, and knows the host's key)`,
    );
  } finally {
    await transport.close();
  }
}

/** Asks the same package on the device to probe the machine that it is on. */
async function askAgent(entry: DeviceEntry, transport: Transport): Promise<readonly ProbeRow[]> {
  const argv = [...commandOf(entry), "devices", "probe", "local", "--json"];
  const { code, stdout, stderr } = await transport.exec(argv, { timeout_s: 60 });
  const json = stdout.slice(stdout.indexOf("{"));
  const parsed = code === 0 ? answerSchema.safeParse(JSON.parse(json)) : undefined;
  if (!parsed?.success)
    return allRefused(
      entry,
      `no wattsplit answers there: ${stderr.trim().split("\n").at(-1) ?? ""}`,
      `Install this version of wattsplit on the device, and try: ${argv.join(" ")}`,
    );
  const wanted = [...entry.runtimes, ...entry.meters];
  return parsed.data.rows
    .filter(({ name }) => wanted.includes(name))
    .map((row) => ({ device: entry.id, ...row }));
}

async function probeOverAdb(entry: DeviceEntry): Promise<readonly ProbeRow[]> {
  const transport = adbTransport({ serial: entry.address });
  try {
    await transport.reach();
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return allRefused(
      entry,
      error.message,
      "Turn on USB debugging, allow this computer on the phone, and look at: adb devices -l; of several name one, --device adb:SERIAL",
    );
  }
  return probeHere(entry, androidSurroundings(transport, settingsOf(entry)));
}

const allRefused = (
  { id: device, runtimes, meters }: DeviceEntry,
  detail: string,
  remedy: string,
): readonly ProbeRow[] =>
  [
    ...runtimes.map((name) => ({ kind: "runtime" as const, name })),
    ...meters.map((name) => ({ kind: "meter" as const, name })),
  ].map((part) => ({ device, ...part, works: false, detail, remedy }));

/** Every device of the catalogue and of the user's own, one line each. */
export const knownDevices = (folder = devicesFolder()) =>
  listDevices(folder).map(({ id, summary, transports, address }) => ({
    id,
    transport: transports[0] ?? "",
    address: address ?? "",
    summary,
  }));
