// Who signed a statement: formats.md section 3, "Signers and signatures".
import { type Bytes, Failed, hex } from "./bytes.ts";
import { checkP256, checkPasskey, recoverAddress } from "./signature.ts";
import type { Origin } from "./statement.ts";

/** No key known here signed; only the contract could say whether a wallet or a foreign verifier accepted the signature. */
export class OnlyContract extends Error {
  override readonly name: string = "OnlyContract";
}

const MOST_OF_A_SIGNATURE = 1024;

/** `Failed` if the signer did not sign; `OnlyContract` if that cannot be said of a wallet or a foreign verifier. */
export const checkSignature = (origin: Origin, signer: Bytes, digest: Bytes, signature: Bytes): void => {
  if (signature.length > MOST_OF_A_SIGNATURE) throw new Failed("a signature has at most 1,024 bytes");
  if (signer.length === 20) {
    const name = hex(signer);
    if (recoverAddress(digest, signature) !== name)
      throw new OnlyContract(`not signed by the key of 0x${name}; if it is a wallet, only the contract knew`);
  } else if (origin.isP256(signer)) {
    checkP256(signer.subarray(20), digest, signature);
  } else if (origin.isPasskey(signer)) {
    checkPasskey(signer.subarray(20), digest, signature);
  } else {
    throw new OnlyContract("the signer names a foreign verifier; what that accepted, only the contract knew");
  }
};

/** A party is a key: no contract is asked, so what no key signed is not signed. */
export const checkParty = (origin: Origin, party: Bytes, digest: Bytes, signature: Bytes): void => {
  try {
    checkSignature(origin, party, digest, signature);
  } catch (error) {
    throw error instanceof OnlyContract ? new Failed(error.message) : error;
  }
};
