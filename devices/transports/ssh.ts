import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Executed,
  requireSpace,
  shellCommand,
  type Transport,
  TransportError,
} from "../transport.ts";
import { execProgram, startProgram } from "./child.ts";
import { RemoteShells } from "./remote-shells.ts";

export interface SshOptions {
  /** As given to `ssh`: a name of ~/.ssh/config, or user@host. */
  readonly host: string;
  /** Read in place of ~/.ssh/config. */
  readonly configFile?: string | undefined;
}

/** scp ends with this code when ssh cannot connect. */
const sshFailed = 255;
const keepAlive_s = 5;

/**
 * A machine behind the system's own `ssh`, with its keys, agent, jumps and known hosts: a host whose key is unknown or
 * has changed is refused, never accepted here. One master connection carries everything.
 */
export function sshTransport({ host, configFile }: SshOptions): Transport {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-ssh-"));
  // Short: the path of a socket has a hundred bytes.
  const socket = join(folder, createHash("sha256").update(host).digest("hex").slice(0, 8));
  const base = [
    ...(configFile === undefined ? [] : ["-F", configFile]),
    ...option("BatchMode", "yes"),
    ...option("ControlMaster", "auto"),
    ...option("ControlPath", socket),
    ...option("ControlPersist", "60"),
    ...option("ConnectTimeout", "10"),
    ...option("ServerAliveInterval", `${keepAlive_s}`),
    ...option("ServerAliveCountMax", "3"),
    ...option("StrictHostKeyChecking", "yes"),
  ];
  const command = (line: string) => ["ssh", ...base, "--", host, line];
  const control = (action: string, ...more: readonly string[]): Promise<Executed> =>
    execProgram(["ssh", ...base, "-O", action, ...more, "--", host]);
  const answered = (result: Executed): Executed => {
    if (result.code === sshFailed) throw new TransportError("lost", refusal(host, result.stderr));
    return result;
  };
  const shells = new RemoteShells({
    argv: command("sh"),
    lost: (said) => new TransportError("lost", refusal(host, said)),
  });
  const exec: Transport["exec"] = async (argv, options) => {
    const ended = await shells.exec(argv, options);
    requireSpace(`ssh ${host}`, ended);
    return ended;
  };
  return {
    name: `ssh ${host}`,
    exec,
    stream: (argv) => startProgram(command(shellCommand(argv))),
    push: async (from, to, { mode } = {}) => {
      answered(await copied(["scp", "-q", ...base, "--", from, `${host}:${to}`]));
      if (mode !== undefined) await exec(["chmod", mode.toString(8), to]);
    },
    pull: async (from, to) => {
      answered(await copied(["scp", "-q", ...base, "--", `${host}:${from}`, to]));
    },
    forward: async (port, wanted = 0) => {
      await exec(["true"]);
      // Port 0: the device chooses one and says which.
      const spec = ["-R", `${wanted}:127.0.0.1:${port}`];
      const { code, stdout, stderr } = await control("forward", ...spec);
      const devicePort = wanted || Number(stdout.trim());
      if (code !== 0 || !(devicePort > 0))
        throw new TransportError("lost", `${host} forwards no port: ${stderr.trim()}`);
      return {
        devicePort,
        close: async () => void (await control("cancel", ...spec)),
      };
    },
    close: async () => {
      shells.close();
      await control("exit").catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const option = (name: string, value: string): readonly string[] => ["-o", `${name}=${value}`];

const copyTimeout_s = 600;

async function copied(argv: readonly string[]): Promise<Executed> {
  const result = await execProgram(argv, { timeout_s: copyTimeout_s });
  requireSpace("scp", result);
  if (result.code !== 0 && result.code !== sshFailed)
    throw new TransportError("lost", `scp failed: ${result.stderr.trim()}`);
  return result;
}

/** ssh's own words, the last line of them: "Host key verification failed.", "Permission denied (publickey).". */
export function refusal(host: string, stderr: string): string {
  const said = stderr.trim().split("\n").at(-1)?.trim();
  return `ssh cannot reach ${host}${said ? `: ${said}` : ""}`;
}
