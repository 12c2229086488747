import { expect, test } from "vitest";
import { agentParts } from "../../devices/browser/page/browser-machine.ts";

// User agents as their makers document them.
test.each([
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "iPhone; CPU iPhone OS 17_5 like Mac OS X",
    "Safari/17",
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
