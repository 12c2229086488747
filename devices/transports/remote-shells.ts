import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { type ExecOptions, type Executed, shellCommand, TransportError } from "../transport.ts";
import { defaultTimeout_s, maxOutputBytes, startFailure, startProgram } from "./child.ts";

export interface RemoteShellOptions {
  /** Starts a shell there that reads its commands from standard input. */
  readonly argv: readonly string[];
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** What a lost shell is reported as, from what was said last. */
  readonly lost: (said: string) => TransportError;
}

/**
 * Shells on another machine that stay there, since starting one takes tens to hundreds of milliseconds: a command is handed to one
 * that has nothing to do. There are as many as commands ran at once.
 */
export class RemoteShells {
  readonly #options: RemoteShellOptions;
  readonly #all = new Set<RemoteShell>();
  readonly #idle: RemoteShell[] = [];

  constructor(options: RemoteShellOptions) {
    this.#options = options;
  }

  /** As `Transport.exec`. */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<Executed> {
    options.signal?.throwIfAborted();
    const rested = this.#idle.pop();
    if (rested) {
      const answer = await this.#run(rested, argv, options).catch((error) => {
        // The connection had ended while the shell had nothing to do, unseen: the command never began.
        if (rested.hasBegun || !(error instanceof TransportError && error.kind === "lost"))
          throw error;
        return undefined;
      });
      if (answer) return answer;
    }
    const shell = new RemoteShell(this.#options);
    this.#all.add(shell);
    return this.#run(shell, argv, options);
  }

  /** Ends all of them, and what runs in them. */
  close(): void {
    for (const shell of this.#all) shell.end();
    this.#all.clear();
    this.#idle.length = 0;
  }

  async #run(shell: RemoteShell, argv: readonly string[], options: ExecOptions): Promise<Executed> {
    try {
      const answer = await shell.run(argv, options);
      if (this.#all.has(shell)) this.#idle.push(shell);
      return answer;
    } catch (error) {
      shell.end();
      this.#all.delete(shell);
      throw error;
    }
  }
}

/**
 * `run MARK PROGRAM ...` starts a program and goes on reading: when the input ends, by a timeout, an abort or a lost connection, the
 * program is killed, with all that it started where the machine has setsid. The mark stands before its output and its
 * errors, and after them; the last one with its exit code.
 */
const functions = `
trap 'kill $job 2>/dev/null' EXIT
trap 'exit 129' HUP
run() {
mark=$1; shift
printf '%s\\n' "$mark"; printf '%s\\n' "$mark" >&2
{
trap '{ kill -9 -$program || kill -9 $program; } 2>/dev/null; exit' TERM
if command -v setsid >/dev/null; then setsid sh -c '"$@"' sh "$@" &
else "$@" & fi
program=$!
wait $program
code=$?
printf '\\n%s\\n' "$mark" >&2; printf '\\n%s %s\\n' "$mark" $code
} </dev/null &
job=$!
}
`;

/** Longer than a mark with its code. */
const tailBytes = 64;

/** What came on one stream since a command was handed over. */
class Output {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #tail = "";

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#tail = (this.#tail + chunk.subarray(-tailBytes).toString("latin1")).slice(-tailBytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What stands behind the last mark, once the stream has come to it. */
  end(mark: string): string | undefined {
    return new RegExp(`\n${mark}( \\d+)?\n$`).exec(this.#tail)
      ? this.#tail.split(mark).at(-1)
      : undefined;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }

  /** Between the marks. */
  between(mark: string): string {
    const whole = this.text();
    return whole.slice(
      whole.indexOf(`${mark}\n`) + mark.length + 1,
      whole.lastIndexOf(`\n${mark}`),
    );
  }
}

interface Running {
  readonly mark: string;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly resolve: (answer: Executed) => void;
  readonly reject: (reason: unknown) => void;
}

/** One shell; runs one command at a time. */
class RemoteShell {
  readonly #options: RemoteShellOptions;
  readonly #program: ReturnType<typeof startProgram>;
  #running: Running | undefined;
  #ended: TransportError | undefined;
  /** Whether its last command began to run. */
  hasBegun = false;

  constructor(options: RemoteShellOptions) {
    this.#options = options;
    this.#program = startProgram(options.argv, { env: options.env });
    const { child, stdout, stderr, stdin } = this.#program;
    stdout.on("data", (chunk: Buffer) => this.#take("stdout", chunk));
    stderr.on("data", (chunk: Buffer) => this.#take("stderr", chunk));
    child.once("error", (error) => this.#fail(startFailure(options.argv[0] ?? "", error)));
    child.once("close", () => this.#fail(this.#lost()));
    stdin.write(functions);
  }

  async run(
    argv: readonly string[],
    { timeout_s = defaultTimeout_s, signal }: ExecOptions,
  ): Promise<Executed> {
    const mark = `wattsplit-${randomBytes(8).toString("hex")}`;
    this.hasBegun = false;
    this.#keepAwake(true);
    let timer: NodeJS.Timeout | undefined;
    const abort = (): void => this.#fail(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await new Promise<Executed>((resolve, reject) => {
        const [stdout, stderr] = [new Output(), new Output()];
        this.#running = { mark, stdout, stderr, resolve, reject };
        if (this.#ended) reject(this.#ended);
        const late = `${argv[0]} did not end within ${timeout_s} s`;
        timer = setTimeout(() => this.#fail(new TransportError("timeout", late)), timeout_s * 1000);
        this.#program.stdin.write(`run ${mark} ${shellCommand(argv)}\n`);
      });
    } finally {
      this.#running = undefined;
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      this.#keepAwake(false);
    }
  }

  /** Its input ends with it, and so does what runs there. */
  end(): void {
    this.#program.child.kill("SIGKILL");
  }

  #take(stream: "stdout" | "stderr", chunk: Buffer): void {
    const running = this.#running;
    // What a program left behind prints to nobody.
    if (!running) return;
    const { mark, stdout, stderr, resolve } = running;
    running[stream].add(chunk);
    if (running[stream].bytes > maxOutputBytes)
      this.#fail(new TransportError("lost", `a program printed more than ${maxOutputBytes} bytes`));
    this.hasBegun ||= stdout.text().includes(mark);
    const code = stdout.end(mark);
    if (code === undefined || stderr.end(mark) === undefined) return;
    resolve({ code: Number(code), stdout: stdout.between(mark), stderr: stderr.between(mark) });
  }

  #fail(reason: unknown): void {
    if (reason instanceof TransportError) this.#ended ??= reason;
    this.#running?.reject(reason);
  }

  #lost(): TransportError {
    const { mark = "", stdout, stderr } = this.#running ?? {};
    const said = [stderr, stdout].map((output) => output?.text().replaceAll(mark, "").trim());
    return this.#options.lost(said.find(Boolean) ?? "");
  }

  /** A shell with nothing to do keeps no process from ending. */
  #keepAwake(isBusy: boolean): void {
    const { child, stdin, stdout, stderr } = this.#program;
    for (const part of [child, ...([stdin, stdout, stderr] as unknown as Socket[])])
      if (isBusy) part.ref();
      else part.unref();
  }
}
