import { describe, expect, it } from "vitest";
import { namedNetworks, parseWidths } from "../../../src/app/workflows/networks-named.ts";
import { kernelsOf } from "../../../src/network/kernel.ts";

const widthsOf = ({ network }: ReturnType<typeof namedNetworks>[number]) =>
  kernelsOf(network)
    .filter(({ kernel }) => kernel.op === "conv2d")
    .map(({ kernel }) => kernel.outChannels);

describe("networks named on the command line", () => {
  it("are presets as they are, at multipliers, and with listed widths", () => {
    expect(namedNetworks({ net: ["mnist-cnn"] }).map(widthsOf)).toEqual([[24, 48, 96]]);
    expect(
      namedNetworks({ net: ["mnist-cnn"], multiplier: [0.5, 1], widths: ["8-16-32"] }).map(
        (named) => [named.label, widthsOf(named)],
      ),
    ).toEqual([
      ["mnist-cnn x0.5", [12, 24, 48]],
      ["mnist-cnn x1", [24, 48, 96]],
      ["mnist-cnn 8-16-32", [8, 16, 32]],
    ]);
  });

  it("may repeat a width", () => {
    expect(parseWidths("8-16-24x3-32")).toEqual([8, 16, 24, 24, 24, 32]);
  });

  it.each(["8-", "8-0", "a-8", "8x0", "8--8"])("refuse %s, with an example", (text) => {
    expect(() => parseWidths(text)).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/8-16-24x6-32/) }),
    );
  });

  it("need a width for every group", () => {
    expect(() => namedNetworks({ net: ["mnist-cnn"], widths: ["8-8"] })).toThrow(
      /Widths "8-8" are 2; "mnist-cnn" has 3 width groups/,
    );
  });
});
