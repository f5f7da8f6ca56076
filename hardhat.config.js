import { createRequire } from "node:module";

import { defineConfig } from "hardhat/config";

const require = createRequire(import.meta.url);

export default defineConfig({
  paths: {
    sources: "contracts",
    tests: { solidity: "tests/contracts" },
  },
  test: {
    solidity: {
      // Each call of a test is a transaction of its own, so that the gas measured is what a receipt would say.
      isolate: true,
      fuzz: { runs: 256 },
      fsPermissions: { readFile: ["tests/vectors/passkeys.json"] },
      // The handler reverts where the ledger and its model differ; that must fail the run.
      invariant: { runs: 24, depth: 64, failOnRevert: true },
    },
  },
  solidity: {
    splitTestsCompilation: true,
    version: "0.8.37",
    // The compiler from the lock file: nothing is downloaded.
    path: require.resolve("solc/soljson.js"),
    settings: {
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: 200 },
      // No hash of the metadata in the code: comments and file names do not change what is deployed.
      metadata: { bytecodeHash: "none" },
    },
  },
});
