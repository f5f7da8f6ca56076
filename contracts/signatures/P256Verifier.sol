// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC7913P256Verifier} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913P256Verifier.sol";

/// @title ERC-7913 verifier of P-256 signatures in the one permitted form: `r ‖ s`, 64 bytes, low s
/// @notice {TradeLedger} deploys this contract in its constructor.
/// @dev OpenZeppelin's verifier ignores bytes after the first 64. With it, a relayer could append bytes to somebody's
/// signature, and so write an entry that strict readers of the history refuse.
contract P256Verifier is ERC7913P256Verifier {
    function verify(bytes calldata key, bytes32 hash, bytes calldata signature) public view override returns (bytes4) {
        if (signature.length != 64) return 0xffffffff;
        return super.verify(key, hash, signature);
    }
}
