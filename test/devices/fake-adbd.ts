import { spawn } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { constants } from "node:os";
import { dirname, join } from "node:path";

/** A phone's side of adb's protocol (packages/modules/adb/protocol.txt), with this machine's shell as the phone's. */
export interface FakeAdbd {
  readonly port: number;
  /** Lets go of every host, as a pulled cable does. */
  unplug(): void;
  /** Does the same, and answers nobody until it is woken: adb calls it offline. */
  sleep(): void;
  wake(): void;
  close(): void;
}

export interface FakeAdbdOptions {
  /** Plays the phone's file system; its `bin` comes first in the PATH of the shell. */
  readonly root: string;
  readonly port?: number;
  /** Without "shell_v2" the shell hands no exit codes on. */
  readonly features?: string;
}

const word = (text: string): number => Buffer.from(text).readUInt32LE();
const version = 0x01000001;
const maxPayload = 256 * 1024;
/** The one folder of the phone that is written to; in commands it is where the root is. */
const phoneFolder = "/data/local/tmp";

export async function fakeAdbd(options: FakeAdbdOptions): Promise<FakeAdbd> {
  const sockets = new Set<Socket>();
  let isAsleep = false;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    if (!isAsleep) new Connection(socket, options);
  });
  const port = await listening(server, options.port ?? 0);
  const unplug = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const fallAsleep = (asleep: boolean): void => {
    isAsleep = asleep;
    unplug();
  };
  return {
    port,
    unplug,
    sleep: () => fallAsleep(true),
    wake: () => fallAsleep(false),
    close: () => {
      server.close();
      unplug();
    },
  };
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}

/** What takes a stream's data, and hears of its end. */
interface Service {
  data(bytes: Buffer): void;
  closed(): void;
}

class Connection {
  readonly #socket: Socket;
  readonly #options: FakeAdbdOptions;
  readonly #streams = new Map<number, Stream>();
  readonly #ports = new ReversePorts();
  #received = Buffer.alloc(0);
  #next = 1;

  constructor(socket: Socket, options: FakeAdbdOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("data", (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#takePackets();
    });
    socket.on("close", () => {
      for (const stream of this.#streams.values()) stream.service?.closed();
      this.#ports.clear();
    });
  }

  send(command: string, first: number, second: number, data: Uint8Array = new Uint8Array()): void {
    const header = Buffer.alloc(24);
    const sum = data.reduce<number>((total, byte) => (total + byte) >>> 0, 0);
    const fields = [word(command), first, second, data.length, sum, ~word(command) >>> 0];
    for (const [i, field] of fields.entries()) header.writeUInt32LE(field, 4 * i);
    this.#socket.write(Buffer.concat([header, data]));
  }

  forget(stream: Stream): void {
    this.#streams.delete(stream.local);
  }

  #takePackets(): void {
    while (this.#received.length >= 24) {
      const [command = 0, first = 0, second = 0, length = 0] = [0, 4, 8, 12].map((at) =>
        this.#received.readUInt32LE(at),
      );
      if (this.#received.length < 24 + length) return;
      const data = Buffer.from(this.#received.subarray(24, 24 + length));
      this.#received = this.#received.subarray(24 + length);
      this.#take(command, first, second, data);
    }
  }

  #take(command: number, remote: number, local: number, data: Buffer): void {
    const stream = this.#streams.get(local);
    if (command === word("CNXN")) {
      const { features = "shell_v2,cmd" } = this.#options;
      const banner = `device::ro.product.name=fake;ro.product.model=Fake Phone;ro.product.device=fake;features=${features}`;
      this.send("CNXN", version, maxPayload, Buffer.from(banner));
    } else if (command === word("OPEN")) this.#open(remote, data.toString().replace(/\0$/, ""));
    else if (command === word("OKAY")) stream?.acknowledged();
    else if (command === word("WRTE") && stream) {
      this.send("OKAY", stream.local, stream.remote);
      stream.service?.data(data);
    } else if (command === word("CLSE") && stream) {
      this.forget(stream);
      stream.service?.closed();
    }
  }

  #open(remote: number, name: string): void {
    const stream = new Stream(this, this.#next++, remote);
    const service = serviceOf(name, stream, this.#options, this.#ports);
    if (!service) {
      this.send("CLSE", 0, remote);
      return;
    }
    this.#streams.set(stream.local, stream);
    this.send("OKAY", stream.local, remote);
    stream.service = service();
  }
}

/** One stream: a packet is sent when the one before was acknowledged. */
class Stream {
  readonly #connection: Connection;
  readonly local: number;
  readonly remote: number;
  service: Service | undefined;
  readonly #queue: Buffer[] = [];
  #waiting = false;
  #ending = false;

  constructor(connection: Connection, local: number, remote: number) {
    this.#connection = connection;
    this.local = local;
    this.remote = remote;
  }

  write(data: Buffer): void {
    for (let at = 0; at < data.length; at += maxPayload)
      this.#queue.push(data.subarray(at, at + maxPayload));
    this.#pump();
  }

  end(): void {
    this.#ending = true;
    this.#pump();
  }

  acknowledged(): void {
    this.#waiting = false;
    this.#pump();
  }

  #pump(): void {
    if (this.#waiting) return;
    const data = this.#queue.shift();
    if (data) {
      this.#waiting = true;
      this.#connection.send("WRTE", this.local, this.remote, data);
    } else if (this.#ending) {
      this.#connection.send("CLSE", this.local, this.remote);
      this.#connection.forget(this);
    }
  }
}

function serviceOf(
  name: string,
  stream: Stream,
  options: FakeAdbdOptions,
  ports: ReversePorts,
): (() => Service) | undefined {
  const [, kind, parameters, command] = /^(shell|exec)(,[^:]*)?:(.*)$/s.exec(name) ?? [];
  if (kind !== undefined && command !== undefined)
    return () => shell(stream, command, (parameters ?? "").split(",").includes("v2"), options);
  if (name === "sync:") return () => sync(stream, options.root);
  if (name.startsWith("reverse:")) return () => reverse(name, stream, ports);
  return undefined;
}

/** Frames of the second version of the shell: who speaks, a byte, and how much, four bytes. */
const shellFrame = (speaker: number, data: Uint8Array): Buffer<ArrayBuffer> => {
  const header = Buffer.alloc(5);
  header[0] = speaker;
  header.writeUInt32LE(data.length, 1);
  return Buffer.concat([header, data]);
};
const speakers = { stdin: 0, stdout: 1, stderr: 2, exit: 3, closeStdin: 4 };

function shell(
  stream: Stream,
  command: string,
  framed: boolean,
  { root }: FakeAdbdOptions,
): Service {
  const here = (text: string): string => text.replaceAll(phoneFolder, root + phoneFolder);
  // Commands for a shell that stays come on its standard input.
  const type = (bytes: Buffer): void =>
    void child.stdin.write(here(bytes.toString("latin1")), "latin1");
  const child = spawn("/bin/sh", ["-c", here(command)], {
    env: { ...process.env, PATH: `${join(root, "bin")}:${process.env.PATH}` },
  });
  const say = (speaker: number) => (data: Buffer) =>
    stream.write(framed ? shellFrame(speaker, data) : data);
  child.stdout.on("data", say(speakers.stdout));
  child.stderr.on("data", say(speakers.stderr));
  child.stdin.on("error", () => undefined);
  child.on("close", (code, signal) => {
    // As a phone's shell service tells of signals.
    const ended = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
    if (framed) stream.write(shellFrame(speakers.exit, Buffer.from([ended])));
    stream.end();
  });
  let rest = Buffer.alloc(0);
  return {
    data: (bytes) => {
      if (!framed) {
        type(bytes);
        return;
      }
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32LE(1)) {
        const end = 5 + rest.readUInt32LE(1);
        if (rest[0] === speakers.stdin) type(rest.subarray(5, end));
        if (rest[0] === speakers.closeStdin) child.stdin.end();
        rest = rest.subarray(end);
      }
    },
    // As a phone's does: the shell hears of it, and its pipes are closed.
    closed: () => {
      child.kill("SIGHUP");
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
    },
  };
}

/** Files there and back, in the first version of the sync protocol. */
function sync(stream: Stream, root: string): Service {
  let rest = Buffer.alloc(0);
  let coming: { path: string; mode: number; parts: Buffer[] } | undefined;
  const real = (path: string): string => (path.startsWith(root) ? path : join(root, path));
  const answer = (id: string, number: number, body = Buffer.alloc(0)): void => {
    const header = Buffer.alloc(8);
    header.write(id);
    header.writeUInt32LE(number, 4);
    stream.write(Buffer.concat([header, body]));
  };
  const fail = (error: unknown): void => {
    const message = Buffer.from(String(error));
    answer("FAIL", message.length, message);
  };
  const requests: Readonly<Record<string, (body: Buffer) => void>> = {
    STAT: (body) => {
      const found = lstatSync(real(body.toString()), { throwIfNoEntry: false });
      const fields = Buffer.alloc(8);
      fields.writeUInt32LE(found?.size ?? 0, 0);
      answer("STAT", found?.mode ?? 0, fields);
    },
    SEND: (body) => {
      const [, path = "", mode = "0"] = /^(.*),(\d+)$/s.exec(body.toString()) ?? [];
      coming = { path: real(path), mode: Number(mode), parts: [] };
    },
    DATA: (body) => void coming?.parts.push(body),
    DONE: () => {
      if (!coming) return;
      mkdirSync(dirname(coming.path), { recursive: true });
      writeFileSync(coming.path, Buffer.concat(coming.parts));
      chmodSync(coming.path, coming.mode & 0o777);
      answer("OKAY", 0);
    },
    RECV: (body) => {
      const bytes = readFileSync(real(body.toString()));
      for (let at = 0; at < bytes.length; at += 65_536) {
        const part = bytes.subarray(at, at + 65_536);
        answer("DATA", part.length, part);
      }
      answer("DONE", 0);
    },
    QUIT: () => stream.end(),
  };
  return {
    data: (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= 8) {
        const id = rest.toString("ascii", 0, 4);
        const length = id === "DONE" || id === "QUIT" ? 0 : rest.readUInt32LE(4);
        if (rest.length < 8 + length) return;
        const body = Buffer.from(rest.subarray(8, 8 + length));
        rest = rest.subarray(8 + length);
        try {
          requests[id]?.(body);
        } catch (error) {
          fail(error);
        }
      }
    },
    closed: () => undefined,
  };
}

/** Ports of the phone that lead to the host: of this machine, and gone with the cable. */
class ReversePorts {
  readonly #servers = new Map<number, Server>();
  readonly #sockets = new Set<Socket>();

  async open(devicePort: number, hostPort: number): Promise<number> {
    this.remove(devicePort);
    const server = createServer((near) => {
      const far = connect(hostPort, "127.0.0.1");
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", () => undefined);
        socket.once("close", () => {
          for (const end of [near, far]) end.destroy();
          this.#sockets.delete(socket);
        });
      }
      near.pipe(far).pipe(near);
    });
    const port = await listening(server, devicePort);
    server.unref();
    this.#servers.set(port, server);
    return port;
  }

  remove(devicePort: number): void {
    this.#servers.get(devicePort)?.close();
    this.#servers.delete(devicePort);
  }

  clear(): void {
    for (const port of [...this.#servers.keys()]) this.remove(port);
    for (const socket of this.#sockets) socket.destroy();
  }
}

function reverse(name: string, stream: Stream, ports: ReversePorts): Service {
  const reply = (text: string): void => {
    stream.write(Buffer.from(text));
    stream.end();
  };
  const [, devicePort, hostPort] = /^reverse:forward:tcp:(\d+);tcp:(\d+)/.exec(name) ?? [];
  if (devicePort === undefined) {
    ports.remove(Number(/^reverse:killforward:tcp:(\d+)/.exec(name)?.[1]));
    reply("OKAY");
  } else
    void ports.open(Number(devicePort), Number(hostPort)).then((port) => {
      const text = String(port);
      reply(`OKAY${text.length.toString(16).padStart(4, "0")}${text}`);
    });
  return { data: () => undefined, closed: () => undefined };
}
