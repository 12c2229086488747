import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { agentParts, describeBrowser } from "../../devices/browser/page/browser-machine.ts";
import { systemClock } from "../../devices/clock.ts";
import { agentOn, deviceOf, type Machine } from "../../devices/index.ts";
import { noMeter } from "../../devices/meters/none.ts";
import { openTable } from "../../energy-db/index.ts";

// User agents as their makers document them.
test.each([
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "iPhone; CPU iPhone OS 17_5 like Mac OS X",
    "Safari/17.5",
  ],
  [
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "X11; Linux x86_64; rv:132.0",
    "Firefox/132",
  ],
  [
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36 EdgA/131.0.0.0",
    "Linux; Android 10; K",
    "EdgA/131",
  ],
  ["", "unknown system", "unknown browser"],
])("a browser is told by its user agent: %s", (userAgent, system, product) => {
  expect(agentParts(userAgent)).toEqual({ system, product });
});

describe("browsers under one device id are platforms of their own", () => {
  const iPhone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";
  const chrome = (version: number): string =>
    `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Mobile Safari/537.36`;
  const mine = { userAgent: iPhone, isolated: true, phone: "a".repeat(32), threads: 1 };

  const identityOf = async ({ userAgent, isolated, phone, threads }: typeof mine) => {
    const device = await deviceOf(
      "phone",
      agentOn({
        clock: systemClock,
        meter: noMeter,
        runtime: { id: "ort-web", version: "1", build: async () => "b" } as Machine["runtime"],
        describe: () =>
          describeBrowser(
            { navigator: { userAgent, hardwareConcurrency: 6 }, crossOriginIsolated: isolated },
            { phone, screen: "390x844 at 3" },
          ),
        state: async () => ({}),
      }),
      { threads },
    );
    return device;
  };

  test.each([
    ["two iPhones of one model", mine, { ...mine, phone: "b".repeat(32) }],
    ["isolated and not", mine, { ...mine, isolated: false }],
    [
      "Chrome 155 and 156",
      { ...mine, userAgent: chrome(155) },
      { ...mine, userAgent: chrome(156) },
    ],
    [
      "Safari 26.0 and 26.1",
      mine,
      { ...mine, userAgent: iPhone.replace("Version/26.0", "Version/26.1") },
    ],
    ["one thread and two", mine, { ...mine, threads: 2 }],
  ])("%s", async (_, first, second) => {
    const folder = mkdtempSync(join(tmpdir(), "wattsplit-browsers-"));
    const table = openTable(join(folder, "t.db"), { mode: "write", create: true });

    for (const told of [first, second, first]) {
      const { identity, details } = await identityOf(told);
      table.ensurePlatform(identity, details);
    }

    const platforms = table.platforms();
    expect(platforms).toHaveLength(2);
    expect(platforms.map(({ details }) => details.userAgent)).toEqual([
      first.userAgent,
      second.userAgent,
    ]);
    table.close();
    rmSync(folder, { recursive: true });
  });
});
