import { expect, test } from "vitest";
import { formatNetwork, parseNetwork } from "../../src/network/network-file.ts";
import { presets } from "../../src/network/presets.ts";
import { exampleNetworks } from "../support/reference/example-networks.ts";

test.each(Object.entries(presets))("%s survives being written and read", (_, preset) => {
  const network = preset.build({});

  expect(parseNetwork(formatNetwork(network), "network.json")).toEqual(network);
});

test("a concatenation survives being written and read; one of a single layer is refused", () => {
  const text = formatNetwork(exampleNetworks.joined);

  expect(parseNetwork(text, "network.json")).toEqual(exampleNetworks.joined);
  const lonely = text.replace(/"left",\s+"right"\s+\]/, '"left"]');
  expect(lonely).not.toBe(text);
  expect(() => parseNetwork(lonely, "network.json")).toThrow(/layers\.3\.inputs/);
});

test.each(["weighed", "shuffled"] as const)(
  "a network with %s channels survives being written and read",
  (name) => {
    const network = exampleNetworks[name];

    expect(parseNetwork(formatNetwork(network), "network.json")).toEqual(network);
  },
);

test("a file of another version is refused with the place and the expected value", () => {
  const text = formatNetwork(presets["mnist-cnn"].build({})).replace(
    '"version": 1',
    '"version": 2',
  );

  expect(() => parseNetwork(text, "network.json")).toThrow(
    /network.json is no network: at version/,
  );
});

test("text that is no JSON is refused", () => {
  expect(() => parseNetwork("{", "network.json")).toThrow("network.json is no JSON");
});

test("a misspelt field of a layer is refused rather than ignored", () => {
  const text = formatNetwork(presets["mnist-cnn"].build({})).replace('"stride"', '"strides"');

  expect(() => parseNetwork(text, "network.json")).toThrow(/layers\.0/);
});
