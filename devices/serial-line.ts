import { UserError } from "../src/errors.ts";

/** A serial port that is open: bytes go out and come in. */
export interface SerialLine {
  write(bytes: Uint8Array): Promise<void>;
  /** Told every chunk as it comes; the last listener alone. */
  onData(listener: (chunk: Buffer) => void): void;
  close(): Promise<void>;
}

export type OpenSerialLine = (path: string) => Promise<SerialLine>;

/** USB instruments take any speed: there is no line behind their port. */
const baudRate = 115200;

/** Opens a port by the package `serialport`, which is optional. Throws a UserError where that is not installed or the port cannot be opened. */
export const openSerialLine: OpenSerialLine = async (path) => {
  const { SerialPort } = await serialPort();
  const port = new SerialPort({ path, baudRate, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(cannotOpen(path, error)) : resolve()));
  });
  let listener: (chunk: Buffer) => void = () => undefined;
  port.on("data", (chunk: Buffer) => listener(chunk));
  // Unplugged: there are no more readings, and whoever waits for some finds the gap.
  port.on("error", () => undefined);
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        port.write(Buffer.from(bytes));
        port.drain((error) => (error ? reject(error) : resolve()));
      }),
    onData: (next) => {
      listener = next;
    },
    close: () =>
      new Promise((resolve) => {
        if (port.isOpen) port.close(() => resolve());
        else resolve();
      }),
  };
};

async function serialPort(): Promise<typeof import("serialport")> {
  try {
    return await import("serialport");
  } catch (cause) {
    throw new UserError("Serial ports need the package serialport, which is not installed", {
      hint: "npm install serialport",
      exit: "unavailable",
      cause,
    });
  }
}

const cannotOpen = (path: string, cause: Error): UserError =>
  new UserError(`${path} cannot be opened: ${cause.message}`, {
    hint: "Plug it in, close other programs that use it, and join the group that owns the port (dialout).",
    exit: "unavailable",
    cause,
  });
