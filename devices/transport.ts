/** The way to a device. Later kinds (ssh, adb, a browser) answer the same questions over a wire. */
export interface Transport {
  readonly kind: "local";
  /** Text of a file on the device; undefined when it cannot be read, `whyUnreadable` says why. */
  readText(path: string): Promise<string | undefined>;
  /** Names in a folder on the device; empty when there is no such folder. */
  list(path: string): Promise<readonly string[]>;
  /** System error code of reading a file ("EACCES", "ENOENT"), undefined when it can be read. */
  whyUnreadable(path: string): Promise<string | undefined>;
  close(): Promise<void>;
}
