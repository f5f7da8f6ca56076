// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITradeLedger} from "../../../contracts/interfaces/ITradeLedger.sol";
import {Keys} from "./Keys.sol";
import {World} from "./World.sol";
import {vm} from "./Vm.sol";

/// @notice Makes the random calls that the runner chooses, lawful and unlawful ones, and keeps a simple model of the
/// ledger: lists and loops, without packing or caches. Before every call, the model says whether the ledger must accept
/// it. The entry of an accepted call is checked (Recorder), and a refused call must change nothing.
contract Handler is World {
    struct Span {
        uint40 from;
        uint40 until;
    }

    struct Said {
        bytes32 id;
        uint256 agency;
        uint256 key;
        uint40 time;
        uint40 from;
        uint40 until;
    }

    struct Ended {
        bytes32 id;
        bytes32 member;
        uint40 time;
    }

    struct Written {
        bytes32 root;
        uint64 size;
        uint64 number;
        uint40 time;
    }

    struct Moved {
        bytes32 id;
        bytes32 member;
        uint32 line;
        bytes32 from;
        bytes32 to;
        uint256 agency;
        uint256 issuer;
        uint40 time;
    }

    struct Answer {
        uint256 key;
        uint16 kind;
        uint40 time;
        bool may;
        uint40 compromisedFrom;
    }

    uint256 public constant AGENCIES = 3;
    uint256 public constant ATTESTERS = 5;

    uint40 public clock = NOW;
    bytes16[3] private _codes = [MPI, CUSTOMS, bytes16("CL-SAG")];
    uint16[3] private _kinds = [PHYTO, ORIGIN, BALANCE];

    mapping(uint256 agency => Span[]) private _active;
    mapping(uint256 agency => mapping(uint16 kind => Span[])) private _mandates;
    mapping(uint256 key => uint256) private _speaksFor; // agency + 1
    mapping(uint256 key => Span) private _time;
    mapping(uint256 key => uint40) private _compromised; // date + 1

    Said[] public said;
    bytes32[] public unsaid;
    Ended[] public ended;
    Written[] public written;
    Written[] public withdrawn;
    Answer[] public answers;
    Moved[] public moved;
    bytes[] private _enacted;
    bytes32[] private _heads;
    uint256 private _salt;

    constructor() {
        setUp();
        // Start with two agencies, so that calls can succeed. One has a mandate to attest and two attesters. Both have
        // a mandate to move sheets, and the other has an attester for that.
        _enactNow(_enrolCall(0));
        _enactNow(_enrolCall(1));
        _active[0].push(Span(clock, NEVER));
        _active[1].push(Span(clock, NEVER));
        (bytes memory data, ) = _grantMandate(_codes[0], PHYTO, 0, NEVER);
        _enactNow(data);
        _mandates[0][PHYTO].push(Span(clock, NEVER));
        for (uint256 key = 0; key < 2; ++key) {
            (data, ) = _authoriseAttester(signerOf(key), _codes[0]);
            _enactNow(data);
            (_speaksFor[key], _time[key]) = (1, Span(clock, NEVER));
        }
        (data, ) = _authoriseAttester(signerOf(3), _codes[1]);
        _enactNow(data);
        (_speaksFor[3], _time[3]) = (2, Span(clock, NEVER));
        for (uint256 a = 0; a < 2; ++a) {
            (data, ) = _grantMandate(_codes[a], BALANCE, 0, NEVER);
            _enactNow(data);
            _mandates[a][BALANCE].push(Span(clock, NEVER));
        }
    }

    /// @dev Every action happens at the handler's own time. Only `wait` changes it.
    modifier step() {
        vm.warp(clock);
        _;
    }

    // ------------------------------------------------------------------------------------------------------- actions

    function wait(uint16 seconds_) external step {
        _observe(seconds_);
        clock += seconds_;
    }

    function enrol(uint256 a) external step {
        a %= AGENCIES;
        if (_try(_enrolCall(a), _active[a].length == 0)) _active[a].push(Span(clock, NEVER));
    }

    function suspend(uint256 a) external step {
        a %= AGENCIES;
        (bytes memory data, ) = _suspendAgency(_codes[a]);
        if (_try(data, _isActive(a))) _active[a][_active[a].length - 1].until = clock;
    }

    function reinstate(uint256 a) external step {
        a %= AGENCIES;
        (bytes memory data, ) = _reinstateAgency(_codes[a]);
        if (_try(data, _active[a].length != 0 && !_isActive(a))) _active[a].push(Span(clock, NEVER));
    }

    function authorise(uint256 k, uint256 a) external step {
        (k, a) = (k % ATTESTERS, a % AGENCIES);
        (bytes memory data, ) = _authoriseAttester(signerOf(k), _codes[a]);
        if (_try(data, _speaksFor[k] == 0 && _active[a].length != 0)) {
            (_speaksFor[k], _time[k]) = (a + 1, Span(clock, NEVER));
        }
    }

    function retire(uint256 k) external step {
        k %= ATTESTERS;
        (bytes memory data, ) = _retireAttester(signerOf(k));
        if (_try(data, _speaksFor[k] != 0 && _time[k].until == NEVER)) _time[k].until = clock;
    }

    function compromise(uint256 k, uint16 ago) external step {
        k %= ATTESTERS;
        uint40 since = clock - ago;
        (bytes memory data, ) = _declareCompromised(signerOf(k), since);
        bool known = _compromised[k] != 0;
        if (_try(data, _speaksFor[k] != 0 && (!known || since < _compromised[k] - 1))) _compromised[k] = since + 1;
    }

    function grant(uint256 a, uint256 kind, uint16 delay, uint16 length) external step {
        a %= AGENCIES;
        uint16 k = _kinds[kind % 3];
        uint40 from = clock + delay;
        (bytes memory data, ) = _grantMandate(_codes[a], k, delay == 0 ? 0 : from, from + length);
        bool free = true;
        for (uint256 i = 0; i < _mandates[a][k].length; ++i) free = free && _mandates[a][k][i].until <= from;
        if (_try(data, _active[a].length != 0 && length != 0 && free)) _mandates[a][k].push(Span(from, from + length));
    }

    function endMandate(uint256 a, uint256 kind) external step {
        a %= AGENCIES;
        uint16 k = _kinds[kind % 3];
        (bytes memory data, ) = _withdrawMandate(_codes[a], k);
        bool some = false;
        for (uint256 i = 0; i < _mandates[a][k].length; ++i) some = some || _mandates[a][k][i].until > clock;
        if (!_try(data, some)) return;
        for (uint256 i = 0; i < _mandates[a][k].length; ++i) {
            Span storage span = _mandates[a][k][i];
            if (span.from >= clock) span.from = clock;
            if (span.until > clock) span.until = clock;
        }
    }

    /// @dev A and B are always members. The third member and the threshold change.
    function changeCouncil(uint256 third, uint16 threshold) external step {
        bytes[] memory members = _members();
        members[2] = Keys.account(0xff00 + (third % 3));
        threshold %= 5;
        (bytes memory data, , ) = _changeCouncil(members, threshold);
        // The third member cannot sign, so a threshold of three is not tried: no later resolution could reach it.
        if (threshold != 3) _try(data, threshold != 0 && threshold < 3);
    }

    function repeatResolution(uint256 i) external step {
        _try(_enacted[i % _enacted.length], false);
    }

    function anchor(uint256 root, uint64 size) external step {
        (root, size) = (root % 6, size % 3);
        bytes32 r = root == 0 ? bytes32(0) : keccak256(abi.encode(root));
        for (uint256 i = 0; i < written.length; ++i) {
            if (written[i].root == r && written[i].size == size) {
                vm.assertEq(uint256(ledger.anchor(r, size)), written[i].number, "a repeated anchor returns the first number");
                return;
            }
        }
        if (r == 0 || size == 0) {
            _try(abi.encodeCall(ITradeLedger.anchor, (r, size)), false);
        } else {
            written.push(Written(r, size, entries, clock));
            _anchor(r, size);
        }
    }

    function attest(uint256 k, uint256 a, uint256 kind, uint16 ago, uint16 length, bool forged) external step {
        // Another agency and a forged signature are rare, so that many attestations are accepted.
        k %= ATTESTERS;
        a = a % 8 == 0 || _speaksFor[k] == 0 ? (a / 8) % AGENCIES : _speaksFor[k] - 1;
        ITradeLedger.Attestation memory attestation = _attestation(bytes32(++_salt));
        attestation.agency = _codes[a];
        attestation.kind = kind % 4 == 0 ? ORIGIN : PHYTO;
        attestation.validFrom = clock - ago;
        attestation.validUntil = clock - ago + length;
        bytes32 id = ids.attestation(attestation);
        forged = forged && _salt % 4 == 0;
        bool allowed = !forged && length > ago && _mayAttestNow(k, a, attestation.kind);
        bytes memory signature = forged ? Keys.sign(STRANGER, id) : sign(k, id);
        if (_try(abi.encodeCall(ITradeLedger.attest, (attestation, signerOf(k), signature)), allowed)) {
            said.push(Said(id, a, k, clock, attestation.validFrom, attestation.validUntil));
        } else {
            unsaid.push(id);
        }
    }

    function revoke(uint256 i, uint256 member, uint256 k) external step {
        if (said.length == 0) return;
        Said memory what = said[i % said.length];
        k %= ATTESTERS;
        ITradeLedger.Revocation memory revocation = ITradeLedger.Revocation(what.id, bytes32(member % 3), 41);
        bool allowed = _maySpeakNow(k) && _speaksFor[k] == what.agency + 1;
        allowed = allowed && endedAt(what.id, revocation.member) == NEVER;
        bytes memory signature = sign(k, ids.revocation(revocation));
        if (_try(abi.encodeCall(ITradeLedger.revoke, (revocation, signerOf(k), signature)), allowed)) {
            ended.push(Ended(what.id, revocation.member, clock));
        }
    }

    function withdraw(uint256 document, bool forged) external step {
        ITradeLedger.Declaration memory declaration = ITradeLedger.Declaration(
            Keys.account(PARTY),
            bytes32(document % 5),
            929,
            0
        );
        bytes32 id = ids.declaration(declaration);
        ITradeLedger.Withdrawal memory withdrawal = ITradeLedger.Withdrawal(id, 1, 0);
        bool allowed = !forged;
        for (uint256 i = 0; i < withdrawn.length; ++i) allowed = allowed && withdrawn[i].root != id;
        (bytes memory data, ) = _withdrawCall(declaration, withdrawal, forged ? STRANGER : PARTY);
        uint64 number = entries;
        if (_try(data, allowed)) withdrawn.push(Written(id, 0, number, clock));
    }

    /// @dev `defect` makes one in two postings unlawful: a sheet that is not present, an opening of an open line, no
    /// move, the code of another agency, a forged signature.
    function post(uint256 i, uint256 member, uint32 line, uint256 k, uint8 defect) external step {
        if (said.length == 0) return;
        Said memory what = said[i % said.length];
        (k, defect) = (k % ATTESTERS, defect % 10);
        uint256 a = _speaksFor[k] == 0 ? 0 : _speaksFor[k] - 1;
        if (defect == 3) a = (a + 1) % AGENCIES;
        bytes32 present = sheetOf(what.id, bytes32(member % 2), line % 2);
        ITradeLedger.Posting memory posting = ITradeLedger.Posting({
            agency: _codes[a],
            attestation: what.id,
            member: bytes32(member % 2),
            line: line % 2,
            from: defect == 0 ? keccak256("another") : defect == 1 ? bytes32(0) : present,
            to: keccak256(abi.encode(++_salt))
        });
        if (defect == 2) posting.to = posting.from;
        bytes32 digest = ids.posting(posting);
        bool allowed = posting.to != posting.from && posting.from == present && defect != 4;
        allowed = allowed && endedAt(what.id, posting.member) == NEVER && _mayAttestNow(k, a, BALANCE);
        allowed = allowed && (posting.from != 0 || a == what.agency);
        bytes memory signature = defect == 4 ? Keys.sign(STRANGER, digest) : sign(k, digest);
        if (!_try(abi.encodeCall(ITradeLedger.post, (posting, signerOf(k), signature)), allowed)) return;
        moved.push(
            Moved(what.id, posting.member, posting.line, posting.from, posting.to, a, what.agency, clock)
        );
    }

    // ------------------------------------------------------------------------------------------- what the model knows

    /// @notice Attester 4 holds a P-256 key, attester 3 a passkey, the others account keys.
    function signerOf(uint256 k) public view returns (bytes memory) {
        if (k == 3) return Keys.passkey(0xe2, ledger);
        return k == 4 ? Keys.p256(0xe1, ledger) : Keys.account(0xb1 + k);
    }

    function sign(uint256 k, bytes32 digest) public pure returns (bytes memory) {
        if (k == 3) return Keys.signPasskey(0xe2, digest);
        return k == 4 ? Keys.signP256(0xe1, digest) : Keys.sign(0xb1 + k, digest);
    }

    /// @notice The sheet to which the latest posting moved the line, or zero.
    function sheetOf(bytes32 id, bytes32 member, uint32 line) public view returns (bytes32 sheet) {
        for (uint256 i = 0; i < moved.length; ++i) {
            if (moved[i].id == id && moved[i].member == member && moved[i].line == line) sheet = moved[i].to;
        }
    }

    function endedAt(bytes32 id, bytes32 member) public view returns (uint40) {
        for (uint256 i = 0; i < ended.length; ++i) {
            if (ended[i].id == id && (ended[i].member == 0 || ended[i].member == member)) return ended[i].time;
        }
        return NEVER;
    }

    function compromisedFrom(uint256 k) public view returns (uint40) {
        return _compromised[k] == 0 ? NEVER : _compromised[k] - 1;
    }

    function may(uint256 k, uint16 kind, uint40 time) public view returns (bool) {
        if (_speaksFor[k] == 0 || time < _time[k].from || time >= _time[k].until) return false;
        uint256 a = _speaksFor[k] - 1;
        return time < compromisedFrom(k) && _any(_active[a], time) && _any(_mandates[a][kind], time);
    }

    function inForceAt(uint256 i, bytes32 member, uint40 time) public view returns (bool) {
        Said memory s = said[i];
        bool valid = s.time <= time && s.from <= time && time < s.until;
        return valid && time < endedAt(s.id, member) && s.time < compromisedFrom(s.key);
    }

    function retired(uint256 k) external view returns (bool) {
        return _speaksFor[k] != 0 && _time[k].until != NEVER;
    }

    function counts() external view returns (uint256, uint256, uint256, uint256, uint256, uint256) {
        return (said.length, unsaid.length, ended.length, written.length, withdrawn.length, answers.length);
    }

    function moves() external view returns (uint256) {
        return moved.length;
    }

    function resolutions() external view returns (uint256) {
        return _enacted.length;
    }

    function state() external view returns (ITradeLedger, bytes32, uint64, bytes32[] memory) {
        return (ledger, head, entries, _heads);
    }

    // -------------------------------------------------------------------------------------------------------- parts

    function _isActive(uint256 a) private view returns (bool) {
        return _active[a].length != 0 && _active[a][_active[a].length - 1].until == NEVER;
    }

    function _maySpeakNow(uint256 k) private view returns (bool) {
        bool active = _speaksFor[k] != 0 && _time[k].until == NEVER && _compromised[k] == 0;
        return active && _isActive(_speaksFor[k] - 1);
    }

    function _mayAttestNow(uint256 k, uint256 a, uint16 kind) private view returns (bool) {
        return _maySpeakNow(k) && _speaksFor[k] == a + 1 && _any(_mandates[a][kind], clock);
    }

    function _any(Span[] storage spans, uint40 time) private view returns (bool found) {
        for (uint256 i = 0; i < spans.length; ++i) found = found || (spans[i].from <= time && time < spans[i].until);
    }

    function _enrolCall(uint256 a) private view returns (bytes memory data) {
        (data, ) = _enrolAgency(_codes[a], "Agency", "NZ", "u");
    }

    function _enactNow(bytes memory data) private {
        vm.assertTrue(_try(data, true), "enacted");
    }

    /// @dev Send. The ledger must accept or refuse as the model says. The one entry of an accepted call is folded into
    /// `head`.
    function _try(bytes memory data, bool allowed) private returns (bool) {
        uint64 before = ledger.resolutions();
        bool done = _send(data);
        vm.assertTrue(done == allowed, allowed ? "refused what the rules allow" : "accepted what the rules forbid");
        if (!done) {
            vm.assertEq(ledger.head(), head, "a refused call changed the head");
        } else {
            _heads.push(head);
            if (ledger.resolutions() != before) _enacted.push(data);
        }
        return done;
    }

    /// @dev Before time goes on, record what the ledger answers about a time in the past.
    function _observe(uint256 seed) private {
        if (answers.length >= 40) return;
        (uint256 k, uint16 kind) = (seed % ATTESTERS, _kinds[(seed / 8) % 3]);
        uint40 time = clock - 1 - uint40(seed % 1000);
        answers.push(Answer(k, kind, time, ledger.mayAttest(signerOf(k), kind, time), compromisedFrom(k)));
    }
}
