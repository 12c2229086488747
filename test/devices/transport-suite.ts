import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Transport } from "../../devices/transport.ts";

/** Arguments that mean something to a shell. */
const strange = [
  "two words",
  "$HOME `id` $(id)",
  "it's",
  '"',
  "; rm -rf x",
  "*",
  "back\\slash",
  "a\nb",
  "",
];

/** What every transport does. The device may be this machine: its files are read directly to check. */
export function transportSuite(
  name: string,
  open: () => Transport,
  { devicePath = (path: string) => path, localOf = (path: string) => path } = {},
): void {
  describe(`the ${name} transport`, () => {
    const folder = mkdtempSync(join(tmpdir(), "wattsplit-transport-"));
    let transport: Transport;
    beforeAll(() => {
      transport = open();
    });
    afterAll(async () => {
      await transport.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it("returns exit code, output and errors of a program apart", async () => {
      const { code, stdout, stderr } = await transport.exec([
        "sh",
        "-c",
        "echo out; echo err >&2; exit 7",
      ]);

      expect([code, stdout.trim(), stderr.trim()]).toEqual([7, "out", "err"]);
    });

    it("hands every argument over unchanged, whatever a shell makes of it", async () => {
      const { stdout } = await transport.exec(["printf", "<%s>", ...strange]);

      expect(stdout).toBe(strange.map((argument) => `<${argument}>`).join(""));
    });

    it("stops waiting when the time is over", async () => {
      await expect(transport.exec(["sleep", "20"], { timeout_s: 0.3 })).rejects.toMatchObject({
        name: "TransportError",
        kind: "timeout",
      });
    });

    it("ends a program there when its time is over, and when nobody waits any more", async () => {
      const stopping = new AbortController();
      for (const end of [{ timeout_s: 2 }, { signal: stopping.signal }]) {
        const file = devicePath(join(folder, "pid"));
        await transport.exec(["mkdir", "-p", devicePath(folder)]);
        const ran = transport.exec(["sh", "-c", `echo $$ > ${file}; exec sleep 60`], end);
        const pid = await vi.waitFor(
          () => {
            const text = readFileSync(localOf(file), "utf8");
            if (!text.endsWith("\n")) throw new Error("it has not started yet");
            return text.trim();
          },
          { timeout: 10_000 },
        );
        if ("signal" in end) stopping.abort(new Error("stopped"));
        await expect(ran).rejects.toThrow();

        await vi.waitFor(
          async () => expect((await transport.exec(["kill", "-0", pid])).code).not.toBe(0),
          { timeout: 10_000 },
        );
        rmSync(localOf(file));
      }
    });

    it("talks with a program that goes on", async () => {
      const program = transport.stream(["cat"]);
      const answered = new Promise<string>((resolve) => {
        program.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
      });
      program.stdin.write("hello\n");

      expect(await answered).toBe("hello");
      program.kill();
      await program.ended;
    });

    it("copies files there and back byte for byte, with their mode", async () => {
      const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256);
      const [from, there, back] = ["from", "there", "back"].map((file) => join(folder, file));
      if (!from || !there || !back) throw new Error("no paths");
      writeFileSync(from, bytes);

      await transport.push(from, devicePath(there), { mode: 0o755 });
      await transport.pull(devicePath(there), back);

      expect(statSync(localOf(devicePath(there))).mode & 0o777).toBe(0o755);
      expect(new Uint8Array(readFileSync(back))).toEqual(bytes);
    });

    it("fails to copy a file that is not there", async () => {
      await expect(
        transport.pull(devicePath(join(folder, "missing")), join(folder, "x")),
      ).rejects.toThrow();
    });

    it("makes a port of the host one of the device", async () => {
      const server = createServer((socket) => socket.end("from the host"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;

      const { devicePort, close } = await transport.forward(port);

      expect(devicePort).toBeGreaterThan(0);
      await close();
      server.close();
    });
  });
}
