import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessage, encodeMessage } from "../../devices/agent/codec.ts";
import { FrameReader, frame, framedChannel } from "../../devices/agent/framed-channel.ts";
import { checkedReply, checkedRequest } from "../../devices/agent/messages.ts";
import { remoteAgent } from "../../devices/agent/remote-agent.ts";

const batches = {
  kind: "batches",
  model: "net",
  warmUpRuns: 3,
  start_s: Float64Array.of(0, 1),
  duration_s: Float64Array.of(1e-3, 2e-3),
  runs: Uint32Array.of(5, 5),
  profiled: Uint8Array.of(0, 1),
  sample: Uint32Array.of(0, 0),
  canary_s: Float64Array.of(Number.NaN, Number.NaN),
};

/** MessagePack stores -0 as the integer 0. */
const finiteOrInfinite = fc.double({ noNaN: true }).map((number) => (number === 0 ? 0 : number));

describe("a message", () => {
  it("comes back as it was sent, typed arrays at any place in it too", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.float64Array({ maxLength: 20 }),
        fc.uint32Array({ maxLength: 20 }),
        fc.uint8Array({ maxLength: 20 }),
        (text, floats, counts, bytes) => {
          const message = { text, floats, deeper: { counts, bytes } };
          expect(decodeMessage(encodeMessage(message))).toEqual(message);
        },
      ),
    );
  });

  it("comes whole out of a stream that is cut anywhere", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ text: fc.string(), number: finiteOrInfinite })),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        (messages, cuts) => {
          const bytes = Buffer.concat(messages.map((message) => frame(message)));
          const reader = new FrameReader(1e6);
          const read: unknown[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = cuts[i % cuts.length] ?? 1;
            read.push(...reader.push(bytes.subarray(at, at + size)));
            at += size;
          }
          expect(read).toEqual(messages);
        },
      ),
    );
  });
});

describe("what comes from a device", () => {
  it("is taken when it has the expected shape", () => {
    expect(checkedReply({ id: 1, record: batches })).toEqual({ id: 1, record: batches });
    expect(checkedRequest({ id: 1, kind: "now" })).toEqual({ id: 1, kind: "now" });
  });

  it.each([
    ["no object", 5],
    ["an unknown kind of record", { id: 1, record: { kind: "code", text: "x" } }],
    ["arrays of different lengths", { id: 1, record: { ...batches, runs: Uint32Array.of(1) } }],
    ["a negative time", { id: 1, record: { ...batches, duration_s: Float64Array.of(-1, 1) } }],
    ["a plain list for an array", { id: 1, record: { ...batches, start_s: [0, 1] } }],
    ["fields that nobody asked for", { id: 1, answer: 1, execute: "x" }],
    ["a name without end", { id: 1, record: { ...batches, model: "x".repeat(1e5) } }],
  ])("is refused with %s", (_, reply) => {
    expect(() => checkedReply(reply)).toThrow(/malformed reply/);
  });

  it("ends the connection when a frame is larger than allowed", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const agent = remoteAgent(framedChannel({ input, output, maxBytes: 100, check: checkedReply }));
    const asked = agent.now_s();
    input.write(frame({ id: 1, answer: "x".repeat(200) }));

    await expect(asked).rejects.toMatchObject({
      name: "ConnectionLost",
      message: expect.stringContaining("100 are the most"),
    });
  });

  it("is refused where it answers something else", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const agent = remoteAgent(
      framedChannel({ input, output, maxBytes: 1000, check: checkedReply }),
    );
    const asked = agent.now_s();
    input.write(frame({ id: 1, answer: "noon" }));

    await expect(asked).rejects.toThrow(/malformed answer to "now"/);
  });
});
