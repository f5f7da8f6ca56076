#!/usr/bin/env node
// The command line of the native compiler, as far as py-solc-x uses it, for the compiler of the lock file (npm solc):
// `--version`, and `--standard-json` from standard input to standard output. It prints nothing else.
import { readFileSync, writeFileSync } from "node:fs";

import solc from "solc";

const [option] = process.argv.slice(2);
if (option === "--version") {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else if (option === "--standard-json") {
  writeFileSync(1, solc.compile(readFileSync(0, "utf8")));
} else {
  console.error("usage: solc.mjs --version | --standard-json");
  process.exitCode = 2;
}
