import {
  type ExecOptions,
  type Executed,
  requireSpace,
  shellCommand,
  type Transport,
  TransportError,
} from "../transport.ts";
import { execProgram, startProgram } from "./child.ts";

export interface AdbOptions {
  /** As `adb devices` lists it; the only device when absent. */
  readonly serial?: string | undefined;
  /** Of the spawned adb: ANDROID_ADB_SERVER_PORT and the like. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** What adb itself says when the device cannot be asked. */
const lost =
  /^(adb: |error: )*(error: )?(device (offline|unauthorized|still|'.*' not found)|no devices|closed|protocol fault|cannot connect)/m;
const copyTimeout_s = 600;
/** What adb itself ends with when the connection was lost before the command's own code came. */
const noCode = 255;
/** A device whose shell hands no exit code on says it in its last line. */
const codeMark = "::wattsplit-code=";

/** An Android device through the user's own `adb`. */
export function adbTransport({ serial, env }: AdbOptions = {}): Transport {
  const adb = ["adb", ...(serial === undefined ? [] : ["-s", serial])];
  const name = serial === undefined ? "adb" : `adb ${serial}`;
  const run = async (args: readonly string[], options?: ExecOptions): Promise<Executed> => {
    const ran = await execProgram([...adb, ...args], options, { env });
    if (ran.code !== 0 && lost.test(ran.stderr))
      throw new TransportError("lost", `${name}: ${ran.stderr.trim().split("\n").at(-1)}`);
    requireSpace(name, ran);
    return ran;
  };
  const must = async (args: readonly string[]): Promise<Executed> => {
    const ran = await run(args, { timeout_s: copyTimeout_s });
    if (ran.code === 0) return ran;
    throw new TransportError(
      "lost",
      `${name}: ${(ran.stderr || ran.stdout).trim().split("\n").at(-1)}`,
    );
  };
  const answered = (ran: Executed): Executed => {
    if (ran.code === noCode) throw new TransportError("lost", `${name}: the shell ended early`);
    return ran;
  };
  let shellHasCodes: Promise<boolean> | undefined;
  const hasCodes = (): Promise<boolean> => {
    shellHasCodes ??= run(["features"]).then(({ stdout }) => /\bshell_v2\b/.test(stdout));
    return shellHasCodes;
  };
  const exec: Transport["exec"] = async (argv, options) => {
    const command = shellCommand(argv);
    if (await hasCodes()) return answered(await run(["shell", "-T", command], options));
    const ran = await run(["shell", `${command}; echo "${codeMark}$?"`], options);
    const at = ran.stdout.lastIndexOf(codeMark);
    if (at < 0) throw new TransportError("lost", `${name}: the shell ended early`);
    return {
      ...ran,
      stdout: ran.stdout.slice(0, at),
      code: Number.parseInt(ran.stdout.slice(at + codeMark.length), 10),
    };
  };
  return {
    name,
    exec,
    stream: (argv) => startProgram([...adb, "shell", "-T", shellCommand(argv)], { env }),
    push: async (from, to, { mode } = {}) => {
      await must(["push", from, to]);
      if (mode !== undefined) await exec(["chmod", mode.toString(8), to]);
    },
    pull: async (from, to) => void (await must(["pull", from, to])),
    forward: async (port) => {
      const { stdout } = await must(["reverse", "tcp:0", `tcp:${port}`]);
      const devicePort = Number(stdout.trim());
      return {
        devicePort,
        close: async () => void (await run(["reverse", "--remove", `tcp:${devicePort}`])),
      };
    },
    close: async () => undefined,
  };
}
