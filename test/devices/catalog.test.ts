import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { webRuntimes } from "../../devices/browser/web-runtimes.ts";
import { catalogueEntrySchema } from "../../devices/catalog.ts";
import { addDevice, findDevice, listDevices, probeDevices } from "../../devices/index.ts";
import { chooseParts } from "../../devices/parts.ts";
import { meterKinds, runtimeKinds } from "../../devices/registry.ts";
import { cli } from "../support/cli.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-devices-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const env = { WATTSPLIT_DEVICES: folder };
const none = join(folder, "none");

describe("the catalogue", () => {
  it.each(listDevices(none).map((entry) => [entry.id, entry] as const))(
    "names only runtimes, meters and rails that exist, for %s",
    (_, entry) => {
      const { runtimes, meters } = entry;
      const rails = entry.rails === "unknown" ? [] : (entry.rails ?? []);
      expect(runtimes.filter((name) => !(name in runtimeKinds || name in webRuntimes))).toEqual([]);
      expect(meters.filter((name) => !(name in meterKinds))).toEqual([]);
      const known = rails.map(({ rail, subsystem }) => rail ?? subsystem);
      expect(
        rails.flatMap(({ includes = [] }) => includes).filter((rail) => !known.includes(rail)),
      ).toEqual([]);
    },
  );

  it.each(listDevices(none).map((entry) => [entry.id, entry] as const))(
    "says of every fact that it is unknown or what it is, and whence, for %s",
    (_, entry) => {
      expect(catalogueEntrySchema.safeParse(entry).error).toBeUndefined();
      expect(entry.sources.length).toBeGreaterThan(0);
    },
  );

  it.each(listDevices(none).map((entry) => [entry.id, entry] as const))(
    "counts no rail inside another one that counts, and no screen, for %s",
    (_, { rails = [] }) => {
      const counted = rails === "unknown" ? [] : rails.filter((rail) => rail.counted ?? true);
      const inside = counted.flatMap(({ includes = [] }) => includes);

      expect(counted.filter(({ rail }) => rail && inside.includes(rail))).toEqual([]);
      expect(counted.filter(({ subsystem }) => subsystem === "Display")).toEqual([]);
    },
  );

  it("has a file for each id, and this machine under both of its names", () => {
    const files = readdirSync(join(import.meta.dirname, "../../devices/catalog"));

    expect(files.sort()).toEqual(
      listDevices(none)
        .map(({ id }) => `${id}.json`)
        .sort(),
    );
    expect(findDevice("this-machine", none)).toEqual(findDevice("local", none));
  });

  it("lets an instrument record beside any device but a browser", () => {
    const chosen = (name: string) => chooseParts(findDevice(name, none), { meter: "trace" }).meters;

    expect([chosen("local"), chosen("ssh:board"), chosen("pixel-8")]).toEqual(
      Array(3).fill(["trace"]),
    );
    expect(() => chosen("browser:localhost")).toThrow(/No meter "trace"/);
  });

  it("takes an address in place of a name", () => {
    expect(findDevice("ssh:pi@board", none)).toMatchObject({
      id: "ssh:pi@board",
      address: "pi@board",
      transports: ["ssh"],
    });
  });

  it("says what is wrong with a file of the user's", () => {
    const broken = mkdtempSync(join(folder, "broken-"));
    writeFileSync(join(broken, "x.json"), JSON.stringify({ id: "x", transports: ["pigeon"] }));

    expect(() => listDevices(broken)).toThrow(
      /x\.json describes no device: .*(summary|transports)/,
    );
  });

  it("adds no device under a name that is a path, and none twice", () => {
    const pi = { ...findDevice("raspberry-pi-5", none), address: "pi@board" };

    expect(() => addDevice({ ...pi, id: "../evil" }, folder)).toThrow(/no name for a device/);
    addDevice({ ...pi, id: "twice" }, folder);
    expect(() => addDevice({ ...pi, id: "twice" }, folder)).toThrow(/already/);
  });
});

describe("devices on the command line", () => {
  it("adds one's own, lists it and probes it", async () => {
    const added = await cli(
      [
        "devices",
        "add",
        "my-pi",
        "--like",
        "raspberry-pi-5",
        "--address",
        "127.0.0.1",
        "--ssh-config",
        "/dev/null",
      ],
      { env },
    );
    const listed = await cli(["devices", "list", "--json"], { env });
    const probed = await cli(["devices", "probe", "my-pi", "--json"], { env });

    expect([added.code, listed.code, probed.code]).toEqual([0, 0, 0]);
    expect(JSON.parse(listed.stdout).rows).toContainEqual(
      expect.objectContaining({ id: "my-pi", transport: "ssh", address: "127.0.0.1" }),
    );
    for (const row of JSON.parse(probed.stdout).rows)
      expect(row).toMatchObject({
        device: "my-pi",
        works: false,
        remedy: expect.stringMatching(/ssh/),
      });
  });

  it("probes this machine without any meter, exits 0 and says what to do", async () => {
    const { code, stderr } = await cli(["devices", "probe", "local"], { env });

    expect(code).toBe(0);
    expect(stderr).toContain("To use meter");
  });

  it("says of a browser what a page will try, and how to open it, not where to log in", async () => {
    const { code, stderr, stdout } = await cli(["devices", "probe", "android-browser"], { env });

    expect(code).toBe(0);
    expect(stdout).toMatch(/ort-web +not tried +WebAssembly.*once a page is open/);
    expect(stdout).toMatch(/none +yes/);
    expect(stderr).toContain("wattsplit profile --net mnist-cnn --device android-browser");
    expect(stderr).not.toContain("USER@HOST");
  });

  it("shows what is known of a device, and what is not", async () => {
    const phone = await cli(["devices", "show", "pixel-8"], { env });
    const own = await cli(["devices", "show", "local"], { env });

    expect(phone.stdout).toMatch(/rail +all of Display: screen; not counted/);
    expect(phone.stdout).toMatch(/begins below +35 °C/);
    expect(phone.stdout).toMatch(/usual budget +10(\.0)? ms, 20(\.0)? mJ/);
    expect(own.stdout).toMatch(/begins below +unknown/);
  });

  it("keeps settings of meters in the file, and hands them to a probe", async () => {
    const { code, stdout } = await cli(
      [
        ...["devices", "add", "plugged", "--like", "raspberry-pi-4", "--address", "pi@board"],
        ...["--setting", "shelly=192.168.1.50", "--setting", "rails=in1,in2"],
      ],
      { env },
    );
    const probe = ["devices", "probe", "local", "--parts", "shelly", "--json"];
    const probed = await cli([...probe, "--setting", "shelly=127.0.0.1:1"], { env });

    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(stdout.trim(), "utf8")).settings).toEqual({
      shelly: "192.168.1.50",
      rails: "in1,in2",
    });
    expect(JSON.parse(probed.stdout).rows).toEqual([
      expect.objectContaining({
        name: "shelly",
        detail: expect.stringContaining("no plug answers at 127.0.0.1:1"),
      }),
    ]);
  });

  it("exits 3 when a meter is asked for that does not work here", async () => {
    const rows = await probeDevices("local");
    const dead = rows.find(({ kind, works }) => kind === "meter" && !works)?.name ?? "";

    const { code, stderr } = await cli(
      ["profile", "--net", "mnist-cnn", "--meter", dead, "--db", join(folder, "x.db")],
      { env },
    );

    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining(`Meter "${dead}" is not available`),
    ]);
  });
});
