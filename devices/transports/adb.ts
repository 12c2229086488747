import {
  type Executed,
  requireSpace,
  shellCommand,
  type Transport,
  TransportError,
} from "../transport.ts";
import { execProgram, startProgram } from "./child.ts";
import { programEnd, remoteCommand } from "./remote-command.ts";
import { RemoteShells } from "./remote-shells.ts";

export interface AdbOptions {
  /** As `adb devices` lists it; the only device when absent. */
  readonly serial?: string | undefined;
  /** Of the spawned adb: ANDROID_ADB_SERVER_PORT and the like. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

export interface AdbTransport extends Transport {
  /** Throws a `TransportError` when the phone does not answer; one in the network is connected first, also when it was lost. */
  reach(): Promise<void>;
}

/** Of a phone in the network: HOST:PORT. Other serials have no port, and `usb:1` and the like are no hosts. */
const inNetwork = /^(?!(?:usb|product|model|device):)(?:\[.+\]|[^:]+):\d{1,5}$/;
const copyTimeout_s = 600;
const connectTimeout_s = 15;

/** An Android device through the user's own `adb`. */
export function adbTransport({ serial, env }: AdbOptions = {}): AdbTransport {
  const name = serial === undefined ? "adb" : `adb ${serial}`;
  const device = serial === undefined ? [] : ["-s", serial];
  const lost = ({ stdout, stderr }: Executed): TransportError => {
    const said = (stderr.trim() || stdout.trim()).split("\n").at(-1);
    return lostWith(said);
  };
  const lostWith = (said: string | undefined): TransportError =>
    new TransportError("lost", `${name}: ${said || "the shell ended early"}`);
  const run = (args: readonly string[], timeout_s?: number): Promise<Executed> =>
    execProgram(["adb", ...args], { timeout_s }, { env });
  const must = async (args: readonly string[]): Promise<Executed> => {
    const ran = await run([...device, ...args], copyTimeout_s);
    requireSpace(name, ran);
    if (ran.code !== 0) throw lost(ran);
    return ran;
  };
  let isFramed: boolean | undefined;
  const shells = new RemoteShells({
    argv: ["adb", ...device, "shell", "-T", "sh"],
    env,
    lost: (said) => lostWith(said.split("\n").at(-1)),
  });
  /** Phones from before shell_v2 give every shell a terminal, which echoes what is written: each command has its own. */
  const execAlone: Transport["exec"] = async (argv, options) => {
    const command = ["adb", ...device, "shell", remoteCommand(argv)];
    const ran = await execProgram(command, options, { env, holdsInput: true });
    const ended = programEnd(ran);
    if (!ended) throw lost(ran);
    return ended;
  };
  const exec: Transport["exec"] = async (argv, options) => {
    isFramed ??= /\bshell_v2\b/.test((await must(["features"])).stdout);
    const ended = await (isFramed ? shells.exec(argv, options) : execAlone(argv, options));
    requireSpace(name, ended);
    return ended;
  };
  const connect = async (address: string): Promise<void> => {
    if ((await run([...device, "get-state"])).stdout.trim() === "device") return;
    // An address that adb has lost stays "offline" until it is let go.
    await run(["disconnect", address]);
    await run(["connect", address], connectTimeout_s);
    // Its words are no proof: a phone may answer later, or ask whether to allow this computer.
    await run([...device, "wait-for-device"], connectTimeout_s);
  };
  return {
    name,
    exec,
    reach: async () => {
      if (serial !== undefined && inNetwork.test(serial)) await connect(serial);
      await exec(["true"]);
    },
    stream: (argv) => startProgram(["adb", ...device, "shell", "-T", shellCommand(argv)], { env }),
    push: async (from, to, { mode } = {}) => {
      await must(["push", from, to]);
      if (mode !== undefined) await exec(["chmod", mode.toString(8), to]);
    },
    pull: async (from, to) => void (await must(["pull", from, to])),
    forward: async (port, wanted = 0) => {
      const { stdout } = await must(["reverse", `tcp:${wanted}`, `tcp:${port}`]);
      const devicePort = wanted || Number(stdout.trim());
      return {
        devicePort,
        close: async () =>
          void (await run([...device, "reverse", "--remove", `tcp:${devicePort}`])),
      };
    },
    close: async () => shells.close(),
  };
}
