import type { Device } from "../devices/index.ts";
import type { PlatformIdentity } from "../energy-db/index.ts";

/** Version of the measuring protocol: rows of different versions never mix in one fit. */
export const protocol = 1;

/** The device as the table knows it. */
export const platformOf = ({ identity }: Device): PlatformIdentity => ({
  fingerprint: "unknown",
  os: "unknown",
  runtimeBuild: "unknown",
  ...identity,
});
