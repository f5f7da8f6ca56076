// SPDX-License-Identifier: LGPL-3.0-or-later

package vm

// The contract is compiled for Cancun and uses two opcodes that came after London: PUSH0 (EIP-3855) and MCOPY (EIP-5656).
// geth has both, but ties them to forks without Clique. This file enables them from London on. Consensus, gas prices and
// everything else stay as they are.
func init() {
	enable3855(&londonInstructionSet)
	enable5656(&londonInstructionSet)
}
