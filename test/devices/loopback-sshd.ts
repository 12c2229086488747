import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** Why there is no sshd to test against; undefined where there is one. */
export const sshdMissing = (): string | undefined =>
  existsSync("/usr/sbin/sshd") && spawnSync("ssh", ["-V"]).status === 0
    ? undefined
    : "needs /usr/sbin/sshd and ssh: apt-get install openssh-server openssh-client";

export interface LoopbackSshd {
  readonly host: string;
  /** For `ssh -F`. */
  readonly configFile: string;
  readonly port: number;
  stop(): void;
}

/** A real sshd on a port of its own, with keys of its own, that only its own client configuration may enter. */
export async function loopbackSshd({
  viaPort,
}: {
  readonly viaPort?: number;
} = {}): Promise<LoopbackSshd & { configFor(port: number, name: string): string }> {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-sshd-"));
  const at = (name: string): string => join(folder, name);
  for (const key of ["host_key", "user_key"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(key)]);
  const port = await freePort();
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
  writeFileSync(at("authorized_keys"), readFileSync(at("user_key.pub")));
  writeFileSync(
    at("sshd_config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${at("host_key")}`,
      `PidFile ${at("pid")}`,
      `AuthorizedKeysFile ${at("authorized_keys")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "Subsystem sftp internal-sftp",
      // What the shell of whoever runs the tests does when it starts is no part of them.
      `SetEnv HOME=${folder}`,
    ].join("\n"),
  );
  const sshd = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", at("sshd_config")], { stdio: "pipe" });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    sshd.stderr.on("data", (chunk) => {
      said += chunk;
      if (said.includes("Server listening")) resolve();
    });
    sshd.once("exit", () => reject(new Error(`sshd ended: ${said}`)));
  });
  const configFor = (through: number, name: string): string => {
    const hostKey = readFileSync(at("host_key.pub"), "utf8").split(" ").slice(0, 2).join(" ");
    writeFileSync(at(`known_${name}`), `[127.0.0.1]:${through} ${hostKey}\n`);
    writeFileSync(
      at(`config_${name}`),
      [
        "Host loopback",
        "  HostName 127.0.0.1",
        `  Port ${through}`,
        `  User ${userInfo().username}`,
        `  IdentityFile ${at("user_key")}`,
        "  IdentitiesOnly yes",
        `  UserKnownHostsFile ${at(`known_${name}`)}`,
      ].join("\n"),
    );
    return at(`config_${name}`);
  };
  return {
    host: "loopback",
    port,
    configFile: configFor(viaPort ?? port, "direct"),
    configFor,
    stop: () => {
      sshd.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
