const Module = require("node:module");
const { join, relative } = require("node:path");

// Required before all else by the processes that tests run in, and so by those that `forkModule` starts from there: instead of
// a source, the file runs that it was built to. To compile it takes longer than most of what such a process does.
const root = join(__dirname, "../..");
const folder = process.env.WATTSPLIT_TEST_BUILD;
const { runMain } = Module;
Module.runMain = (main = process.argv[1]) =>
  runMain(
    folder && main.endsWith(".ts")
      ? join(folder, "dist", relative(root, main).replace(/\.ts$/, ".js"))
      : main,
  );
