// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Agencies} from "./Agencies.sol";
import {Council} from "./Council.sol";
import {ITradeLedger} from "./interfaces/ITradeLedger.sol";
import {InclusionProof} from "./libraries/InclusionProof.sol";
import {TypedData} from "./libraries/TypedData.sol";

// Block time is the time of this ledger. Whoever builds a block may choose it within seconds; periods last days.
// slither-disable-start timestamp
// Parameters may be called as queries are: state variables begin with an underscore, so nothing is hidden.
// slither-disable-start shadowing-local

/// @title The one deployed contract: anchor, attest, revoke, withdraw, and queries that mean it
/// @notice The manual is {ITradeLedger}.
/// @dev Twin of ledger/core/history/replay.py. docs/formats.md section 5, rules 6 to 9. No owner, no proxy, no deletion.
contract TradeLedger is Agencies {
    /// @dev Where something happened. Entry 0 is the first council, so number 0 means nowhere.
    struct Mark {
        uint40 number;
        uint40 time;
    }

    /// @dev One slot, to the last bit. The set, kind and outcome are bound by the id and readable in the log.
    struct AttestationRecord {
        uint40 number;
        uint40 time;
        uint40 validFrom;
        uint40 validUntil;
        uint40 revokedAt;
        uint32 attester;
        uint24 agency;
    }

    mapping(bytes32 root => mapping(uint64 size => Mark)) private _anchors;
    mapping(bytes32 id => AttestationRecord) private _attestations;
    mapping(bytes32 id => mapping(bytes32 member => Mark)) private _memberRevocations;
    mapping(bytes32 declaration => Mark) private _withdrawals;

    /// @param members first council, 1 to 32 ERC-7913 signers
    /// @param threshold endorsements that a resolution needs
    constructor(bytes[] memory members, uint16 threshold) Council(members, threshold) {}

    // ------------------------------------------------------------------------------------------------------- writes

    /// @inheritdoc ITradeLedger
    function anchor(bytes32 root, uint64 size) external returns (uint64 number) {
        // Check: a set; and the first anchor stays.
        if (root == 0 || size == 0) revert SetMalformed(root, size);
        Mark storage mark = _anchors[root][size];
        number = mark.number;
        if (number != 0) {
            emit AnchorRepeated(root, size, number);
            return number;
        }

        // Effect: anchored from now on.
        number = _append(EntryKind.Anchored, root, abi.encode(root, size));
        mark.number = uint40(number);
        mark.time = _now();
    }

    /// @inheritdoc ITradeLedger
    function attest(
        Attestation calldata attestation,
        bytes calldata signer,
        bytes calldata signature
    ) external returns (bytes32 id) {
        // Check: shape, and said once.
        if (attestation.root == 0 || attestation.size == 0) revert SetMalformed(attestation.root, attestation.size);
        if (attestation.validFrom >= attestation.validUntil || attestation.validUntil <= _now()) {
            revert PeriodMalformed(attestation.validFrom, attestation.validUntil, _now());
        }
        id = attestationId(attestation);
        if (_attestations[id].number != 0) revert AttestationAlreadyRecorded(id, _attestations[id].number);

        // Check: authority, now; then the signature.
        AttesterRecord storage speaker = _authorised(signer);
        uint24 body = speaker.agency;
        _checkAgency(signer, attestation.agency, body);
        _checkSpeaking(signer, speaker);
        if (!_mandated(body, attestation.kind, _now())) revert MandateMissing(attestation.agency, attestation.kind);
        _checkSignature(signer, id, signature);

        // Effect: recorded under its id.
        uint64 number = _append(EntryKind.Attested, id, abi.encode(attestation, signer, signature));
        _attestations[id] = AttestationRecord({
            number: uint40(number),
            time: _now(),
            validFrom: attestation.validFrom,
            validUntil: attestation.validUntil,
            revokedAt: NEVER,
            attester: speaker.index,
            agency: body
        });
    }

    /// @inheritdoc ITradeLedger
    function revoke(Revocation calldata revocation, bytes calldata signer, bytes calldata signature) external {
        bytes32 id = revocation.attestation;
        bytes32 member = revocation.member;

        // Check: an attestation of the signer's own agency, not revoked before.
        AttestationRecord storage record = _attestations[id];
        if (record.number == 0) revert AttestationUnknown(id);
        AttesterRecord storage speaker = _authorised(signer);
        _checkSpeaking(signer, speaker);
        if (speaker.agency != record.agency) {
            revert AgencyMismatch(signer, _code(record.agency), _code(speaker.agency));
        }
        if (revokedAt(id, member) != NEVER) revert AttestationAlreadyRevoked(id, member);
        _checkSignature(signer, revocationId(revocation), signature);

        // Effect: ended from now on.
        uint64 number = _append(EntryKind.Revoked, id, abi.encode(revocation, signer, signature));
        if (member == 0) record.revokedAt = _now();
        else _memberRevocations[id][member] = _mark(number);
    }

    /// @inheritdoc ITradeLedger
    function withdraw(
        Declaration calldata declaration,
        Withdrawal calldata withdrawal,
        bytes calldata signature
    ) external {
        // Check: this declaration, not withdrawn before, by its party's signature.
        _checkSigner(declaration.party.length);
        bytes32 id = declarationId(declaration);
        if (withdrawal.declaration != id) revert DeclarationMismatch(withdrawal.declaration, id);
        if (withdrawal.replacement == id) revert DeclarationReplacesItself(id);
        if (_withdrawals[id].number != 0) revert DeclarationAlreadyWithdrawn(id, _withdrawals[id].number);
        _checkSignature(declaration.party, withdrawalId(withdrawal), signature);

        // Effect: ended from now on.
        uint64 number = _append(EntryKind.Withdrawn, id, abi.encode(declaration, withdrawal, signature));
        _withdrawals[id] = _mark(number);
    }

    // ------------------------------------------------------------------------------------------------------ queries

    /// @inheritdoc ITradeLedger
    function anchored(bytes32 root, uint64 size) public view returns (uint64 number, uint40 time) {
        Mark memory mark = _anchors[root][size];
        return (mark.number, mark.time);
    }

    /// @inheritdoc ITradeLedger
    function declarationAnchored(
        bytes32 declaration,
        uint64 index,
        bytes32 root,
        uint64 size,
        bytes32[] calldata proof
    ) external view returns (uint64 number, uint40 time) {
        (number, time) = anchored(root, size);
        // Number 0 is no balance that somebody could tip over: entry 0 is never an anchor.
        // slither-disable-next-line incorrect-equality
        if (number == 0) revert BatchNotAnchored(root, size);
        _checkInclusion(declaration, index, root, size, proof);
    }

    /// @inheritdoc ITradeLedger
    function attested(
        bytes32 id
    )
        external
        view
        returns (
            uint64 number,
            uint40 time,
            uint40 validFrom,
            uint40 validUntil,
            uint40 revokedAt_,
            bytes memory signer
        )
    {
        AttestationRecord memory record = _attestations[id];
        return (
            record.number,
            record.time,
            record.validFrom,
            record.validUntil,
            record.revokedAt,
            _attesterAt(record.attester).signer
        );
    }

    /// @inheritdoc ITradeLedger
    function revokedAt(bytes32 id, bytes32 member) public view returns (uint40) {
        uint40 whole = _attestations[id].revokedAt;
        if (member == 0) return whole;
        // A member is never revoked after the whole set, so its own date is the earlier one.
        Mark memory mark = _memberRevocations[id][member];
        return mark.number == 0 ? whole : mark.time;
    }

    /// @inheritdoc ITradeLedger
    function inForce(bytes32 id, bytes32 member) external view returns (bool) {
        return inForceAt(id, member, _now());
    }

    /// @inheritdoc ITradeLedger
    function inForceAt(bytes32 id, bytes32 member, uint40 time) public view returns (bool) {
        AttestationRecord memory record = _attestations[id];
        return
            record.number != 0 &&
            record.time <= time &&
            record.validFrom <= time &&
            time < record.validUntil &&
            time < revokedAt(id, member) &&
            record.time < _attesterAt(record.attester).compromisedFrom;
    }

    /// @inheritdoc ITradeLedger
    function declarationInForceAt(
        Attestation calldata attestation,
        bytes32 declaration,
        uint64 index,
        bytes32[] calldata proof,
        uint40 time
    ) external view returns (bool) {
        _checkInclusion(declaration, index, attestation.root, attestation.size, proof);
        return inForceAt(attestationId(attestation), declaration, time);
    }

    /// @inheritdoc ITradeLedger
    function withdrawn(bytes32 declaration) external view returns (uint64 number, uint40 time) {
        Mark memory mark = _withdrawals[declaration];
        return (mark.number, mark.time);
    }

    /// @inheritdoc ITradeLedger
    function declarationId(Declaration calldata declaration) public view returns (bytes32) {
        return _hashTypedDataV4(TypedData.declaration(declaration));
    }

    /// @inheritdoc ITradeLedger
    function attestationId(Attestation calldata attestation) public view returns (bytes32) {
        return _hashTypedDataV4(TypedData.attestation(attestation));
    }

    /// @inheritdoc ITradeLedger
    function revocationId(Revocation calldata revocation) public view returns (bytes32) {
        return _hashTypedDataV4(TypedData.revocation(revocation));
    }

    /// @inheritdoc ITradeLedger
    function withdrawalId(Withdrawal calldata withdrawal) public view returns (bytes32) {
        return _hashTypedDataV4(TypedData.withdrawal(withdrawal));
    }

    // -------------------------------------------------------------------------------------------------------- parts

    function _checkInclusion(
        bytes32 declaration,
        uint64 index,
        bytes32 root,
        uint64 size,
        bytes32[] calldata proof
    ) private view {
        if (!InclusionProof.holds(InclusionProof.leaf(declaration), index, size, proof, root)) {
            revert DeclarationNotIncluded(declaration, index, root, size);
        }
    }

    function _mark(uint64 number) private view returns (Mark memory) {
        return Mark(uint40(number), _now());
    }
}

// slither-disable-end timestamp
// slither-disable-end shadowing-local
