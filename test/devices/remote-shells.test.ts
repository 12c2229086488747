import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TransportError } from "../../devices/transport.ts";
import { RemoteShells } from "../../devices/transports/remote-shells.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-shells-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const log = join(folder, "starts");

/** This machine's shell in place of another one's; every start notes its process. */
const startNoted = ["sh", "-c", `echo $$ >> ${log}; exec sh`];
const starts = (): readonly number[] => readFileSync(log, "utf8").trim().split("\n").map(Number);

describe("shells of another machine", () => {
  let shells: RemoteShells;
  beforeEach(() => {
    rmSync(log, { force: true });
    shells = new RemoteShells({
      argv: startNoted,
      lost: (said) => new TransportError("lost", said),
    });
  });
  afterEach(() => shells.close());

  it("hand arguments, outputs, errors and codes through unchanged, in one process for all commands", async () => {
    const anyText = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
    const printBoth = 'printf %s "$1"; printf %s "$2" >&2; exit $3';
    await fc.assert(
      fc.asyncProperty(anyText, anyText, fc.nat(255), async (stdout, stderr, code) => {
        const argv = ["sh", "-c", printBoth, "sh", stdout, stderr, `${code}`];
        expect(await shells.exec(argv)).toEqual({ code, stdout, stderr });
      }),
      { numRuns: 25 },
    );

    expect(starts()).toHaveLength(1);
  });

  it("are as many as commands that run at once", async () => {
    const pipe = join(folder, "pipe");
    await shells.exec(["mkfifo", pipe]);

    // Each waits for the other: neither would end alone.
    const [heard] = await Promise.all([
      shells.exec(["cat", pipe]),
      shells.exec(["sh", "-c", `echo hello > ${pipe}`]),
    ]);
    await shells.exec(["true"]);

    expect(heard.stdout).toBe("hello\n");
    expect(starts()).toHaveLength(2);
  });

  it("are replaced, unseen, when they ended while they had nothing to do", async () => {
    await shells.exec(["true"]);
    process.kill(starts()[0] ?? 0, "SIGKILL");

    expect((await shells.exec(["echo", "still"])).stdout).toBe("still\n");
    expect(starts()).toHaveLength(2);
  });

  it("print nothing of what an earlier command left running", async () => {
    const [go, done] = [join(folder, "go"), join(folder, "done")];
    const late = `{ until [ -e ${go} ]; do :; done; echo late; : > ${done}; } &`;
    await shells.exec(["sh", "-c", late]);
    writeFileSync(go, "");
    await vi.waitFor(() => expect(existsSync(done)).toBe(true));

    expect((await shells.exec(["echo", "now"])).stdout).toBe("now\n");
  });

  it("tell of a program that cannot be started here at all", async () => {
    const none = new RemoteShells({
      argv: ["no-such-shell"],
      lost: (said) => new TransportError("lost", said),
    });

    await expect(none.exec(["true"])).rejects.toMatchObject({ kind: "missing" });
  });
});
