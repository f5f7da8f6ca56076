// The peers' contracts as their packages ship them (ABI and creation code), with checks of how they were built.
import { createRequire } from "node:module";
import { existsSync, readFileSync } from "node:fs";
import { serve } from "./serve.mjs";

const require = createRequire(import.meta.url);
const EAS = "@ethereum-attestation-service/eas-contracts";
const SETTINGS = { enabled: true, runs: 1_000_000 };
// With the optimizer off, solc begins to decode arguments by PUSH1 4 DUP1 CALLDATASIZE SUB DUP2 ADD SWAP1.
const NOT_OPTIMISED = "6004803603810190";

const artifact = (name) => {
  const { abi, bytecode } = require(`${EAS}/artifacts/contracts/${name}.sol/${name}.json`);
  return { abi, bytecode };
};

const shown = (value) => ({ run: () => null, shown: value });

// The package does not state its settings. So compile its own sources again with the settings that we assert, by the
// compiler and the library that it names: every byte must be the same.
const rebuilt = (name) => {
  const solc = require("solc");
  const read = (path) => {
    const file = [`node_modules/${EAS}/${path}`, `node_modules/${path}`].find(existsSync);
    return file ? { contents: readFileSync(file, "utf8") } : { error: `${path} is not there` };
  };
  const path = `contracts/${name}.sol`;
  const input = {
    language: "Solidity",
    sources: { [path]: { content: read(path).contents } },
    settings: {
      optimizer: SETTINGS,
      evmVersion: "paris",
      metadata: { bytecodeHash: "none" },
      outputSelection: { "*": { [name]: ["evm.bytecode.object"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }));
  return "0x" + output.contracts[path][name].evm.bytecode.object;
};

await serve({
  eas: () => {
    const made = { EAS: artifact("EAS"), SchemaRegistry: artifact("SchemaRegistry") };
    for (const [name, { bytecode }] of Object.entries(made)) {
      if (rebuilt(name) !== bytecode) throw new Error(`${name} was not built with ${JSON.stringify(SETTINGS)}`);
    }
    return shown(made);
  },
  "document-store": () => {
    // Its package has no sources, but unoptimised code shows a known pattern.
    const folder = "@tradetrust-tt/document-store/dist/contracts/factories";
    const { DocumentStore__factory: Factory } = require(`${folder}/DocumentStore__factory.js`);
    const { interface: abi, bytecode } = new Factory();
    if (bytecode.includes(NOT_OPTIMISED)) throw new Error("the document store was built without the optimizer");
    return shown({ abi: JSON.parse(abi.formatJson()), bytecode });
  },
});
