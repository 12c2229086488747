import { UserError } from "../src/errors.ts";
import { agentOn } from "./agent/agent.ts";
import type { Connection } from "./agent/connection.ts";
import { forkAgent } from "./agent/fork.ts";
import { programAgent } from "./agent/program-agent.ts";
import { androidMachine } from "./android-machine.ts";
import { browserConnection } from "./browser/browser-connection.ts";
import type { DeviceEntry, TransportKind } from "./catalog.ts";
import { linuxMachine } from "./linux-machine.ts";
import type { ChosenParts } from "./parts.ts";
import { programRuntimes } from "./registry.ts";
import { adbTransport } from "./transports/adb.ts";
import { sshTransport } from "./transports/ssh.ts";

export interface ConnectOptions {
  readonly sysfsRoot?: string | undefined;
  /** Of the user's own devices, beside which is kept what was found of phones' gauges. */
  readonly folder?: string | undefined;
  readonly threads?: number | undefined;
  readonly reconnectPatience_s?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** Ways to an agent by the kind of transport: one line per kind. */
const connections: {
  readonly [K in TransportKind]?: (
    entry: DeviceEntry,
    parts: ChosenParts,
    options: ConnectOptions,
  ) => Connection;
} = {
  local: (entry, parts, { sysfsRoot }) => ({
    connect: async () => forkAgent({ ...parts, settings: settingsOf(entry), sysfsRoot }),
    close: async () => undefined,
  }),
  ssh: overSsh,
  adb: overAdb,
  browser: ({ address }, { runtime }, { threads = 1, reconnectPatience_s, signal, onNotice }) =>
    browserConnection({
      address,
      runtime,
      threads,
      patience_s: reconnectPatience_s,
      signal,
      onNotice,
    }),
};

export function connectionTo(
  entry: DeviceEntry,
  parts: ChosenParts,
  options: ConnectOptions,
): Connection {
  const [kind = "local"] = entry.transports;
  const connect = connections[kind];
  if (connect) return connect(entry, parts, options);
  throw new UserError(`Device ${entry.id} runs nothing for wattsplit; only traces of it are read`, {
    hint: "wattsplit devices trace FILE reads the energy of a recorded trace.",
    exit: "usage",
  });
}

/**
 * An agent of this package on the board. A runtime that is a program there needs none: then the script is followed here, unless
 * the device's file names the command of an agent, which reads the board's meters too.
 */
function overSsh(entry: DeviceEntry, parts: ChosenParts): Connection {
  const transport = sshTransport({ host: requireAddress(entry), configFile: entry.sshConfig });
  const { runtime, meters } = parts;
  const settings = settingsOf(entry);
  if (isDrivenFromHere(entry, runtime))
    return {
      connect: async () => agentOn(await linuxMachine(transport, { ...parts, settings })),
      close: () => transport.close(),
    };
  const argv = [
    ...[...commandOf(entry), "agent", "--runtime", runtime, "--meters", meters.join(",")],
    ...settingFlags(settings),
  ];
  return { connect: () => programAgent(transport, argv), close: () => transport.close() };
}

function overAdb(entry: DeviceEntry, parts: ChosenParts, { folder }: ConnectOptions): Connection {
  const transport = adbTransport({ serial: entry.address });
  const settings = settingsOf(entry);
  return {
    connect: async () => {
      await transport.reach();
      return agentOn(await androidMachine(transport, { ...parts, settings }, folder));
    },
    close: () => transport.close(),
  };
}

/** Of meters and runtimes of a device that is reached from here. */
export const settingsOf = ({
  settings,
  runner,
}: DeviceEntry): Readonly<Record<string, string>> => ({
  ...settings,
  ...(runner === undefined ? {} : { runner }),
});

/** The same as the package on the device takes them. */
export const settingFlags = (settings: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(settings).flatMap(([name, value]) => ["--setting", `${name}=${value}`]);

/** Whether a runtime is a program that is started from here, one command for each step. */
export const isDrivenFromHere = ({ command }: DeviceEntry, runtime: string): boolean =>
  command === undefined && programRuntimes.has(runtime);

/** The command that this package is on a device. */
export const commandOf = ({ command = ["npx", "wattsplit"] }: DeviceEntry): readonly string[] =>
  command;

export function requireAddress({ id, address, transports }: DeviceEntry): string {
  if (address) return address;
  throw new UserError(`Device ${id} has no address yet`, {
    hint: `Give your own one a name: wattsplit devices add my-device --like ${id} --address ${
      transports[0] === "adb" ? "SERIAL" : "USER@HOST"
    }`,
    exit: "usage",
  });
}
