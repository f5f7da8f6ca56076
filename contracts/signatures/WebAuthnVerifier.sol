// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

/// @title ERC-7913 verifier of passkeys: WebAuthn assertions in the one permitted form
/// @notice {TradeLedger} deploys this contract in its constructor. The key is `x ‖ y` (64 bytes). The signature is
/// `r ‖ s ‖ length n (1) ‖ authenticator data (n) ‖ client data (the rest)`.
/// @dev docs/formats.md section 3; W3C Web Authentication level 2, sections 5.8.1.1, 6.1 and 6.3.3. In the Python core,
/// passkey.py is the twin of this contract.
///
/// OpenZeppelin's verifier takes an ABI encoding whose offsets the relayer may choose, and ignores bytes after it. With
/// it, a relayer could write one assertion in several ways. Here it has one form: browsers begin the client data with
/// type and challenge, so this contract compares their first bytes and searches for nothing.
///
/// Not judged: RP ID, site and counter. An authenticator uses a key for one RP ID only, and readers can see the site.
contract WebAuthnVerifier is IERC7913SignatureVerifier {
    uint256 private constant KEY = 64;
    /// @dev Where the authenticator data begin, after r, s and their length.
    uint256 private constant AUTHENTICATOR = 65;
    /// @dev Authenticator data without extensions: hash of the RP ID (32), flags (1), counter (4).
    uint256 private constant SHORTEST = 37;
    uint256 private constant FLAGS = AUTHENTICATOR + 32;
    /// @dev The fixed beginning of the client data: type, challenge (43 characters), up to the site.
    uint256 private constant HEAD = 36 + 43 + 12;

    uint8 private constant PRESENT_AND_VERIFIED = 0x05;
    uint8 private constant BACKUP_ELIGIBLE = 0x08;
    uint8 private constant BACKED_UP = 0x10;
    uint8 private constant ATTESTED_KEY = 0x40;
    uint8 private constant EXTENSIONS = 0x80;

    /// @inheritdoc IERC7913SignatureVerifier
    function verify(bytes calldata key, bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (_signed(key, hash, signature)) return IERC7913SignatureVerifier.verify.selector;
        return 0xffffffff;
    }

    function _signed(bytes calldata key, bytes32 hash, bytes calldata signature) private view returns (bool) {
        // Check: there are bytes for each part.
        if (key.length != KEY || signature.length < AUTHENTICATOR) return false;
        uint256 length = uint8(signature[AUTHENTICATOR - 1]);
        uint256 end = AUTHENTICATOR + length;
        if (length < SHORTEST || signature.length < end + HEAD) return false;

        // Check: a person was present and verified, and signed with an existing key.
        if (!_allowed(uint8(signature[FLAGS]), length)) return false;

        // Check: the client data are about this hash, in the order in which browsers write them.
        bytes calldata client = signature[end:];
        bytes memory head = bytes.concat(
            '{"type":"webauthn.get","challenge":"',
            bytes(Base64.encodeURL(bytes.concat(hash))),
            '","origin":"'
        );
        if (keccak256(client[:HEAD]) != keccak256(head)) return false;

        // Check: the key signed authenticator data and client data, with low s.
        return
            P256.verify(
                sha256(bytes.concat(signature[AUTHENTICATOR:end], sha256(client))),
                bytes32(signature[:32]),
                bytes32(signature[32:64]),
                bytes32(key[:32]),
                bytes32(key[32:])
            );
    }

    /// @dev The flags of an assertion. Only longer data can have extensions, and only an eligible key is backed up.
    function _allowed(uint8 flags, uint256 length) private pure returns (bool) {
        return
            (flags & (PRESENT_AND_VERIFIED | ATTESTED_KEY)) == PRESENT_AND_VERIFIED &&
            ((flags & EXTENSIONS) == 0 || length > SHORTEST) &&
            (flags & (BACKUP_ELIGIBLE | BACKED_UP)) != BACKED_UP;
    }
}
