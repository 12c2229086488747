/** Every environment variable that is heeded, and what it says; printed in docs/cli.md. */
export const environmentVariables: Readonly<Record<string, string>> = {
  WATTSPLIT_DB: "the table where `--db` is not given",
  WATTSPLIT_DEVICE: "the device where `--device` is not given",
  WATTSPLIT_TOKEN: "the token of `serve` where `--token` is not given",
  WATTSPLIT_DATA: "folder of the data sets (default: ~/.cache/wattsplit)",
  WATTSPLIT_DEVICES:
    "folder of your own devices (default: wattsplit/devices below XDG_CONFIG_HOME, else ~/.config)",
  NO_COLOR: "anything: no colours",
  FORCE_COLOR: "anything but 0: colours even where no terminal reads",
  TERM: "dumb: no colours",
  TMPDIR: "folder of files that do not stay, such as the locks of devices",
};
