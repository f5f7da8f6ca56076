// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITradeLedger} from "../../contracts/interfaces/ITradeLedger.sol";
import {Keys} from "./support/Keys.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice A chain that is begun anew has its contract at the same address again. No statement of the old history counts
/// in the new one, because the domain's salt is the hash of entry 0.
/// @dev `write` runs in a call that is undone, so the next deployment has the same address.
contract BeginningsTest is World {
    struct Past {
        address ledger;
        bytes32 domain;
        bytes[] calls;
    }

    error Undone(Past past);

    function setUp() public override {}

    /// @dev Begin a history, write statements of every kind into it, and undo all of it.
    function write(bytes[] calldata members, uint16 threshold, uint40 time) external {
        vm.warp(time);
        _deploy(members, threshold);
        bytes[] memory calls = new bytes[](7);
        (calls[0], ) = _enrolAgency(MPI, "Agency", "NZ", "https://agency.govt.nz");
        _send(calls[0]);
        (calls[1], ) = _grantMandate(MPI, PHYTO, 0, NEVER);
        _send(calls[1]);
        (calls[2], ) = _authoriseAttester(Keys.account(OFFICER), MPI);
        _send(calls[2]);
        ITradeLedger.Attestation memory attestation = _attestation("salt");
        attestation.validUntil = NEVER;
        bytes32 id;
        (calls[3], , id) = _attestCall(attestation, OFFICER);
        _send(calls[3]);
        (calls[4], , ) = _revokeCall(ITradeLedger.Revocation(id, 0, 41), OFFICER);
        _send(calls[4]);
        ITradeLedger.Declaration memory declaration = ITradeLedger.Declaration(Keys.account(PARTY), "document", 929, 0);
        (calls[5], ) = _withdrawCall(declaration, ITradeLedger.Withdrawal(ids.declaration(declaration), 1, 0), PARTY);
        _send(calls[5]);
        (calls[6], , ) = _changeCouncil(members, threshold);
        _send(calls[6]);
        vm.assertEq(uint256(entries), 8, "all of them were written");
        revert Undone(Past(address(ledger), ids.domain(), calls));
    }

    function testFuzzAnotherBeginningTakesNoOldStatement(uint32 later, uint8 way) public {
        Past memory past = _past(_members(), 2);
        (bytes[] memory members, uint16 threshold) = (_members(), 2);
        if (way % 3 == 1) threshold = 1;
        if (way % 3 == 2) (members[0], members[1]) = (members[1], members[0]);
        vm.assume(later != 0 || way % 3 != 0);
        vm.warp(uint256(NOW) + later);
        _deploy(members, threshold);
        vm.assertEq(address(ledger), past.ledger, "same address");
        vm.assertTrue(ids.domain() != past.domain, "another domain");

        // Each resolution is tried where its number is the next. Then agency and officer have the same authority as
        // before, so that nothing but the signature is in the way.
        _refuse(past.calls[0]);
        _enrol(MPI);
        _refuse(past.calls[1]);
        _grant(MPI, PHYTO, 0, NEVER);
        _refuse(past.calls[2]);
        _authorise(Keys.account(OFFICER), MPI);
        for (uint256 i = 3; i < past.calls.length; ++i) _refuse(past.calls[i]);
    }

    /// @notice The statements above are refused for their domain alone: the same beginning takes all of them.
    function testTheSameBeginningIsTheSameHistory() public {
        Past memory past = _past(_members(), 2);
        vm.warp(NOW);
        _deploy(_members(), 2);
        vm.assertEq(address(ledger), past.ledger, "same address");
        vm.assertEq(ids.domain(), past.domain, "same domain");
        for (uint256 i = 0; i < past.calls.length; ++i) vm.assertTrue(_send(past.calls[i]), "taken");
    }

    function _past(bytes[] memory members, uint16 threshold) private returns (Past memory past) {
        try this.write(members, threshold, NOW) {
            vm.assertTrue(false, "not undone");
        } catch (bytes memory undone) {
            if (bytes4(undone) != Undone.selector) _bubble(undone);
            assembly ("memory-safe") {
                mstore(add(undone, 4), sub(mload(undone), 4))
                undone := add(undone, 4)
            }
            past = abi.decode(undone, (Past));
        }
    }

    function _refuse(bytes memory data) private {
        (bool done, ) = address(ledger).call(data);
        vm.assertFalse(done, "an old statement counts");
        vm.assertEq(ledger.head(), head, "a refused call changed the head");
    }
}
