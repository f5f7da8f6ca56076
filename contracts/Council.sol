// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {History} from "./History.sol";
import {ITradeLedger} from "./interfaces/ITradeLedger.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {P256Verifier} from "./signatures/P256Verifier.sol";

/// @title Who decides, and who signed: the council's quorum, and signatures of every kind of signer
/// @dev Twin of ledger/core/statements/signature.py and of check_quorum in ledger/core/history/replay.py. docs/formats.md section 5, rules
/// 1 and 10.
abstract contract Council is History {
    uint256 private constant ADDRESS = 20;
    uint256 private constant LONGEST_SIGNER = 128;
    uint256 private constant LARGEST_COUNCIL = 32;
    /// @dev So that every entry fits the entry bundles in which a history is published: docs/formats.md section 5.
    uint256 private constant LONGEST_SIGNATURE = 1024;

    /// @inheritdoc ITradeLedger
    address public immutable p256Verifier;

    /// @inheritdoc ITradeLedger
    uint64 public resolutions;
    /// @dev Councils are counted, so that unseating one needs no deletion. The first is term 1.
    uint64 private _term;
    uint16 private _threshold;
    mapping(uint64 term => bytes[] members) private _members;
    mapping(bytes32 signerHash => uint64 term) private _seated;

    /// @dev Seats the first council: entry 0. The verifier is this contract's first creation, so that its address
    /// follows from the origin alone.
    constructor(bytes[] memory members, uint16 threshold) {
        p256Verifier = address(new P256Verifier());
        _seat(members, threshold);
        bytes32 id = _hashTypedDataV4(TypedData.councilChange(members, threshold, 0));
        _append(EntryKind.CouncilChanged, id, abi.encode(members, threshold, uint64(0), new Endorsement[](0)));
    }

    /// @inheritdoc ITradeLedger
    function changeCouncil(
        bytes[] calldata members,
        uint16 threshold,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external {
        bytes32 id = _enact(TypedData.councilChange(members, threshold, resolution), resolution, endorsements);
        _seat(members, threshold);
        _append(EntryKind.CouncilChanged, id, abi.encode(members, threshold, resolution, endorsements));
    }

    /// @inheritdoc ITradeLedger
    function council() external view returns (bytes[] memory members, uint16 threshold) {
        return (_members[_term], _threshold);
    }

    /// @dev Check that the council made this resolution, and count it.
    function _enact(
        bytes32 structHash,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) internal returns (bytes32 id) {
        // Check: the next resolution, with a quorum.
        uint64 expected = resolutions + 1;
        if (resolution != expected) revert ResolutionNumberMismatch(expected, resolution);
        if (endorsements.length < _threshold) revert QuorumMissing(_threshold, endorsements.length);

        // Check: distinct members who signed it. Ascending order shows that they are distinct.
        id = _hashTypedDataV4(structHash);
        uint64 term = _term;
        bytes32 before = 0;
        for (uint256 i = 0; i < endorsements.length; ++i) {
            Endorsement calldata endorsement = endorsements[i];
            bytes32 signerHash = keccak256(endorsement.signer);
            if (signerHash <= before) revert EndorsementsUnordered();
            if (_seated[signerHash] != term) revert CouncilMemberUnknown(endorsement.signer);
            _checkSignature(endorsement.signer, id, endorsement.signature);
            before = signerHash;
        }

        // Effect: no resolution is carried out twice.
        resolutions = resolution;
    }

    /// @dev Check: a signer's shape.
    function _checkSigner(uint256 length) internal pure {
        if (length < ADDRESS || length > LONGEST_SIGNER) revert SignerMalformed(length);
    }

    /// @dev Every signature that enters the history passes here.
    ///
    /// Interaction, but static calls only: nothing that they run can change state, here or anywhere.
    ///
    /// A key's signature counts before anybody asks for code at its address. So the common case pays no look-up
    /// (2,600 gas), and a key that delegated its account to code (EIP-7702) still speaks for itself.
    function _checkSignature(bytes calldata signer, bytes32 digest, bytes calldata signature) internal view {
        // Check: length. A wallet may take any signature, but an entry must not outgrow its bundle.
        if (signature.length > LONGEST_SIGNATURE) revert SignatureTooLong(signature.length);

        if (signer.length == ADDRESS) {
            // The third value says why there is no recovered address, which nobody asks.
            // slither-disable-next-line unused-return
            (address recovered, ECDSA.RecoverError failed, ) = ECDSA.tryRecoverCalldata(digest, signature);
            if (failed == ECDSA.RecoverError.NoError && recovered == address(bytes20(signer))) return;
        }
        // A verifier without code proves nothing. The identity precompile (address 4) would accept every signature: it
        // returns its input, which begins with the very magic value that a verifier returns to accept.
        if (address(bytes20(signer)).code.length != 0) {
            if (SignatureChecker.isValidSignatureNow(signer, digest, signature)) return;
        }
        revert SignatureMismatch(signer, digest);
    }

    /// @dev Seat a council; its predecessor keeps its place in the books.
    function _seat(bytes[] memory members, uint16 threshold) private {
        // Check: a quorum exists.
        if (threshold == 0 || threshold > members.length || members.length > LARGEST_COUNCIL) {
            revert CouncilMalformed(members.length, threshold);
        }

        // Effect: a new term; whoever is not named for it has no seat. Each signer is checked as it is seated.
        uint64 term = ++_term;
        _threshold = threshold;
        _members[term] = members;
        for (uint256 i = 0; i < members.length; ++i) {
            _checkSigner(members[i].length);
            bytes32 signerHash = keccak256(members[i]);
            if (_seated[signerHash] == term) revert CouncilMemberRepeated(members[i]);
            _seated[signerHash] = term;
        }
    }
}
