import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { lockDevice } from "../../energy-db/index.ts";
import { UserError } from "../../src/errors.ts";
import { startProgram } from "./child.ts";
import { temporaryFolder } from "./temporary.ts";

const machine = { device: "local", fingerprint: "0123" };

describe("the lock of a device", () => {
  test("lets one session measure and names it to the next, also across processes, until it dies", async () => {
    const folder = temporaryFolder();
    const take = () => lockDevice(machine, { purpose: "verify", folder });
    const holder = startProgram("device-holder.ts", [folder, machine.device, machine.fingerprint]);
    const ended = once(holder, "exit");
    onTestFinished(() => void holder.kill("SIGKILL"));
    if (holder.stdout) await once(holder.stdout, "data");

    expect(take).toThrow(UserError);
    expect(take).toThrow(
      `Device local is being measured by process ${holder.pid} (profile of lenet into other.db)`,
    );

    holder.kill("SIGKILL");
    await ended;
    take().release();
  });

  test("holds for one device of one machine", () => {
    const folder = temporaryFolder();
    const take = (change: Partial<typeof machine>) =>
      lockDevice({ ...machine, ...change }, { purpose: "profile", folder });

    const locks = [take({}), take({ device: "phone" }), take({ fingerprint: "4567" })];
    expect(() => take({})).toThrow(/being measured by process/);

    for (const lock of locks) lock.release();
    take({}).release();
  });

  test("says what to do where it cannot be taken", () => {
    expect(() => lockDevice(machine, { purpose: "profile", folder: "/nowhere" })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/\/nowhere.* cannot be written/),
        hint: expect.stringMatching(/TMPDIR/),
        exit: "unavailable",
      }),
    );
  });
});
