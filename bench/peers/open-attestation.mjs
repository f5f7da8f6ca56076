// OpenAttestation v2, used as in its README: from the text of a document to the text of a wrapped one, and back.
import { createRequire } from "node:module";
import { serve } from "./serve.mjs";

const require = createRequire(import.meta.url);
const { wrapDocument, verifySignature, obfuscate, digestDocument } = require("@govtechsg/open-attestation");
const { saltData } = require("@govtechsg/open-attestation/dist/cjs/2.0/salt");

const changed = (text) => {
  // Add one character to the first value, after its salt.
  const document = JSON.parse(text);
  const name = Object.keys(document.data).find((key) => typeof document.data[key] === "string");
  document.data[name] += "!";
  return document;
};

const verifier = (wrapped) => {
  if (verifySignature(changed(wrapped))) throw new Error("a changed document was taken for an intact one");
  return { run: () => verifySignature(JSON.parse(wrapped)) };
};

const wrapped = (text) => JSON.stringify(wrapDocument(JSON.parse(text)));

await serve({
  wrap: ({ document }) => {
    const run = () => wrapped(document);
    return { run, shown: JSON.parse(run()).signature.targetHash };
  },
  // Salts and digest alone, without the JSON schema that OpenAttestation demands of every document.
  "wrap-without-schema": ({ document }) => {
    const run = () => {
      const salted = { version: "https://schema.openattestation.com/2.0/schema.json", data: saltData(JSON.parse(document)) };
      return JSON.stringify({ ...salted, signature: { type: "SHA3MerkleProof", targetHash: digestDocument(salted) } });
    };
    return { run, shown: JSON.parse(run()).signature.targetHash };
  },
  verify: ({ document }) => verifier(wrapped(document)),
  redact: ({ document, hide }) => {
    const whole = wrapped(document);
    const run = () => JSON.stringify(obfuscate(JSON.parse(whole), hide));
    const hidden = JSON.parse(run()).privacy.obfuscatedData.length;
    return { run, shown: hidden };
  },
  "verify-redacted": ({ document, hide }) => verifier(JSON.stringify(obfuscate(JSON.parse(wrapped(document)), hide))),
});
