// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

import {ITradeLedger} from "../../contracts/interfaces/ITradeLedger.sol";
import {WebAuthnVerifier} from "../../contracts/signatures/WebAuthnVerifier.sol";
import {Keys} from "./support/Keys.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice Passkeys as signers: assertions of real browsers, every defect of the vector file, and random keys.
contract PasskeysTest is World {
    uint256 private constant KEY = 0xe2;
    string private constant VECTORS = "tests/vectors/passkeys.json";

    WebAuthnVerifier private _verifier;

    function setUp() public override {
        super.setUp();
        _establish();
        _verifier = WebAuthnVerifier(ledger.webAuthnVerifier());
    }

    /// @dev The core and the stand-alone verifier are tested on the same file.
    function testEveryCaseOfTheVectorFile() public view {
        string memory file = vm.readFile(VECTORS);
        uint256 accepted = 0;
        uint256 i = 0;
        for (; vm.keyExistsJson(file, _case(i, "name")); ++i) {
            bool expected = vm.parseJsonBool(file, _case(i, "accepted"));
            bytes4 answer = _verifier.verify(
                vm.parseJsonBytes(file, _case(i, "key")),
                bytes32(vm.parseJsonBytes(file, _case(i, "digest"))),
                vm.parseJsonBytes(file, _case(i, "signature"))
            );
            string memory name = vm.parseJsonString(file, _case(i, "name"));
            vm.assertEq(bytes32(answer), bytes32(_answer(expected)), name);
            if (expected) ++accepted;
        }
        vm.assertLe(10, accepted, "accepted cases in the file");
        vm.assertLe(50, i - accepted, "refused cases in the file");
    }

    function testFuzzPasskeyAttestsRevokesAndWithdraws(uint256 key, bytes32 salt) public {
        key = 1 + (key % (P256.N - 1));
        bytes memory signer = Keys.passkey(key, ledger);
        _authorise(signer, MPI);
        ITradeLedger.Attestation memory attestation = _attestation(salt);
        bytes32 id = ids.attestation(attestation);
        bytes memory signature = Keys.signPasskey(key, id);
        _writes(
            abi.encodeCall(ITradeLedger.attest, (attestation, signer, signature)),
            ITradeLedger.EntryKind.Attested,
            id,
            abi.encode(attestation, signer, signature)
        );

        ITradeLedger.Revocation memory revocation = ITradeLedger.Revocation(id, 0, 41);
        signature = Keys.signPasskey(key, ids.revocation(revocation));
        _writes(
            abi.encodeCall(ITradeLedger.revoke, (revocation, signer, signature)),
            ITradeLedger.EntryKind.Revoked,
            id,
            abi.encode(revocation, signer, signature)
        );

        ITradeLedger.Declaration memory declaration = ITradeLedger.Declaration(signer, salt, 380, 0);
        id = ids.declaration(declaration);
        ITradeLedger.Withdrawal memory withdrawal = ITradeLedger.Withdrawal(id, 1, 0);
        signature = Keys.signPasskey(key, ids.withdrawal(withdrawal));
        _writes(
            abi.encodeCall(ITradeLedger.withdraw, (declaration, withdrawal, signature)),
            ITradeLedger.EntryKind.Withdrawn,
            id,
            abi.encode(declaration, withdrawal, signature)
        );
    }

    /// @dev One flag after the other, each value of a byte: the rule in other words than the contract's.
    function testFlags() public view {
        bytes memory key = _key();
        bytes memory client = Keys.clientData("digest", "}");
        for (uint256 flags = 0; flags < 256; ++flags) {
            bool present = flags % 2 == 1;
            bool verified = (flags / 4) % 2 == 1;
            bool eligible = (flags / 8) % 2 == 1;
            bool backedUp = (flags / 16) % 2 == 1;
            bool attested = (flags / 64) % 2 == 1;
            bool extensions = flags / 128 == 1;
            bool good = present && verified && !attested && (eligible || !backedUp);
            _expect(key, Keys.assertion(KEY, Keys.authenticatorData(uint8(flags), ""), client), good && !extensions);
            _expect(key, Keys.assertion(KEY, Keys.authenticatorData(uint8(flags), hex"a0"), client), good);
        }
    }

    /// @dev No byte can change, move or go, and none can be added.
    function testFuzzAssertionHasOneForm(uint256 position, uint8 change) public view {
        bytes memory good = Keys.signPasskey(KEY, "digest");
        _expect(_key(), good, true);
        _expect(_key(), bytes.concat(good, bytes1(change)), false);
        bytes memory changed = bytes.concat(good);
        position %= good.length;
        vm.assume(change != 0);
        changed[position] ^= bytes1(change);
        _expect(_key(), changed, false);
        assembly ("memory-safe") {
            mstore(changed, position)
        }
        _expect(_key(), changed, false);
    }

    function testHighS() public view {
        bytes memory good = Keys.signPasskey(KEY, "digest");
        uint256 s;
        assembly ("memory-safe") {
            s := mload(add(good, 0x40))
        }
        s = P256.N - s;
        assembly ("memory-safe") {
            mstore(add(good, 0x40), s)
        }
        _expect(_key(), good, false);
    }

    function testKeyOfAnotherSize() public view {
        bytes memory good = Keys.signPasskey(KEY, "digest");
        _expect(bytes.concat(_key(), hex"00"), good, false);
        _expect("", good, false);
    }

    function _key() private pure returns (bytes memory) {
        (uint256 x, uint256 y) = vm.publicKeyP256(KEY);
        return abi.encodePacked(x, y);
    }

    function _expect(bytes memory key, bytes memory signature, bool good) private view {
        vm.assertEq(bytes32(_verifier.verify(key, "digest", signature)), bytes32(_answer(good)), "answer");
    }

    function _answer(bool good) private pure returns (bytes4) {
        return good ? IERC7913SignatureVerifier.verify.selector : bytes4(0xffffffff);
    }

    function _case(uint256 i, string memory member) private pure returns (string memory) {
        return string.concat("$.cases[", vm.toString(i), "].", member);
    }
}
