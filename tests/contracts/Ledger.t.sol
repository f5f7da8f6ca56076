// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITradeLedger} from "../../contracts/interfaces/ITradeLedger.sol";
import {Keys} from "./support/Keys.sol";
import {World} from "./support/World.sol";
import {Vm, vm} from "./support/Vm.sol";

/// @notice Rules 6 and 9: anchor and attest, and proofs that a declaration belongs to a batch or to an attested set.
contract LedgerTest is World {
    bytes internal officer = Keys.account(OFFICER);

    function setUp() public override {
        super.setUp();
        _establish();
    }

    // ------------------------------------------------------------------------------------------------------- anchor

    function testFuzzAnchor(bytes32 root, uint64 size, address sender) public {
        vm.assume(root != 0 && size != 0 && sender != address(0));
        (uint64 number, uint40 time) = ledger.anchored(root, size);
        vm.assertEq(uint256(number), 0, "not anchored yet");
        vm.prank(sender);
        _anchor(root, size);
        (number, time) = ledger.anchored(root, size);
        vm.assertEq(uint256(number), entries - 1, "number");
        vm.assertEq(uint256(time), NOW, "time");
    }

    function testRepeatedAnchorEmitsAnEventAndChangesNothing() public {
        _anchor("root", 3);
        uint64 first = entries - 1;
        vm.warp(NOW + 1000);
        vm.recordLogs();
        vm.assertEq(uint256(ledger.anchor("root", 3)), first, "number of the first");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 1, "one log");
        vm.assertEq(logs[0].topics[0], ITradeLedger.AnchorRepeated.selector, "event");
        vm.assertEq(logs[0].topics[1], bytes32("root"), "root");
        vm.assertEq(logs[0].data, abi.encode(uint64(3), first), "size and number");
        vm.assertEq(ledger.head(), head, "head");
        vm.assertEq(uint256(ledger.numberOfEntries()), entries, "entries");
        (, uint40 time) = ledger.anchored("root", 3);
        vm.assertEq(uint256(time), NOW, "the first anchor stays");
    }

    function testSizeIsPartOfTheAnchor() public {
        _anchor("root", 3);
        _anchor("root", 4);
    }

    function testSetMalformed() public {
        bytes4 malformed = ITradeLedger.SetMalformed.selector;
        _refused(abi.encodeCall(ITradeLedger.anchor, (0, 1)), abi.encodeWithSelector(malformed, bytes32(0), 1));
        _refused(abi.encodeCall(ITradeLedger.anchor, ("r", 0)), abi.encodeWithSelector(malformed, bytes32("r"), 0));

        ITradeLedger.Attestation memory attestation = _attestation("a");
        attestation.size = 0;
        (bytes memory data, , ) = _attestCall(attestation, OFFICER);
        _refused(data, abi.encodeWithSelector(malformed, attestation.root, 0));
        attestation.size = 1;
        attestation.root = 0;
        (data, , ) = _attestCall(attestation, OFFICER);
        _refused(data, abi.encodeWithSelector(malformed, bytes32(0), 1));
    }

    // ------------------------------------------------------------------------------------------------------- attest

    function testAttest() public {
        vm.warp(NOW + 7);
        ITradeLedger.Attestation memory attestation = _attestation("a");
        bytes32 id = _attest(attestation, OFFICER);
        vm.assertEq(ledger.attestationId(attestation), id, "id");
        (, bytes memory answer) = address(ledger).staticcall(abi.encodeCall(ITradeLedger.attested, (id)));
        vm.assertEq(
            answer,
            abi.encode(entries - 1, NOW + 7, attestation.validFrom, attestation.validUntil, NEVER, officer),
            "number, time, from, until, revokedAt, signer"
        );
        vm.assertTrue(ledger.inForce(id, 0), "in force");
        vm.assertTrue(ledger.inForce(id, keccak256("declaration")), "in force for the member");
    }

    function testNeverAttested() public view {
        (uint64 number, , , , , bytes memory signer) = ledger.attested("id");
        vm.assertEq(uint256(number), 0, "number");
        vm.assertEq(signer, "", "signer");
        vm.assertFalse(ledger.inForce("id", 0), "not in force");
    }

    function testFuzzAttestationsArriveInAnyOrder(uint256 seed) public {
        // Two attesters sign ten attestations. They are sent in an order that follows from the seed.
        bytes[] memory data = new bytes[](10);
        bytes[] memory payloads = new bytes[](10);
        bytes32[] memory names = new bytes32[](10);
        for (uint256 i = 0; i < 10; ++i) {
            (data[i], payloads[i], names[i]) = _attestCall(_attestation(bytes32(i)), i % 2 == 0 ? OFFICER : COLLEAGUE);
        }
        for (uint256 left = 10; left != 0; --left) {
            uint256 i = seed % left;
            _writes(data[i], ITradeLedger.EntryKind.Attested, names[i], payloads[i]);
            (data[i], payloads[i], names[i]) = (data[left - 1], payloads[left - 1], names[left - 1]);
            seed /= left;
        }
    }

    function testAttestationAlreadyRecorded() public {
        bytes32 id = _attest(_attestation("a"), OFFICER);
        (bytes memory data, , ) = _attestCall(_attestation("a"), COLLEAGUE);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttestationAlreadyRecorded.selector, id, entries - 1));
    }

    function testRevokedAttestationCannotBeMadeAgain() public {
        bytes32 id = _attest(_attestation("a"), OFFICER);
        _revoke(id, 0, OFFICER);
        (bytes memory data, , ) = _attestCall(_attestation("a"), OFFICER);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttestationAlreadyRecorded.selector, id, entries - 2));
    }

    function testValidityMalformed() public {
        bytes4 malformed = ITradeLedger.PeriodMalformed.selector;
        ITradeLedger.Attestation memory attestation = _attestation("a");
        attestation.validFrom = attestation.validUntil;
        (bytes memory data, , ) = _attestCall(attestation, OFFICER);
        _refused(data, abi.encodeWithSelector(malformed, attestation.validUntil, attestation.validUntil, NOW));
        attestation.validFrom = NOW - 100;
        attestation.validUntil = NOW;
        (data, , ) = _attestCall(attestation, OFFICER);
        _refused(data, abi.encodeWithSelector(malformed, NOW - 100, NOW, NOW));
        attestation.validUntil = NOW + 1;
        _attest(attestation, OFFICER);
    }

    function testStrangerCannotAttest() public {
        (bytes memory data, , ) = _attestCall(_attestation("a"), STRANGER);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttesterUnknown.selector, Keys.account(STRANGER)));
    }

    function testCouncilMemberCannotAttest() public {
        (bytes memory data, , ) = _attestCall(_attestation("a"), MEMBER_A);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttesterUnknown.selector, Keys.account(MEMBER_A)));
    }

    function testAgencyMismatch() public {
        _enrol(CUSTOMS);
        _grant(CUSTOMS, PHYTO, 0, NEVER);
        ITradeLedger.Attestation memory attestation = _attestation("a");
        attestation.agency = CUSTOMS;
        (bytes memory data, , ) = _attestCall(attestation, OFFICER);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AgencyMismatch.selector, officer, CUSTOMS, MPI));
    }

    function testCompromisedCannotAttest() public {
        _compromise(officer, NOW - 9);
        (bytes memory data, , ) = _attestCall(_attestation("a"), OFFICER);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttesterDeclaredCompromised.selector, officer, NOW - 9));
    }

    function testRetiredBetweenSigningAndRelaying() public {
        (bytes memory data, , ) = _attestCall(_attestation("a"), OFFICER);
        vm.warp(NOW + 3);
        _retire(officer);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttesterNotActive.selector, officer, NOW, NOW + 3));
    }

    function testSuspendedAgencyCannotAttest() public {
        _suspend(MPI);
        (bytes memory data, bytes memory payload, bytes32 id) = _attestCall(_attestation("a"), OFFICER);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AgencyNotActive.selector, MPI, NOW));
        _reinstate(MPI);
        _writes(data, ITradeLedger.EntryKind.Attested, id, payload);
    }

    function testMandateMissing() public {
        bytes4 missing = ITradeLedger.MandateMissing.selector;
        ITradeLedger.Attestation memory attestation = _attestation("a");
        attestation.kind = ORIGIN;
        (bytes memory data, bytes memory payload, bytes32 id) = _attestCall(attestation, OFFICER);
        _refused(data, abi.encodeWithSelector(missing, MPI, ORIGIN));
        _grant(MPI, ORIGIN, NOW + 10, NOW + 20);
        _refused(data, abi.encodeWithSelector(missing, MPI, ORIGIN));
        vm.warp(NOW + 10);
        _writes(data, ITradeLedger.EntryKind.Attested, id, payload);
        vm.warp(NOW + 20);
        attestation.salt = "b";
        (data, , ) = _attestCall(attestation, OFFICER);
        _refused(data, abi.encodeWithSelector(missing, MPI, ORIGIN));
    }

    function testAttestUnderARunningMandateThatIsRenewedAlready() public {
        _grant(MPI, ORIGIN, 0, NOW + 100);
        _grant(MPI, ORIGIN, NOW + 500, NEVER);
        ITradeLedger.Attestation memory attestation = _attestation("a");
        attestation.kind = ORIGIN;
        _attest(attestation, OFFICER);
    }

    function testFuzzAnyChangeBreaksTheSignature(uint256 field, uint40 change) public {
        vm.assume(change != 0);
        ITradeLedger.Attestation memory attestation = _attestation("a");
        bytes memory signature = Keys.sign(OFFICER, ids.attestation(attestation));
        field %= 7;
        if (field == 0) attestation.outcome ^= uint16(change) | 1;
        if (field == 1) attestation.detail ^= bytes32(uint256(change));
        if (field == 2) attestation.validFrom = change % attestation.validFrom;
        if (field == 3) attestation.validUntil += (change % 1000) + 1;
        if (field == 4) attestation.root ^= bytes32(uint256(change));
        if (field == 5) attestation.size += change;
        if (field == 6) attestation.salt ^= bytes32(uint256(change));
        _refused(
            abi.encodeCall(ITradeLedger.attest, (attestation, officer, signature)),
            abi.encodeWithSelector(ITradeLedger.SignatureMismatch.selector, officer, ids.attestation(attestation))
        );
    }

    function testPayloadIsStandardHoweverTheCallWasEncoded() public {
        // The same call with its two tails swapped decodes to the same values. Its entry must be the same, too.
        ITradeLedger.Attestation memory attestation = _attestation("a");
        bytes32 id = ids.attestation(attestation);
        bytes memory signature = Keys.sign(OFFICER, id);
        bytes memory tails = abi.encodePacked(signature.length, signature, new bytes(31));
        uint256 heads = 11 * 32; // nine words of the attestation, two offsets
        bytes memory data = bytes.concat(
            abi.encodeWithSelector(ITradeLedger.attest.selector, attestation, heads + tails.length, heads),
            abi.encodePacked(tails, officer.length, officer, new bytes(12))
        );
        _writes(data, ITradeLedger.EntryKind.Attested, id, abi.encode(attestation, officer, signature));
    }

    function testWordsBeyondTheirTypeAreRefused() public {
        (bytes memory data, , ) = _attestCall(_attestation("a"), OFFICER);
        // Word 1 is `kind`, 16 bits; word 0 is `agency`, 16 bytes on the left; word 4 is `validFrom`, 40 bits.
        uint256[3] memory places = [uint256(4 + 32 + 29), 4 + 16, 4 + 4 * 32 + 26];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory dirty = bytes.concat(data);
            dirty[places[i]] = 0x01;
            _refused(dirty, "");
        }
    }

    // ---------------------------------------------------------------------------------------------------- inclusion

    /// @dev A set of three: the tree is node(node(0, 1), 2).
    function _three() private pure returns (bytes32[3] memory leaves, bytes32 root) {
        for (uint256 i = 0; i < 3; ++i) leaves[i] = sha256(abi.encodePacked(hex"00", bytes32(i + 1)));
        root = sha256(abi.encodePacked(hex"01", leaves[0], leaves[1]));
        root = sha256(abi.encodePacked(hex"01", root, leaves[2]));
    }

    function testDeclarationAnchored() public {
        (bytes32[3] memory leaves, bytes32 root) = _three();
        bytes32[] memory proof = new bytes32[](2);
        (proof[0], proof[1]) = (leaves[0], leaves[2]);
        bytes32 declaration = bytes32(uint256(2));
        _refused(
            abi.encodeCall(ITradeLedger.declarationAnchored, (declaration, 1, root, 3, proof)),
            abi.encodeWithSelector(ITradeLedger.BatchNotAnchored.selector, root, 3)
        );
        _anchor(root, 3);
        (uint64 number, uint40 time) = ledger.declarationAnchored(declaration, 1, root, 3, proof);
        vm.assertEq(uint256(number), entries - 1, "number");
        vm.assertEq(uint256(time), NOW, "time");
        _refused(
            abi.encodeCall(ITradeLedger.declarationAnchored, (declaration, 0, root, 3, proof)),
            abi.encodeWithSelector(ITradeLedger.DeclarationNotIncluded.selector, declaration, 0, root, 3)
        );
    }

    function testDeclarationInForceAt() public {
        (bytes32[3] memory leaves, bytes32 root) = _three();
        ITradeLedger.Attestation memory attestation = _attestation("a");
        (attestation.root, attestation.size) = (root, 3);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = sha256(abi.encodePacked(hex"01", leaves[0], leaves[1]));
        bytes32 declaration = bytes32(uint256(3));

        vm.assertFalse(ledger.declarationInForceAt(attestation, declaration, 2, proof, NOW), "not attested");
        bytes32 id = _attest(attestation, OFFICER);
        vm.assertTrue(ledger.declarationInForceAt(attestation, declaration, 2, proof, NOW), "in force");
        vm.warp(NOW + 1);
        _revoke(id, declaration, OFFICER);
        vm.assertFalse(ledger.declarationInForceAt(attestation, declaration, 2, proof, NOW + 1), "revoked");
        vm.assertTrue(ledger.declarationInForceAt(attestation, declaration, 2, proof, NOW), "was in force");
        _refused(
            abi.encodeCall(ITradeLedger.declarationInForceAt, (attestation, "stranger", 2, proof, NOW)),
            abi.encodeWithSelector(ITradeLedger.DeclarationNotIncluded.selector, bytes32("stranger"), 2, root, 3)
        );
    }
}
