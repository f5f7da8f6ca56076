// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Council} from "./Council.sol";
import {ITradeLedger} from "./interfaces/ITradeLedger.sol";
import {Text} from "./libraries/Text.sol";
import {TypedData} from "./libraries/TypedData.sol";

// Block time is the time of this ledger. Whoever builds a block may choose it within seconds; periods last days.
// slither-disable-start timestamp

/// @title Who may speak: agencies, attesters and mandates, each with from and until
/// @dev Twin of ledger/core/history/agencies.py. Every write is a council resolution. docs/formats.md section 5, rules 2 to 5.
abstract contract Agencies is Council {
    struct Period {
        uint40 from;
        uint40 until;
    }

    /// @dev What attest and revoke read is one slot: the code, and the latest period of activity. (A nested Period
    /// would begin a slot of its own.)
    struct AgencyRecord {
        bytes16 code;
        uint40 from;
        uint40 until;
        bytes2 jurisdiction;
        string name;
        string uri;
        Period[] earlier;
    }

    /// @dev All but `signer` is one slot.
    struct AttesterRecord {
        uint24 agency;
        uint32 index;
        uint40 from;
        uint40 until;
        uint40 compromisedFrom;
        bytes signer;
    }

    /// @dev Periods in order; the latest apart, so that it is one slot to read.
    struct Mandate {
        Period latest;
        Period[] earlier;
    }

    /// @dev No end, and never.
    uint40 internal constant NEVER = type(uint40).max;

    uint256 private constant LONGEST_NAME = 128;
    uint256 private constant LONGEST_URI = 256;

    /// @dev Agencies and attesters are numbered from 1, so that an attestation can name both in 56 bits.
    uint24 private _agencyCount;
    uint32 private _attesterCount;
    mapping(bytes16 code => uint24 index) private _agencyIndex;
    mapping(uint24 index => AgencyRecord) private _agencies;
    mapping(bytes32 signerHash => AttesterRecord) private _attesters;
    mapping(uint32 index => bytes32 signerHash) private _attesterHash;
    mapping(uint24 agency => mapping(uint16 kind => Mandate)) private _mandates;

    // ---------------------------------------------------------------------------------------------------- resolutions

    /// @inheritdoc ITradeLedger
    function enrolAgency(
        bytes16 agency_,
        string calldata name,
        bytes2 jurisdiction,
        string calldata uri,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external {
        _enact(TypedData.agencyEnrolment(agency_, name, jurisdiction, uri, resolution), resolution, endorsements);

        // Check: shapes, and enrolled once.
        if (!Text.isAgencyCode(agency_)) revert AgencyCodeMalformed(agency_);
        _checkText(name, LONGEST_NAME);
        _checkText(uri, LONGEST_URI);
        if (!Text.isCountryCode(jurisdiction)) revert JurisdictionMalformed(jurisdiction);
        if (_agencyIndex[agency_] != 0) revert AgencyAlreadyEnrolled(agency_);

        // Effect: active from now on.
        uint24 index = ++_agencyCount;
        _agencyIndex[agency_] = index;
        AgencyRecord storage record = _agencies[index];
        record.code = agency_;
        record.from = _now();
        record.until = NEVER;
        record.jurisdiction = jurisdiction;
        record.name = name;
        record.uri = uri;

        _append(
            EntryKind.AgencyEnrolled,
            agency_,
            abi.encode(agency_, name, jurisdiction, uri, resolution, endorsements)
        );
    }

    /// @inheritdoc ITradeLedger
    function suspendAgency(bytes16 agency_, uint64 resolution, Endorsement[] calldata endorsements) external {
        _enact(TypedData.agencySuspension(agency_, resolution), resolution, endorsements);

        // Check: active.
        AgencyRecord storage record = _agencies[_enrolled(agency_)];
        if (record.until != NEVER) revert AgencyNotActive(agency_);

        // Effect: its period ends now.
        record.until = _now();

        _append(EntryKind.AgencySuspended, agency_, abi.encode(agency_, resolution, endorsements));
    }

    /// @inheritdoc ITradeLedger
    function reinstateAgency(bytes16 agency_, uint64 resolution, Endorsement[] calldata endorsements) external {
        _enact(TypedData.agencyReinstatement(agency_, resolution), resolution, endorsements);

        // Check: suspended.
        AgencyRecord storage record = _agencies[_enrolled(agency_)];
        if (record.until == NEVER) revert AgencyNotSuspended(agency_);

        // Effect: a new period begins now, the former is kept.
        record.earlier.push(Period(record.from, record.until));
        record.from = _now();
        record.until = NEVER;

        _append(EntryKind.AgencyReinstated, agency_, abi.encode(agency_, resolution, endorsements));
    }

    /// @inheritdoc ITradeLedger
    function authoriseAttester(
        bytes calldata attester_,
        bytes16 agency_,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external {
        _enact(TypedData.attesterAuthorisation(attester_, agency_, resolution), resolution, endorsements);

        // Check: shape, agency_, and authorised once.
        _checkSigner(attester_.length);
        uint24 agencyIndex = _enrolled(agency_);
        bytes32 signerHash = keccak256(attester_);
        AttesterRecord storage record = _attesters[signerHash];
        if (record.index != 0) revert AttesterAlreadyAuthorised(attester_);

        // Effect: speaks for the agency from now on.
        uint32 index = ++_attesterCount;
        record.agency = agencyIndex;
        record.index = index;
        record.from = _now();
        record.until = NEVER;
        record.compromisedFrom = NEVER;
        record.signer = attester_;
        _attesterHash[index] = signerHash;

        _append(EntryKind.AttesterAuthorised, signerHash, abi.encode(attester_, agency_, resolution, endorsements));
    }

    /// @inheritdoc ITradeLedger
    function retireAttester(bytes calldata attester_, uint64 resolution, Endorsement[] calldata endorsements) external {
        _enact(TypedData.attesterRetirement(attester_, resolution), resolution, endorsements);

        // Check: known and not retired.
        AttesterRecord storage record = _authorised(attester_);
        if (record.until != NEVER) revert AttesterNotActive(attester_, record.from, record.until);

        // Effect: its period ends now.
        record.until = _now();

        _append(EntryKind.AttesterRetired, keccak256(attester_), abi.encode(attester_, resolution, endorsements));
    }

    /// @inheritdoc ITradeLedger
    function declareCompromised(
        bytes calldata attester_,
        uint40 since,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external {
        _enact(TypedData.attesterCompromise(attester_, since, resolution), resolution, endorsements);

        // Check: known, and earlier than now and than what is recorded.
        AttesterRecord storage record = _authorised(attester_);
        if (since > _now()) revert CompromiseInFuture(since, _now());
        uint40 known = record.compromisedFrom;
        if (since >= known) revert CompromiseNotEarlier(since, known);

        // Effect: whatever it attested at or after that date is not in force.
        record.compromisedFrom = since;

        _append(
            EntryKind.AttesterCompromised,
            keccak256(attester_),
            abi.encode(attester_, since, resolution, endorsements)
        );
    }

    /// @inheritdoc ITradeLedger
    function grantMandate(
        bytes16 agency_,
        uint16 kind,
        uint40 from,
        uint40 until,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external {
        _enact(TypedData.mandateGrant(agency_, kind, from, until, resolution), resolution, endorsements);

        // Check: a period from now on, after the one before it.
        Mandate storage mandate = _mandates[_enrolled(agency_)][kind];
        uint40 begin = from == 0 ? _now() : from;
        if (begin < _now() || until <= begin) revert PeriodMalformed(begin, until, _now());
        Period memory latest = mandate.latest;
        if (begin < latest.until) revert MandateOverlaps(agency_, kind, latest.until);

        // Effect: the period before it is kept.
        if (latest.until != 0) mandate.earlier.push(latest);
        mandate.latest = Period(begin, until);

        // The payload carries `from` as it was signed.
        _append(EntryKind.MandateGranted, agency_, abi.encode(agency_, kind, from, until, resolution, endorsements));
    }

    /// @inheritdoc ITradeLedger
    function withdrawMandate(
        bytes16 agency_,
        uint16 kind,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external {
        _enact(TypedData.mandateWithdrawal(agency_, kind, resolution), resolution, endorsements);

        // Check: something is left to end.
        Mandate storage mandate = _mandates[_enrolled(agency_)][kind];
        if (mandate.latest.until <= _now()) revert MandateMissing(agency_, kind);

        // Effect: every period that has not ended ends now. Periods are in order, so those are the last ones.
        // One that has not begun then ends before it begins, and so contains no time.
        mandate.latest.until = _now();
        for (uint256 i = mandate.earlier.length; i != 0 && mandate.earlier[i - 1].until > _now(); --i) {
            mandate.earlier[i - 1].until = _now();
        }

        _append(EntryKind.MandateWithdrawn, agency_, abi.encode(agency_, kind, resolution, endorsements));
    }

    // ------------------------------------------------------------------------------------------------------ queries

    /// @inheritdoc ITradeLedger
    function agency(
        bytes16 id
    ) external view returns (string memory name, bytes2 jurisdiction, string memory uri, bool active) {
        AgencyRecord storage record = _agencies[_enrolled(id)];
        return (record.name, record.jurisdiction, record.uri, record.until == NEVER);
    }

    /// @inheritdoc ITradeLedger
    function attester(
        bytes calldata signer
    ) external view returns (bytes16 agency_, uint40 from, uint40 until, uint40 compromisedFrom) {
        AttesterRecord storage record = _authorised(signer);
        return (_agencies[record.agency].code, record.from, record.until, record.compromisedFrom);
    }

    /// @inheritdoc ITradeLedger
    function mandated(bytes16 agency_, uint16 kind, uint40 time) external view returns (bool) {
        return _mandated(_agencyIndex[agency_], kind, time);
    }

    /// @inheritdoc ITradeLedger
    function mayAttest(bytes calldata signer, uint16 kind, uint40 time) external view returns (bool) {
        AttesterRecord storage record = _attesters[keccak256(signer)];
        AgencyRecord storage body = _agencies[record.agency];
        // A signer that is no attester has the empty period [0, 0).
        return
            _contains(Period(record.from, record.until), time) &&
            time < record.compromisedFrom &&
            _anyContains(Period(body.from, body.until), body.earlier, time) &&
            _mandated(record.agency, kind, time);
    }

    // ----------------------------------------------------------------------------------------------- for the ledger

    /// @dev The attester, whether or not it may speak.
    function _authorised(bytes calldata signer) internal view returns (AttesterRecord storage record) {
        record = _attesters[keccak256(signer)];
        if (record.index == 0) revert AttesterUnknown(signer);
    }

    /// @dev The attester that an attestation names by index.
    function _attesterAt(uint32 index) internal view returns (AttesterRecord storage) {
        return _attesters[_attesterHash[index]];
    }

    /// @dev Check: the attester's agency is the stated one.
    function _checkAgency(bytes calldata signer, bytes16 stated, uint24 actual) internal view {
        bytes16 code = _agencies[actual].code;
        if (code != stated) revert AgencyMismatch(signer, stated, code);
    }

    /// @dev Check: the attester may speak by the latest resolutions.
    function _checkSpeaking(bytes calldata signer, AttesterRecord storage record) internal view {
        uint40 since = record.compromisedFrom;
        if (since != NEVER) revert AttesterDeclaredCompromised(signer, since);
        if (record.until != NEVER) revert AttesterNotActive(signer, record.from, record.until);
        AgencyRecord storage body = _agencies[record.agency];
        if (body.until != NEVER) revert AgencyNotActive(body.code);
    }

    /// @dev Code of the agency with this index.
    function _code(uint24 index) internal view returns (bytes16) {
        return _agencies[index].code;
    }

    /// @dev Does the agency hold a mandate for the kind at this time?
    function _mandated(uint24 index, uint16 kind, uint40 time) internal view returns (bool) {
        Mandate storage mandate = _mandates[index][kind];
        return _anyContains(mandate.latest, mandate.earlier, time);
    }

    // -------------------------------------------------------------------------------------------------------- parts

    /// @dev Index of the agency, active or not.
    function _enrolled(bytes16 code) private view returns (uint24 index) {
        index = _agencyIndex[code];
        if (index == 0) revert AgencyUnknown(code);
    }

    function _checkText(string calldata text, uint256 limit) private pure {
        bytes calldata raw = bytes(text);
        if (raw.length == 0 || raw.length > limit || !Text.isUtf8(raw)) revert TextMalformed(raw.length, limit);
    }

    function _contains(Period memory period, uint40 time) private pure returns (bool) {
        return period.from <= time && time < period.until;
    }

    /// @dev The latest period answers for now, at the price of one slot; the earlier ones are asked only where it
    /// does not.
    function _anyContains(Period memory latest, Period[] storage earlier, uint40 time) private view returns (bool) {
        if (_contains(latest, time)) return true;
        for (uint256 i = earlier.length; i != 0; --i) {
            if (_contains(earlier[i - 1], time)) return true;
        }
        return false;
    }
}

// slither-disable-end timestamp
