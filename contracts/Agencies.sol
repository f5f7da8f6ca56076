// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Council} from "./Council.sol";
import {ITradeLedger} from "./interfaces/ITradeLedger.sol";
import {Text} from "./libraries/Text.sol";
import {TypedData} from "./libraries/TypedData.sol";

/// @title Who may speak: agencies, attesters and mandates, each from a time until a time
/// @dev Every write is a council resolution. docs/formats.md section 5, rules 2 to 5. In the Python core, agencies.py is
/// the twin of this contract.
abstract contract Agencies is Council {
    struct Period {
        uint40 from;
        uint40 until;
    }

    /// @dev The first three members are the one slot that attest and revoke read. The latest period of activity is not
    /// a Period, because a struct would begin a slot of its own.
    struct AgencyRecord {
        bytes16 code;
        uint40 from;
        uint40 until;
        bytes2 jurisdiction;
        string name;
        string uri;
        Period[] earlier;
    }

    /// @dev All members but `signer` are in one slot.
    struct AttesterRecord {
        uint24 agency;
        uint32 index;
        uint40 from;
        uint40 until;
        uint40 compromisedFrom;
        bytes signer;
    }

    /// @dev Periods in order of time. The latest is apart, so that it can be read as one slot.
    struct Mandate {
        Period latest;
        Period[] earlier;
    }

    /// @dev Means no end, or never.
    uint40 internal constant NEVER = type(uint40).max;

    uint256 private constant LONGEST_NAME = 128;
    uint256 private constant LONGEST_URI = 256;

    /// @dev Agencies and attesters are numbered from 1, so that an attestation can refer to both in 56 bits.
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
        bytes16 agency,
        string calldata name,
        bytes2 jurisdiction,
        string calldata uri,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external {
        _enact(TypedData.agencyEnrolment(agency, name, jurisdiction, uri, resolution), resolution, endorsements);

        // Check: shapes, and not enrolled before.
        if (!Text.isAgencyCode(agency)) revert AgencyCodeMalformed(agency);
        _checkText(name, LONGEST_NAME);
        _checkText(uri, LONGEST_URI);
        if (!Text.isCountryCode(jurisdiction)) revert JurisdictionMalformed(jurisdiction);
        if (_agencyIndex[agency] != 0) revert AgencyAlreadyEnrolled(agency);

        // Effect: active from now on.
        uint24 index = ++_agencyCount;
        _agencyIndex[agency] = index;
        AgencyRecord storage record = _agencies[index];
        record.code = agency;
        record.from = _now();
        record.until = NEVER;
        record.jurisdiction = jurisdiction;
        record.name = name;
        record.uri = uri;

        _append(
            EntryKind.AgencyEnrolled,
            agency,
            abi.encode(agency, name, jurisdiction, uri, resolution, endorsements)
        );
    }

    /// @inheritdoc ITradeLedger
    function suspendAgency(bytes16 agency, uint64 resolution, Endorsement[] calldata endorsements) external {
        _enact(TypedData.agencySuspension(agency, resolution), resolution, endorsements);

        // Check: enrolled and active.
        AgencyRecord storage record = _agencies[_knownAgency(agency)];
        if (record.until != NEVER) revert AgencyNotActive(agency, record.until);

        // Effect: its period ends now.
        record.until = _now();

        _append(EntryKind.AgencySuspended, agency, abi.encode(agency, resolution, endorsements));
    }

    /// @inheritdoc ITradeLedger
    function reinstateAgency(bytes16 agency, uint64 resolution, Endorsement[] calldata endorsements) external {
        _enact(TypedData.agencyReinstatement(agency, resolution), resolution, endorsements);

        // Check: enrolled and suspended.
        AgencyRecord storage record = _agencies[_knownAgency(agency)];
        if (record.until == NEVER) revert AgencyNotSuspended(agency);

        // Effect: a new period begins now, and the earlier one is kept.
        record.earlier.push(Period(record.from, record.until));
        record.from = _now();
        record.until = NEVER;

        _append(EntryKind.AgencyReinstated, agency, abi.encode(agency, resolution, endorsements));
    }

    /// @inheritdoc ITradeLedger
    function authoriseAttester(
        bytes calldata attester,
        bytes16 agency,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external {
        _enact(TypedData.attesterAuthorisation(attester, agency, resolution), resolution, endorsements);

        // Check: a signer that was never authorised, and an agency that is enrolled.
        _checkSigner(attester.length);
        uint24 agencyIndex = _knownAgency(agency);
        bytes32 signerHash = keccak256(attester);
        AttesterRecord storage record = _attesters[signerHash];
        if (record.index != 0) revert AttesterAlreadyAuthorised(attester, _agencies[record.agency].code);

        // Effect: speaks for the agency from now on.
        uint32 index = ++_attesterCount;
        record.agency = agencyIndex;
        record.index = index;
        record.from = _now();
        record.until = NEVER;
        record.compromisedFrom = NEVER;
        record.signer = attester;
        _attesterHash[index] = signerHash;

        _append(EntryKind.AttesterAuthorised, signerHash, abi.encode(attester, agency, resolution, endorsements));
    }

    /// @inheritdoc ITradeLedger
    function retireAttester(bytes calldata attester, uint64 resolution, Endorsement[] calldata endorsements) external {
        _enact(TypedData.attesterRetirement(attester, resolution), resolution, endorsements);

        // Check: an attester, and not retired.
        AttesterRecord storage record = _knownAttester(attester);
        if (record.until != NEVER) revert AttesterNotActive(attester, record.from, record.until);

        // Effect: its period ends now.
        record.until = _now();

        _append(EntryKind.AttesterRetired, keccak256(attester), abi.encode(attester, resolution, endorsements));
    }

    /// @inheritdoc ITradeLedger
    function declareCompromised(
        bytes calldata attester,
        uint40 since,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external {
        _enact(TypedData.attesterCompromise(attester, since, resolution), resolution, endorsements);

        // Check: an attester, and a date that is not in the future and earlier than a date that is recorded.
        AttesterRecord storage record = _knownAttester(attester);
        // slither-disable-next-line timestamp: seconds do not matter, periods last for days
        if (since > _now()) revert CompromiseInFuture(since, _now());
        uint40 known = record.compromisedFrom;
        if (since >= known) revert CompromiseNotEarlier(since, known);

        // Effect: attestations that it made at or after that date are not in force.
        record.compromisedFrom = since;

        _append(
            EntryKind.AttesterCompromised,
            keccak256(attester),
            abi.encode(attester, since, resolution, endorsements)
        );
    }

    /// @inheritdoc ITradeLedger
    function grantMandate(
        bytes16 agency,
        uint16 kind,
        uint40 from,
        uint40 until,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external {
        _enact(TypedData.mandateGrant(agency, kind, from, until, resolution), resolution, endorsements);

        // Check: a period that begins now or later, and not before the end of the latest period.
        Mandate storage mandate = _mandates[_knownAgency(agency)][kind];
        uint40 begin = from == 0 ? _now() : from;
        // slither-disable-next-line timestamp: seconds do not matter, periods last for days
        if (begin < _now() || until <= begin) revert PeriodMalformed(begin, until, _now());
        Period memory latest = mandate.latest;
        // slither-disable-next-line timestamp: seconds do not matter, periods last for days
        if (begin < latest.until) revert MandateOverlaps(agency, kind, latest.until);

        // Effect: this is the latest period now, and the one before it is kept.
        if (latest.until != 0) mandate.earlier.push(latest);
        mandate.latest = Period(begin, until);

        // The payload has `from` as it was signed, so 0 if it was 0.
        _append(EntryKind.MandateGranted, agency, abi.encode(agency, kind, from, until, resolution, endorsements));
    }

    /// @inheritdoc ITradeLedger
    function withdrawMandate(
        bytes16 agency,
        uint16 kind,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external {
        _enact(TypedData.mandateWithdrawal(agency, kind, resolution), resolution, endorsements);

        // Check: a period that has not ended.
        Mandate storage mandate = _mandates[_knownAgency(agency)][kind];
        // slither-disable-next-line timestamp: seconds do not matter, periods last for days
        if (mandate.latest.until <= _now()) revert MandateMissing(agency, kind);

        // Effect: every period that has not ended ends now. Periods are in order, so these are the last ones. A period
        // that has not begun now ends before it begins, and so contains no time.
        mandate.latest.until = _now();
        // slither-disable-next-line timestamp: seconds do not matter, periods last for days
        for (uint256 i = mandate.earlier.length; i != 0 && mandate.earlier[i - 1].until > _now(); --i) {
            mandate.earlier[i - 1].until = _now();
        }

        _append(EntryKind.MandateWithdrawn, agency, abi.encode(agency, kind, resolution, endorsements));
    }

    // ------------------------------------------------------------------------------------------------------ queries

    /// @inheritdoc ITradeLedger
    function enrolledAgency(
        bytes16 agency
    ) external view returns (string memory name, bytes2 jurisdiction, string memory uri, bool active) {
        AgencyRecord storage record = _agencies[_knownAgency(agency)];
        return (record.name, record.jurisdiction, record.uri, record.until == NEVER);
    }

    /// @inheritdoc ITradeLedger
    function authorisedAttester(
        bytes calldata attester
    ) external view returns (bytes16 agency, uint40 from, uint40 until, uint40 compromisedFrom) {
        AttesterRecord storage record = _knownAttester(attester);
        return (_agencies[record.agency].code, record.from, record.until, record.compromisedFrom);
    }

    /// @inheritdoc ITradeLedger
    function mandated(bytes16 agency, uint16 kind, uint40 time) external view returns (bool) {
        return _mandated(_agencyIndex[agency], kind, time);
    }

    /// @inheritdoc ITradeLedger
    function mayAttest(bytes calldata attester, uint16 kind, uint40 time) external view returns (bool) {
        AttesterRecord storage record = _attesters[keccak256(attester)];
        AgencyRecord storage agency = _agencies[record.agency];
        // If the signer is not an attester, the period of the empty record is [0, 0), which contains no time.
        return
            _contains(Period(record.from, record.until), time) &&
            time < record.compromisedFrom &&
            _anyContains(Period(agency.from, agency.until), agency.earlier, time) &&
            _mandated(record.agency, kind, time);
    }

    // ----------------------------------------------------------------------------------------------- for the ledger

    /// @dev The record of an attester. Whether it may speak now is another question: see _checkMaySpeak.
    function _knownAttester(bytes calldata signer) internal view returns (AttesterRecord storage record) {
        record = _attesters[keccak256(signer)];
        if (record.index == 0) revert AttesterUnknown(signer);
    }

    /// @dev The record of the attester with this index.
    function _attesterAt(uint32 index) internal view returns (AttesterRecord storage) {
        return _attesters[_attesterHash[index]];
    }

    /// @dev Check: the attester speaks for the stated agency.
    function _checkAgency(bytes calldata signer, bytes16 stated, uint24 actual) internal view {
        bytes16 code = _agencies[actual].code;
        // slither-disable-next-line timestamp: compares codes, not times
        if (code != stated) revert AgencyMismatch(signer, stated, code);
    }

    /// @dev Check: the attester may speak for its agency now. It is not compromised and not retired, and the agency is
    /// not suspended.
    function _checkMaySpeak(bytes calldata signer, AttesterRecord storage record) internal view {
        uint40 since = record.compromisedFrom;
        if (since != NEVER) revert AttesterDeclaredCompromised(signer, since);
        if (record.until != NEVER) revert AttesterNotActive(signer, record.from, record.until);
        AgencyRecord storage agency = _agencies[record.agency];
        if (agency.until != NEVER) revert AgencyNotActive(agency.code, agency.until);
    }

    /// @dev The code of the agency with this index.
    function _code(uint24 index) internal view returns (bytes16) {
        return _agencies[index].code;
    }

    /// @dev Does the agency with this index have a mandate for the kind at this time?
    function _mandated(uint24 index, uint16 kind, uint40 time) internal view returns (bool) {
        Mandate storage mandate = _mandates[index][kind];
        return _anyContains(mandate.latest, mandate.earlier, time);
    }

    // -------------------------------------------------------------------------------------------------------- parts

    /// @dev The index of an agency, which may be suspended.
    function _knownAgency(bytes16 code) private view returns (uint24 index) {
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

    /// @dev Does any period contain this time? For the present, the latest period is usually enough, which costs one
    /// slot. Earlier periods are read only if it does not contain the time.
    function _anyContains(Period memory latest, Period[] storage earlier, uint40 time) private view returns (bool) {
        if (_contains(latest, time)) return true;
        for (uint256 i = earlier.length; i != 0; --i) {
            if (_contains(earlier[i - 1], time)) return true;
        }
        return false;
    }
}
