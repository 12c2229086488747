import { styleText } from "node:util";
import type { Progress } from "../../progress.ts";
import { formatDuration } from "../../units.ts";

/** A place to print: process.stdout, process.stderr, or a test's buffer. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface TerminalOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** NO_COLOR and FORCE_COLOR are heeded. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** Monotonic seconds, to pace plain progress lines. */
  readonly now_s: () => number;
}

/** Seconds between progress lines where a line cannot be rewritten. */
const plainProgressPeriod_s = 10;

/** The answer goes to stdout; progress, notes and warnings to stderr. */
export class Terminal {
  readonly #options: TerminalOptions;
  #lineOpen = false;
  #lastPlain_s = Number.NEGATIVE_INFINITY;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  get verbose(): boolean {
    return this.#options.verbose ?? false;
  }

  /** Part of the answer: data a pipe may read. */
  answer(text: string): void {
    this.#closeLine();
    this.#options.stdout.write(`${text}\n`);
  }

  /** The answer as one JSON document. */
  answerJson(document: object): void {
    this.answer(JSON.stringify({ schema: 1, ...document }));
  }

  /** Something worth knowing on the way. */
  note(text: string): void {
    if (this.#options.quiet) return;
    this.#closeLine();
    this.#options.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    this.#closeLine();
    this.#options.stderr.write(`${this.#style("yellow", "Warning:")} ${text}\n`);
  }

  error(message: string, hint?: string): void {
    this.#closeLine();
    this.#options.stderr.write(`${this.#style("red", "Error:")} ${message}\n`);
    if (hint) this.#options.stderr.write(`${hint}\n`);
  }

  /** One rewritten line on a terminal, a plain line now and then elsewhere. */
  progress(progress: Progress): void {
    const { stderr, quiet, now_s } = this.#options;
    if (quiet) return;
    const text = progressText(progress);
    if (stderr.isTTY) {
      stderr.write(`\r\u001b[2K${text}`);
      this.#lineOpen = true;
      return;
    }
    const isLast = progress.done >= progress.total;
    if (!isLast && now_s() - this.#lastPlain_s < plainProgressPeriod_s) return;
    this.#lastPlain_s = now_s();
    stderr.write(`${text}\n`);
  }

  #closeLine(): void {
    if (this.#lineOpen) this.#options.stderr.write("\n");
    this.#lineOpen = false;
  }

  #style(style: "yellow" | "red", text: string): string {
    const { stderr, env = {} } = this.#options;
    return hasColour(stderr, env) ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** Whether a stream gets colours: NO_COLOR forbids them, FORCE_COLOR asks for them, else a terminal has them. */
export function hasColour(stream: Sink, env: NonNullable<TerminalOptions["env"]>): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && env.TERM !== "dumb";
}

function progressText({ done, total, label, remaining_s }: Progress): string {
  const share = total > 0 ? Math.floor((100 * done) / total) : 100;
  const left = remaining_s === undefined ? "" : `, ${formatDuration(remaining_s)} left`;
  return `${label}: ${Number(done.toFixed(1))}/${total} (${share} %)${left}`;
}
