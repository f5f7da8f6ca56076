// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

import {ITradeLedger} from "../../../contracts/interfaces/ITradeLedger.sol";
import {vm} from "./Vm.sol";

/// @notice Signers and signatures of every kind that the ledger accepts.
library Keys {
    /// @notice The signer of an account key.
    function account(uint256 key) internal pure returns (bytes memory) {
        return abi.encodePacked(vm.addr(key));
    }

    /// @notice `r ‖ s ‖ v` by an account key.
    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @notice The signer of a P-256 key under this ledger's verifier.
    function p256(uint256 key, ITradeLedger ledger) internal view returns (bytes memory) {
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return abi.encodePacked(ledger.p256Verifier(), x, y);
    }

    /// @notice `r ‖ s` with low s by a P-256 key.
    function signP256(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = vm.signP256(key, digest);
        if (uint256(s) > P256.N / 2) s = bytes32(P256.N - uint256(s));
        return abi.encodePacked(r, s);
    }

    /// @notice The signer of a passkey under this ledger's verifier.
    function passkey(uint256 key, ITradeLedger ledger) internal view returns (bytes memory) {
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return abi.encodePacked(ledger.webAuthnVerifier(), x, y);
    }

    /// @notice An assertion over a digest as a browser makes it, with a person present and verified.
    function signPasskey(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        return assertion(key, authenticatorData(0x05, ""), clientData(digest, ',"crossOrigin":false}'));
    }

    /// @notice `r ‖ s ‖ length ‖ authenticator data ‖ client data` by a passkey, with low s.
    function assertion(
        uint256 key,
        bytes memory authenticator,
        bytes memory client
    ) internal pure returns (bytes memory) {
        bytes32 digest = sha256(bytes.concat(authenticator, sha256(client)));
        return bytes.concat(signP256(key, digest), bytes1(uint8(authenticator.length)), authenticator, client);
    }

    /// @notice Hash of the RP ID, flags, a counter, and what follows.
    function authenticatorData(uint8 flags, bytes memory more) internal pure returns (bytes memory) {
        return abi.encodePacked(sha256("sign.mpi.example"), flags, uint32(7), more);
    }

    /// @notice Client data about a digest; `rest` follows the site.
    function clientData(bytes32 digest, bytes memory rest) internal pure returns (bytes memory) {
        return
            bytes.concat(
                '{"type":"webauthn.get","challenge":"',
                bytes(Base64.encodeURL(bytes.concat(digest))),
                '","origin":"https://sign.mpi.example"',
                rest
            );
    }

    /// @notice Sort endorsements by keccak256 of their signers.
    function sorted(
        ITradeLedger.Endorsement[] memory list
    ) internal pure returns (ITradeLedger.Endorsement[] memory) {
        for (uint256 i = 1; i < list.length; ++i) {
            for (uint256 j = i; j != 0 && keccak256(list[j - 1].signer) > keccak256(list[j].signer); --j) {
                (list[j - 1], list[j]) = (list[j], list[j - 1]);
            }
        }
        return list;
    }
}

/// @notice An ERC-1271 wallet that accepts its owner's signatures until it is locked.
contract Wallet is IERC1271 {
    address private immutable _owner;
    bool public locked;

    constructor(address owner) {
        _owner = owner;
    }

    function lock() external {
        locked = true;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        address recovered = ecrecover(
            digest,
            uint8(signature[64]),
            bytes32(signature[:32]),
            bytes32(signature[32:64])
        );
        return !locked && recovered == _owner ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
