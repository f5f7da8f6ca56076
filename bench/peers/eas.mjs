// EAS SDK: delegated attestations, signed with an ethers wallet as in its README.
import { createRequire } from "node:module";
import { serve } from "./serve.mjs";

const require = createRequire(import.meta.url);
const { Delegated } = require("@ethereum-attestation-service/eas-sdk");
const { Wallet } = require("ethers");

const domain = ({ contract, chain, version }) => ({ address: contract, chainId: BigInt(chain), version });

const statement = (given) => ({
  schema: given.schema,
  recipient: "0x0000000000000000000000000000000000000000",
  expirationTime: 0n,
  revocable: true,
  refUID: given.refUID,
  data: given.data,
  value: 0n,
  nonce: BigInt(given.nonce),
  deadline: 0n, // none
});

await serve({
  sign: async (given) => {
    const wallet = new Wallet(given.key);
    const delegated = new Delegated(domain(given));
    const run = () => delegated.signDelegatedAttestation(statement(given), wallet);
    const { v, r, s } = (await run()).signature;
    return { run, shown: { v, r, s } };
  },
  recover: async (given) => {
    const wallet = new Wallet(given.key);
    const delegated = new Delegated(domain(given));
    const signed = await delegated.signDelegatedAttestation(statement(given), wallet);
    const run = () => delegated.verifyDelegatedAttestationSignature(wallet.address, signed);
    const forged = { ...signed, message: { ...signed.message, refUID: signed.message.schema } };
    if (delegated.verifyDelegatedAttestationSignature(wallet.address, forged)) {
      throw new Error("a changed statement was taken for the signed one");
    }
    return { run };
  },
});
