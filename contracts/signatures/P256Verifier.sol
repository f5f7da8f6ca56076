// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC7913P256Verifier} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913P256Verifier.sol";

/// @title ERC-7913 verifier of P-256 signatures in their one permitted form: `r ‖ s`, 64 bytes, low s
/// @dev OpenZeppelin's takes any bytes after the first 64 as well. A relayer could then add some to an officer's
/// signature and write an entry that strict readers of the history refuse.
contract P256Verifier is ERC7913P256Verifier {
    function verify(bytes calldata key, bytes32 hash, bytes calldata signature) public view override returns (bytes4) {
        if (signature.length != 64) return 0xffffffff;
        return super.verify(key, hash, signature);
    }
}
