// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {History} from "./History.sol";
import {ITradeLedger} from "./interfaces/ITradeLedger.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {P256Verifier} from "./signatures/P256Verifier.sol";
import {WebAuthnVerifier} from "./signatures/WebAuthnVerifier.sol";

/// @title The council: enacts resolutions by quorum, and checks the signatures of every kind of signer
/// @dev docs/formats.md section 5, rules 1 and 10. In the Python core, council.py and signature.py are the twins of this
/// contract.
abstract contract Council is History {
    uint256 private constant ADDRESS = 20;
    uint256 private constant LONGEST_SIGNER = 128;
    uint256 private constant LARGEST_COUNCIL = 32;
    /// @dev With this limit, every entry fits the entry bundles in which a history is published. docs/formats.md
    /// section 5 has the arithmetic.
    uint256 private constant LONGEST_SIGNATURE = 1024;

    /// @inheritdoc ITradeLedger
    address public immutable p256Verifier;
    /// @inheritdoc ITradeLedger
    address public immutable webAuthnVerifier;

    /// @inheritdoc ITradeLedger
    uint64 public resolutions;
    /// @dev Each council has a term, counted from 1. A member has a seat if it is seated for the present term, so a
    /// new council needs no deletion of the old one.
    uint64 private _term;
    uint16 private _threshold;
    mapping(uint64 term => bytes[] members) private _members;
    mapping(bytes32 signerHash => uint64 term) private _seated;

    /// @dev Seats the first council, which is entry 0. The verifiers are the first contracts that this one creates, in
    /// this order, so their addresses follow from the origin alone.
    constructor(bytes[] memory members, uint16 threshold) History(_firstPayload(members, threshold)) {
        p256Verifier = address(new P256Verifier());
        webAuthnVerifier = address(new WebAuthnVerifier());
        _seat(members, threshold);
        bytes32 id = _hashTypedDataV4(TypedData.councilChange(members, threshold, 0));
        _append(EntryKind.CouncilChanged, id, _firstPayload(members, threshold));
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

    /// @dev Check that the council endorses this resolution, and count it. Each caller then carries it out.
    function _enact(
        bytes32 structHash,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) internal returns (bytes32 id) {
        // Check: the next resolution, with a quorum.
        uint64 expected = resolutions + 1;
        if (resolution != expected) revert ResolutionNumberMismatch(expected, resolution);
        if (endorsements.length < _threshold) revert QuorumMissing(_threshold, endorsements.length);

        // Check: distinct members signed it. Members in ascending order are distinct.
        id = _hashTypedDataV4(structHash);
        uint64 term = _term;
        bytes32 before = 0;
        for (uint256 i = 0; i < endorsements.length; ++i) {
            Endorsement calldata endorsement = endorsements[i];
            bytes32 signerHash = keccak256(endorsement.signer);
            if (signerHash <= before) revert EndorsementsUnordered(endorsement.signer);
            if (_seated[signerHash] != term) revert CouncilMemberUnknown(endorsement.signer);
            _checkSignature(endorsement.signer, id, endorsement.signature);
            before = signerHash;
        }

        // Effect: this number is used, so no resolution is enacted twice.
        resolutions = resolution;
    }

    /// @dev Check: the length of a signer.
    function _checkSigner(uint256 length) internal pure {
        if (length < ADDRESS || length > LONGEST_SIGNER) revert SignerMalformed(length);
    }

    /// @dev Check the signature of an attester or a council member: of a key, a wallet or a verifier.
    ///
    /// A key's own signature is accepted without a look at the code at its address. So the common case does not pay for
    /// that look (2,600 gas), and a key that delegated its account to code (EIP-7702) can still sign.
    function _checkSignature(bytes calldata signer, bytes32 digest, bytes calldata signature) internal view {
        if (_signedByKey(signer, digest, signature)) return;
        // Check: a wallet or verifier has code. The identity precompile (address 4) has none and would accept every
        // signature: it returns its input, which begins with the value by which a verifier accepts.
        if (address(bytes20(signer)).code.length != 0) {
            if (_acceptedByCode(signer, digest, signature)) return;
        }
        revert SignatureMismatch(signer, digest);
    }

    /// @dev Check the signature of a party, by its key alone. Anybody can be a party, so no code of a party's choice is
    /// called: it could answer differently later, when somebody replays the history.
    function _checkKeySignature(bytes calldata signer, bytes32 digest, bytes calldata signature) internal view {
        if (!_signedByKey(signer, digest, signature)) revert SignatureMismatch(signer, digest);
    }

    /// @dev Did a key sign: an account key, a P-256 key or a passkey? Only the two verifiers are called that this
    /// contract deployed.
    function _signedByKey(
        bytes calldata signer,
        bytes32 digest,
        bytes calldata signature
    ) private view returns (bool) {
        // Check: the length. A wallet may accept any signature, but an entry must fit its bundle.
        if (signature.length > LONGEST_SIGNATURE) revert SignatureTooLong(signature.length, LONGEST_SIGNATURE);

        address named = address(bytes20(signer));
        if (signer.length == ADDRESS) {
            // slither-disable-next-line unused-return: the third value is a detail of the failure, and is not needed
            (address recovered, ECDSA.RecoverError failed, ) = ECDSA.tryRecoverCalldata(digest, signature);
            return failed == ECDSA.RecoverError.NoError && recovered == named;
        }
        if (named != p256Verifier && named != webAuthnVerifier) return false;
        return _acceptedByCode(signer, digest, signature);
    }

    /// @dev Does the code at the signer's address accept the signature: a wallet (ERC-1271), or a verifier (ERC-7913)
    /// for the key that follows the address?
    ///
    /// Interaction: a static call, which cannot change any state. The answer is one word, and no other answer accepts.
    function _acceptedByCode(
        bytes calldata signer,
        bytes32 digest,
        bytes calldata signature
    ) private view returns (bool) {
        bytes4 yes;
        bytes memory question;
        if (signer.length == ADDRESS) {
            yes = IERC1271.isValidSignature.selector;
            question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        } else {
            yes = IERC7913SignatureVerifier.verify.selector;
            question = abi.encodeCall(IERC7913SignatureVerifier.verify, (signer[ADDRESS:], digest, signature));
        }
        // Low level, because code that reverts or answers otherwise refuses the signature. In a loop over endorsements,
        // each of which must be accepted.
        // slither-disable-next-line low-level-calls,calls-loop
        (bool done, bytes memory answer) = address(bytes20(signer)).staticcall(question);
        return done && answer.length == 32 && bytes32(answer) == bytes32(yes);
    }

    /// @dev The payload of entry 0: the first council, resolution 0, no endorsements.
    function _firstPayload(bytes[] memory members, uint16 threshold) private pure returns (bytes memory) {
        return abi.encode(members, threshold, uint64(0), new Endorsement[](0));
    }

    /// @dev Seat a council. The members of earlier councils stay in storage, but their terms are over.
    function _seat(bytes[] memory members, uint16 threshold) private {
        // Check: a quorum is possible.
        if (threshold == 0 || threshold > members.length || members.length > LARGEST_COUNCIL) {
            revert CouncilMalformed(members.length, threshold);
        }

        // Effect: a new term, in which only these members have a seat. Each signer is checked when it is seated.
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
