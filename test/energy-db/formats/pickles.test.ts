import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPickleDict } from "../../../energy-db/formats/pickle-machine.ts";
import { readPickle } from "../../../energy-db/formats/pickle-reader.ts";
import { writePickle } from "../../../energy-db/formats/pickle-writer.ts";
import { findFormat } from "../../../energy-db/formats/registry.ts";
import { UserError } from "../../../src/errors.ts";

const read = (text: string) => readPickle({ name: "p", bytes: Buffer.from(text, "latin1") });

describe("pickles are read as data", () => {
  // Each line is what CPython 3.11's pickle.dumps gives.
  test.each([
    ["protocol 0", "(lp0\n(dp1\n(I3\nI16\ntp2\nF0.25\nsa."],
    ["protocol 2", "\x80\x02]q\x00}q\x01K\x03K\x10\x86q\x02G?\xd0\x00\x00\x00\x00\x00\x00sa."],
    [
      "protocol 4",
      "\x80\x04\x95\x16\x00\x00\x00\x00\x00\x00\x00]\x94}\x94K\x03K\x10\x86\x94G?\xd0\x00\x00\x00\x00\x00\x00sa.",
    ],
  ])("of %s", (_, text) => {
    expect(read(text)).toEqual({
      kind: "list",
      items: [{ kind: "dict", entries: [[{ kind: "tuple", items: [3, 16] }, 0.25]] }],
    });
  });

  test.each([
    ["-1", "\x80\x02J\xff\xff\xff\xff.", -1],
    ["-256 as a long", "\x80\x02\x8a\x02\x00\xff.", -256],
    ["2 ** 40", "\x80\x02\x8a\x06\x00\x00\x00\x00\x00\x01.", 2 ** 40],
    ["true", "\x80\x02\x88.", true],
    ["nothing", "\x80\x02N.", null],
    ["a text", "\x80\x03X\x02\x00\x00\x00\xc3\xa4q\x00.", "ä"],
  ])("as %s", (_, text, value) => {
    expect(read(text)).toEqual(value);
  });

  test("and what is written comes back", () => {
    const cost = fc.oneof(fc.double({ noNaN: true }), fc.integer());
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: "grapheme" }), cost)), (pairs) => {
        const costs = new Map(pairs);
        const back = readPickle({ name: "p", bytes: writePickle([costs]) });

        expect(back).toEqual({
          kind: "list",
          items: [{ kind: "dict", entries: [...costs].map((pair) => [...pair]) }],
        });
      }),
    );
  });
});

describe("pickles are refused that", () => {
  test.each([
    ["call a program", "cos\nsystem\n(S'echo'\ntR.", "only OrderedDict is allowed"],
    ["call one by protocol 4", "\x80\x04\x8c\x02os\x8c\x06system\x93.", "os.system"],
    ["build an object", "\x80\x02}}b.", "opcode 0x62"],
    ["call what they built", "\x80\x02})R.", "only OrderedDict may be called"],
    ["hold themselves", "\x80\x02]q\x00h\x00a.", "in two places"],
    ["end too early", "\x80\x02X\xff\xff\xff\x7f", "ends too early"],
    ["give a name for a value", "\x80\x02ccollections\nOrderedDict\n.", "a name stands"],
    [
      "count more than a number holds",
      "\x80\x02\x8a\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01.",
      "64 bits",
    ],
    ["take what is not there", "\x80\x02(\x85.", "missing"],
  ])("%s", (_, text, says) => {
    expect(() => read(text)).toThrow(UserError);
    expect(() => read(text)).toThrow(says);
  });
});

test("HW-NAS-Bench's pickles give a table for every device and data set", async () => {
  // pickle.dumps({"nasbench201": {"cifar10": {"config": [{"idx": 0}], "edgegpu_latency": [5.5, 6.5],
  // "edgegpu_energy": [25.5, 30.25], "raspi4_latency": [10.5, 20.5]}}}, 2) of CPython 3.11.
  const bytes = Buffer.from(
    "80027d7100580b0000006e617362656e636832303171017d710258070000006369666172313071037d71042858" +
      "06000000636f6e66696771055d71067d7107580300000069647871084b007361580f000000656467656770755f" +
      "6c6174656e637971095d710a2847401600000000000047401a00000000000065580e000000656467656770755f" +
      "656e65726779710b5d710c2847403980000000000047403e40000000000065580e0000007261737069345f6c61" +
      "74656e6379710d5d710e28474025000000000000474034800000000000657573732e",
    "hex",
  );

  const tables = await findFormat("nas-bench-pickle").read({ name: "p", bytes });

  expect(tables.map(({ device, rows }) => [device, rows[1]])).toEqual([
    [
      "edgegpu, cifar10",
      { key: "1", op: "network", shape: {}, latency_s: 6.5e-3, energy_j: 30.25e-3 },
    ],
    ["raspi4, cifar10", { key: "1", op: "network", shape: {}, latency_s: 20.5e-3 }],
  ]);
});

const folder = "../shared/data/tables";
const load = async (format: string, path: string) => {
  const [table] = await findFormat(format).read({
    name: path,
    bytes: readFileSync(`${folder}/${path}`),
  });
  return table?.rows ?? [];
};

describe.skipIf(!existsSync(folder))("published pickles (skip without ../shared)", () => {
  test("NetAdapt's table is the one of its CSV", async () => {
    const rows = await load("netadapt", "netadapt_format/lut.pkl");
    const csv = readFileSync(`${folder}/netadapt_format/helloworld_lut.csv`, "utf8");

    const lines = rows.map(({ shape, inChannels, outChannels, work }) =>
      [shape.layer, inChannels, outChannels, work].join(),
    );

    expect(lines.sort()).toEqual(csv.trim().split(/\r?\n/).slice(1).sort());
  });

  test("TF-NAS's table written again is a dictionary of the same blocks", async () => {
    const format = findFormat("tf-nas");
    const tables = await format.read({
      name: "cpu",
      bytes: readFileSync(`${folder}/tfnas/latency_cpu.pkl`),
    });
    const written = readPickle({
      name: "again",
      bytes: Buffer.from(format.write(tables).content),
    });

    expect(isPickleDict(written) && written.entries).toHaveLength(67);
  });
});
