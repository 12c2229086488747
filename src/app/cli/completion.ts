import type { Command, Option } from "commander";
import { unknownName } from "../../errors.ts";
import { wordsOf } from "./command-words.ts";

/** What may follow one command. */
interface Place {
  /** The command's words: "query cost"; "" for the program. */
  readonly words: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly Option[];
}

/** The shell's completion script: static, from commander's own tree. */
export function completionScript(shell: string, program: Command): string {
  const write = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (!write) throw unknownName("shell", shell, shells);
  return write(placesOf(program));
}

const placesOf = (command: Command): readonly Place[] => [
  {
    words: wordsOf(command),
    commands: command.commands.map((known) => ({
      name: known.name(),
      summary: known.description(),
    })),
    options: command.options.filter(({ hidden }) => !hidden),
  },
  ...command.commands.flatMap(placesOf),
];

const longFlags = ({ options }: Place): readonly string[] => [
  ...options.flatMap(({ long }) => long ?? []),
  "--help",
];

/** Values that an option takes, by the place's words and the option: "profile --method". */
const choicesOf = (places: readonly Place[]) =>
  places.flatMap(({ words, options }) =>
    options.flatMap(({ long, argChoices }) =>
      long && argChoices ? [{ key: `${words} ${long}`.trim(), choices: argChoices }] : [],
    ),
  );

const wordList = (place: Place): string =>
  [...place.commands.map(({ name }) => name), ...longFlags(place)].join(" ");

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Follows the words typed so far down the tree; `path` then holds the command's words. */
const walk = (places: readonly Place[], words: string): string => `  for word in ${words}; do
    case "$path $word" in
      ${places.flatMap(({ words }) => (words ? [`" ${words}"`] : [])).join("|")}) path="$path $word" ;;
    esac
  done`;

/** What to offer behind an option that takes some values only, and else where the words typed lead. */
const cases = (
  places: readonly Place[],
  offerValues: (words: string) => string,
  offerWords = offerValues,
): string =>
  [
    '  case "$path $previous" in',
    ...choicesOf(places).map(
      ({ key, choices }) => `    " ${key}") ${offerValues(choices.join(" "))} ;;`,
    ),
    "  esac",
    '  case "$path" in',
    ...places.map((place) => {
      const words = place.words ? ` ${place.words}` : "";
      return `    "${words}") ${offerWords(wordList(place))} ;;`;
    }),
    "  esac",
  ].join("\n");

/** Words first, files where none fits: options that name a file take it. */
const bash = (places: readonly Place[]): string => `# bash completion for wattsplit
_wattsplit() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word
${walk(places, `"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`)}
${cases(places, (words) => `COMPREPLY=($(compgen -W "${words}" -- "$current")); return`)}
}
complete -o default -F _wattsplit wattsplit`;

/** Sourced, it registers itself; found in $fpath, its body is the function at the first Tab and has to complete at once. */
const zsh = (places: readonly Place[]): string => `#compdef wattsplit
_wattsplit() {
  local previous="\${words[CURRENT-1]}" route="" word
${walk(places, `"\${(@)words[2,CURRENT-1]}"`).replaceAll("path", "route")}
${cases(
  places,
  (words) => `compadd -- ${words}; return`,
  (words) => `compadd -- ${words}; _files; return`,
).replaceAll("$path", "$route")}
}
if [ "$funcstack[1]" = "_wattsplit" ]; then _wattsplit "$@"; else compdef _wattsplit wattsplit; fi`;

const fish = (places: readonly Place[]): string =>
  [
    "# fish completion for wattsplit",
    "function __wattsplit_at",
    '  set -l typed (commandline -opc); set -l path ""',
    `  set -l known ${places.map(({ words }) => quoted(words)).join(" ")}`,
    '  for word in $typed[2..-1]; contains -- "$path$word" $known; and set path "$path$word "; end',
    '  test "$path" = "$argv"',
    "end",
    ...places.flatMap((place) => {
      const at = place.words ? `${place.words} ` : "";
      const line = (rest: string) =>
        `complete -c wattsplit -n ${quoted(`__wattsplit_at ${quoted(at)}`)} ${rest}`;
      return [
        ...place.commands.map(({ name, summary }) => line(`-f -a ${name} -d ${quoted(summary)}`)),
        ...place.options.flatMap(({ long, description, argChoices, required }) => {
          if (!long) return [];
          const value = argChoices
            ? ` -x -a ${quoted(argChoices.join(" "))}`
            : required
              ? " -r"
              : "";
          return [line(`-l ${long.slice(2)}${value} -d ${quoted(description)}`)];
        }),
      ];
    }),
  ].join("\n");

const scripts: Readonly<Record<string, (places: readonly Place[]) => string>> = { bash, zsh, fish };

/** Shells that have a script. */
export const shells: readonly string[] = Object.keys(scripts);
