import { decode, ExtensionCodec, encode } from "@msgpack/msgpack";

/**
 * Messages as MessagePack, with the two kinds of typed arrays that records hold as extensions, little-endian. Absent
 * fields are left out, not sent as null.
 */
export const encodeMessage = (message: object): Uint8Array =>
  encode(message, { extensionCodec, ignoreUndefined: true });

/** Throws for bytes that are no message; what is in it is not checked here. */
export const decodeMessage = (bytes: Uint8Array): unknown => decode(bytes, { extensionCodec });

const extensionCodec = new ExtensionCodec();
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

type Elements = Float64Array | Uint32Array;

function register<T extends Elements>(
  type: number,
  {
    from,
    of,
    BYTES_PER_ELEMENT,
  }: {
    readonly from: (buffer: ArrayBuffer) => T;
    readonly of: (value: unknown) => T | undefined;
    readonly BYTES_PER_ELEMENT: number;
  },
): void {
  extensionCodec.register({
    type,
    encode: (value) => {
      const array = of(value);
      if (!array) return null;
      if (!littleEndian) throw new Error("Messages are written on little-endian machines only");
      return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    },
    decode: (bytes) => {
      if (bytes.length % BYTES_PER_ELEMENT !== 0)
        throw new Error(`${bytes.length} bytes are no array of ${BYTES_PER_ELEMENT} bytes each`);
      // Copied: inside the message they stand at any place, an array needs an aligned one. A Buffer's slice would be no copy.
      return from(Uint8Array.from(bytes).buffer);
    },
  });
}

register<Float64Array>(1, {
  from: (buffer) => new Float64Array(buffer),
  of: (value) => (value instanceof Float64Array ? value : undefined),
  BYTES_PER_ELEMENT: 8,
});
register<Uint32Array>(2, {
  from: (buffer) => new Uint32Array(buffer),
  of: (value) => (value instanceof Uint32Array ? value : undefined),
  BYTES_PER_ELEMENT: 4,
});
