import { z } from "zod";
import type { DeviceEntry } from "./catalog.ts";
import { commandOf, isDrivenFromHere, settingFlags, settingsOf } from "./connect.ts";
import { linuxSurroundings } from "./linux-machine.ts";
import { allRefused, type ProbeRow, probeHere } from "./probe-rows.ts";
import { boundMeters } from "./registry.ts";
import { type Transport, TransportError } from "./transport.ts";
import { sshTransport } from "./transports/ssh.ts";

/** Programs and tools are tried from here, what reads the board's own files or libraries by the package there. */
export async function probeOverSsh(entry: DeviceEntry): Promise<readonly ProbeRow[]> {
  const transport = sshTransport({ host: entry.address ?? "", configFile: entry.sshConfig });
  const { here, there } = sidesOf(entry);
  try {
    const tried = await probeHere(here, linuxSurroundings(transport, settingsOf(entry)));
    const isAll = there.runtimes.length + there.meters.length === 0;
    return [...(isAll ? [] : await askAgent(there, transport)), ...tried];
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

/** Who tries which parts: where the device's file names an agent, that one opens all of them. */
function sidesOf(entry: DeviceEntry): { readonly here: DeviceEntry; readonly there: DeviceEntry } {
  const isHere = {
    runtime: (name: string) => isDrivenFromHere(entry, name),
    meter: (name: string) =>
      name === "none" || (entry.command === undefined && !boundMeters.has(name)),
  };
  const side = (wanted: boolean): DeviceEntry => ({
    ...entry,
    runtimes: entry.runtimes.filter((name) => isHere.runtime(name) === wanted),
    meters: entry.meters.filter((name) => isHere.meter(name) === wanted),
  });
  return { here: side(true), there: side(false) };
}

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

/** Asks the same package on the device to try these parts, with the device's settings, on the machine that it is on. */
async function askAgent(entry: DeviceEntry, transport: Transport): Promise<readonly ProbeRow[]> {
  const parts = [...entry.runtimes, ...entry.meters];
  const argv = [
    ...[...commandOf(entry), "devices", "probe", "local", "--json", "--parts", parts.join(",")],
    ...settingFlags(settingsOf(entry)),
  ];
  const { code, stdout, stderr } = await transport.exec(argv, { timeout_s: 60 });
  const answer = code === 0 ? answerSchema.safeParse(jsonIn(stdout)).data : undefined;
  const install = `Install this version of wattsplit on the device, and try: ${argv.join(" ")}`;
  if (!answer) {
    const said = (stderr.trim() || stdout.trim()).split("\n").at(-1) ?? "";
    return allRefused(entry, `no wattsplit answers there: ${said.slice(0, 200)}`, install);
  }
  return allRefused(entry, "the wattsplit there does not know it", install).map((unknown) => {
    const row = answer.rows.find(
      ({ kind, name }) => kind === unknown.kind && name === unknown.name,
    );
    return row ? { device: entry.id, tried: true, ...row } : unknown;
  });
}

/** The document after what a login shell may have printed; undefined where there is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text.slice(text.indexOf("{")));
  } catch {
    return undefined;
  }
}
