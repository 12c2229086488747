import { UserError, unknownName } from "../src/errors.ts";
import { androidSurroundings } from "./android-machine.ts";
import { runtimeIdentity } from "./browser/runtime-files.ts";
import { type WebRuntime, webRuntimes } from "./browser/web-runtimes.ts";
import { type DeviceEntry, devicesFolder, findDevice, knownRails, listDevices } from "./catalog.ts";
import { settingsOf } from "./connect.ts";
import { localSurroundings } from "./local-machine.ts";
import { probeOverSsh } from "./probe-over-ssh.ts";
import { allRefused, type ProbeRow, probeHere } from "./probe-rows.ts";
import { meterKinds, runtimeKinds } from "./registry.ts";
import { TransportError } from "./transport.ts";
import { adbTransport } from "./transports/adb.ts";

export interface ProbeOptions {
  readonly sysfsRoot?: string;
  readonly folder?: string;
  /** In place of the device's own runtimes and meters; names that are unknown here are left out. */
  readonly parts?: readonly string[] | undefined;
  /** Beside those of the device's file, before them. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Tries every runtime and meter of one device, or of this machine. Nothing found is an answer, not an error. */
export async function probeDevices(
  id = "local",
  { sysfsRoot, folder = devicesFolder(), parts, settings = {} }: ProbeOptions = {},
): Promise<readonly ProbeRow[]> {
  const known = findDevice(id, folder);
  const entry: DeviceEntry = {
    ...known,
    settings: { ...known.settings, ...settings },
    runtimes: parts?.filter((name) => name in runtimeKinds) ?? known.runtimes,
    meters: parts?.filter((name) => name in meterKinds) ?? known.meters,
  };
  const [kind] = entry.transports;
  if (kind === "adb") return probeOverAdb(entry, folder);
  if (kind === "local") return probeHere(entry, localSurroundings(sysfsRoot, settingsOf(entry)));
  if (kind === "browser") return untriedInBrowser(entry);
  if (!entry.address)
    return allRefused(entry, "it has no address yet", remedyFor(entry), { tried: false });
  if (kind === "ssh") return probeOverSsh(entry);
  return allRefused(entry, `${kind} devices are tried when they are measured`, remedyFor(entry), {
    tried: false,
  });
}

const remedyFor = ({ id, transports }: DeviceEntry): string =>
  transports[0] === "trace"
    ? "wattsplit devices trace FILE reads what an instrument recorded of it"
    : `wattsplit devices add NAME --like ${id} --address ${transports[0] === "adb" ? "SERIAL" : "USER@HOST"}`;

/** What a page will try when one is open on the device, and how to get there. */
const untriedInBrowser = (entry: DeviceEntry): readonly ProbeRow[] =>
  allRefused(
    entry,
    "no energy can be read in a browser",
    `wattsplit profile --net mnist-cnn --device ${entry.id} prints the page's address: open it on the device, and the first network tells whether the browser has what --runtime needs`,
    { tried: false },
  ).map((row) => {
    if (row.kind === "meter") return { ...row, works: true, tried: true, remedy: "" };
    return { ...row, ...untriedRuntime(row, webRuntimes[row.name]) };
  });

/** What is missing on this machine shows without a page. */
function untriedRuntime(
  { name, remedy }: ProbeRow,
  runtime: WebRuntime | undefined,
): Pick<ProbeRow, "detail" | "remedy" | "tried"> {
  try {
    if (!runtime) throw unknownName("runtime", name, Object.keys(webRuntimes));
    const { version } = runtimeIdentity(runtime);
    const needs = `${runtime.needs} (${runtime.package} ${version})`;
    return { detail: `${needs}: tried once a page is open on the device`, remedy, tried: false };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { detail: error.message, remedy: error.hint, tried: true };
  }
}

async function probeOverAdb(entry: DeviceEntry, folder: string): Promise<readonly ProbeRow[]> {
  const transport = adbTransport({ serial: entry.address });
  try {
    await transport.reach();
    const known = { settings: settingsOf(entry), rails: knownRails(entry) };
    return await probeHere(entry, androidSurroundings(transport, known, folder));
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return allRefused(
      entry,
      error.message,
      "Turn on USB debugging, allow this computer on the phone, and look at: adb devices -l; of several name one, --device adb:SERIAL",
    );
  } finally {
    await transport.close();
  }
}

/** Every device of the catalogue and of the user's own, one line each. */
export const knownDevices = (folder = devicesFolder()) =>
  listDevices(folder).map(({ id, summary, transports, address }) => ({
    id,
    transport: transports[0] ?? "",
    address: address ?? "",
    summary,
  }));
