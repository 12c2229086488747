import { type Executed, shellCommand } from "../transport.ts";

/** ssh and adb end with codes of their own when a connection is lost: the program's comes in its last line of output. */
const codeMark = "::wattsplit-code=";
const codeAtEnd = new RegExp(`^([\\s\\S]*)\n${codeMark}(\\d+)\\s*$`);

/**
 * Its standard input stays open as long as somebody waits for the program. When it ends, by a timeout, an abort or a lost
 * connection, the program is killed, with all that it started where the machine has setsid.
 */
const guard = `
exec 3<&0
if command -v setsid >/dev/null; then setsid sh -c '"$@"' sh "$@" </dev/null 3<&- &
else "$@" </dev/null 3<&- & fi
program=$!
{ while read -r _; do :; done; kill -9 -$program || kill -9 $program; } <&3 >/dev/null 2>&1 &
watcher=$!
wait $program
code=$?
kill $watcher 2>/dev/null
printf '\\n${codeMark}%s' $code
`;

/** A command line for the shell of another machine, to be run with its input held open. */
export const remoteCommand = (argv: readonly string[]): string =>
  shellCommand(["sh", "-c", guard, "sh", ...argv]);

/** How the program itself ended; undefined where the connection ended first. */
export function programEnd({ stdout, stderr }: Executed): Executed | undefined {
  const [before, code] = codeAtEnd.exec(stdout)?.slice(1) ?? [];
  return before === undefined ? undefined : { code: Number(code), stdout: before, stderr };
}
