import { expect, test } from "vitest";
import { renderFigure, widthMap } from "../../src/figures/index.ts";

test("a map's numbers have two digits and no exponent, however dear the widest pair is", () => {
  const pairs = [8, 16].flatMap((inChannels) =>
    [8, 16].map((outChannels) => ({
      inChannels,
      outChannels,
      latency_s: 0.51e-6 * inChannels * outChannels,
    })),
  );

  const figure = renderFigure(widthMap(pairs, 600));

  expect(figure).toContain(">33<");
  expect(figure).toContain(">130<");
  expect(figure).not.toMatch(/>[\d.]+e\+/);
});
