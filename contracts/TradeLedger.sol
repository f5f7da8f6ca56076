// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Agencies} from "./Agencies.sol";
import {Council} from "./Council.sol";
import {ITradeLedger} from "./interfaces/ITradeLedger.sol";
import {InclusionProof} from "./libraries/InclusionProof.sol";
import {TypedData} from "./libraries/TypedData.sol";

/// @title The ledger's contract: anchor, attest, revoke, withdraw, post, and the queries about what was recorded
/// @notice The manual is {ITradeLedger}. Deploying creates three contracts: this one, and the {P256Verifier} and the
/// {WebAuthnVerifier} that its constructor creates, which have no state. There is no owner, no proxy and no deletion.
/// @dev docs/formats.md section 5, rules 6 to 9 and 11. In the Python core, replay.py is the twin of this contract.
///
/// Block time is the time of the ledger. A block's builder can shift it by seconds.
contract TradeLedger is Agencies {
    /// @dev Which entry recorded something, and when. Entry 0 is the first council, so number 0 means never.
    struct EntryRef {
        uint40 number;
        uint40 time;
    }

    /// @dev Exactly one slot. The set, kind and outcome are not stored: the id binds them, and the log has them.
    struct AttestationRecord {
        uint40 number;
        uint40 time;
        uint40 validFrom;
        uint40 validUntil;
        uint40 revokedAt;
        uint32 attester;
        uint24 agency;
    }

    /// @dev UNCL 1001, balance confirmation: the mandate that a posting needs.
    uint16 private constant BALANCE_CONFIRMATION = 182;

    mapping(bytes32 root => mapping(uint64 size => EntryRef)) private _anchors;
    mapping(bytes32 id => AttestationRecord) private _attestations;
    mapping(bytes32 id => mapping(bytes32 member => EntryRef)) private _memberRevocations;
    mapping(bytes32 declaration => EntryRef) private _withdrawals;
    mapping(bytes32 attestation => mapping(bytes32 member => mapping(uint32 line => bytes32 sheet))) private _sheets;

    /// @param members the first council, 1 to 32 signers
    /// @param threshold endorsements that a resolution needs
    constructor(bytes[] memory members, uint16 threshold) Council(members, threshold) {}

    // ------------------------------------------------------------------------------------------------------- writes

    /// @inheritdoc ITradeLedger
    function anchor(bytes32 root, uint64 size) external returns (uint64 number) {
        // Check: a set that was not anchored before. If it was, the first anchor stays.
        if (root == 0 || size == 0) revert SetMalformed(root, size);
        EntryRef storage entry = _anchors[root][size];
        number = entry.number;
        if (number != 0) {
            emit AnchorRepeated(root, size, number);
            return number;
        }

        // Effect: anchored from now on.
        number = _append(EntryKind.Anchored, root, abi.encode(root, size));
        entry.number = uint40(number);
        entry.time = _now();
    }

    /// @inheritdoc ITradeLedger
    function attest(
        Attestation calldata attestation,
        bytes calldata signer,
        bytes calldata signature
    ) external returns (bytes32 id) {
        // Check: shape, and not recorded before.
        if (attestation.root == 0 || attestation.size == 0) revert SetMalformed(attestation.root, attestation.size);
        // slither-disable-next-line timestamp: seconds do not matter, periods last for days
        if (attestation.validFrom >= attestation.validUntil || attestation.validUntil <= _now()) {
            revert PeriodMalformed(attestation.validFrom, attestation.validUntil, _now());
        }
        id = attestationId(attestation);
        if (_attestations[id].number != 0) revert AttestationAlreadyRecorded(id, _attestations[id].number);

        // Check: the attester has the authority now, and signed.
        AttesterRecord storage attester = _knownAttester(signer);
        uint24 agency = attester.agency;
        _checkAgency(signer, attestation.agency, agency);
        _checkMaySpeak(signer, attester);
        if (!_mandated(agency, attestation.kind, _now())) revert MandateMissing(attestation.agency, attestation.kind);
        _checkSignature(signer, id, signature);

        // Effect: recorded under its id.
        uint64 number = _append(EntryKind.Attested, id, abi.encode(attestation, signer, signature));
        _attestations[id] = AttestationRecord({
            number: uint40(number),
            time: _now(),
            validFrom: attestation.validFrom,
            validUntil: attestation.validUntil,
            revokedAt: NEVER,
            attester: attester.index,
            agency: agency
        });
    }

    /// @inheritdoc ITradeLedger
    function revoke(Revocation calldata revocation, bytes calldata signer, bytes calldata signature) external {
        bytes32 id = revocation.attestation;
        bytes32 member = revocation.member;

        // Check: an attestation of the attester's own agency, not revoked before, and the attester signed.
        AttestationRecord storage record = _attestations[id];
        if (record.number == 0) revert AttestationUnknown(id);
        AttesterRecord storage attester = _knownAttester(signer);
        _checkMaySpeak(signer, attester);
        if (attester.agency != record.agency) {
            revert AgencyMismatch(signer, _code(record.agency), _code(attester.agency));
        }
        // slither-disable-next-line timestamp: only asks whether there is a time
        if (revokedAt(id, member) != NEVER) revert AttestationAlreadyRevoked(id, member);
        _checkSignature(signer, revocationId(revocation), signature);

        // Effect: revoked from now on.
        uint64 number = _append(EntryKind.Revoked, id, abi.encode(revocation, signer, signature));
        if (member == 0) record.revokedAt = _now();
        else _memberRevocations[id][member] = _entryRef(number);
    }

    /// @inheritdoc ITradeLedger
    function withdraw(
        Declaration calldata declaration,
        Withdrawal calldata withdrawal,
        bytes calldata signature
    ) external {
        // Check: the withdrawal names this declaration, which was not withdrawn before, and its party's key signed.
        _checkSigner(declaration.party.length);
        bytes32 id = declarationId(declaration);
        if (withdrawal.declaration != id) revert DeclarationMismatch(withdrawal.declaration, id);
        if (withdrawal.replacement == id) revert DeclarationReplacesItself(id);
        if (_withdrawals[id].number != 0) revert DeclarationAlreadyWithdrawn(id, _withdrawals[id].number);
        _checkKeySignature(declaration.party, withdrawalId(withdrawal), signature);

        // Effect: withdrawn from now on.
        uint64 number = _append(EntryKind.Withdrawn, id, abi.encode(declaration, withdrawal, signature));
        _withdrawals[id] = _entryRef(number);
    }

    /// @inheritdoc ITradeLedger
    function post(Posting calldata posting, bytes calldata signer, bytes calldata signature) external {
        bytes32 id = posting.attestation;

        // Check: a move to another sheet, under an attestation that stands.
        if (posting.to == 0 || posting.to == posting.from) revert PostingMalformed(posting.from, posting.to);
        AttestationRecord storage record = _attestations[id];
        if (record.number == 0) revert AttestationUnknown(id);
        // slither-disable-next-line timestamp: only asks whether there is a time
        if (revokedAt(id, posting.member) != NEVER) revert AttestationAlreadyRevoked(id, posting.member);

        // Check: the attester may move sheets now. Only the agency that attested may open a line.
        AttesterRecord storage attester = _knownAttester(signer);
        uint24 agency = attester.agency;
        _checkAgency(signer, posting.agency, agency);
        _checkMaySpeak(signer, attester);
        if (!_mandated(agency, BALANCE_CONFIRMATION, _now())) {
            revert MandateMissing(posting.agency, BALANCE_CONFIRMATION);
        }
        if (posting.from == 0 && agency != record.agency) {
            revert AgencyMismatch(signer, _code(record.agency), posting.agency);
        }

        // Check: from the present sheet, and the attester signed. Of two postings from one sheet, one is refused.
        mapping(uint32 line => bytes32) storage lines = _sheets[id][posting.member];
        bytes32 present = lines[posting.line];
        if (present != posting.from) revert SheetStale(id, posting.member, posting.line, present);
        _checkSignature(signer, _hashTypedDataV4(TypedData.posting(posting)), signature);

        // Effect: the line has the next sheet from now on.
        lines[posting.line] = posting.to;
        _append(EntryKind.Posted, posting.member, abi.encode(posting, signer, signature));
    }

    // ------------------------------------------------------------------------------------------------------ queries

    /// @inheritdoc ITradeLedger
    function anchored(bytes32 root, uint64 size) public view returns (uint64 number, uint40 time) {
        EntryRef memory entry = _anchors[root][size];
        return (entry.number, entry.time);
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
        // Entry 0 is never an anchor, so 0 means that there is none.
        // slither-disable-next-line incorrect-equality,timestamp: an entry number, neither a balance nor a time
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
            uint40 wholeRevokedAt,
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
    function revokedAt(bytes32 id, bytes32 member) public view returns (uint40 time) {
        uint40 whole = _attestations[id].revokedAt;
        if (member == 0) return whole;
        // A member cannot be revoked after the whole set, so its own revocation is the earlier one.
        EntryRef memory own = _memberRevocations[id][member];
        return own.number == 0 ? whole : own.time;
    }

    /// @inheritdoc ITradeLedger
    function inForce(bytes32 id, bytes32 member) external view returns (bool) {
        return inForceAt(id, member, _now());
    }

    /// @inheritdoc ITradeLedger
    function inForceAt(bytes32 id, bytes32 member, uint40 time) public view returns (bool) {
        AttestationRecord memory record = _attestations[id];
        // slither-disable-next-line timestamp: seconds do not matter, periods last for days
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
        EntryRef memory entry = _withdrawals[declaration];
        return (entry.number, entry.time);
    }

    /// @inheritdoc ITradeLedger
    function sheet(bytes32 attestation, bytes32 member, uint32 line) external view returns (bytes32) {
        return _sheets[attestation][member][line];
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

    /// @dev Check: the proof shows that the declaration is number `index` of the set.
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

    /// @dev A reference to the entry with this number, which was written just now.
    function _entryRef(uint64 number) private view returns (EntryRef memory) {
        return EntryRef(uint40(number), _now());
    }
}
