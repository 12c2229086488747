import { isIP } from "node:net";
import { generate } from "selfsigned";

const validity_ms = 7 * 86_400e3;

/** A certificate that nobody vouches for: the phone's browser asks once whether to go on. */
export async function selfSigned(
  hostname: string,
): Promise<{ readonly key: string; readonly cert: string }> {
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  const { private: key, cert } = await generate([{ name: "commonName", value: "wattsplit" }], {
    algorithm: "sha256",
    keySize: 2048,
    notAfterDate: new Date(Date.now() + validity_ms),
    extensions: [
      {
        name: "subjectAltName",
        altNames: [isIP(address) ? { type: 7, ip: address } : { type: 2, value: address }],
      },
    ],
  });
  return { key, cert };
}
