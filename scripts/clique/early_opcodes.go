// SPDX-License-Identifier: LGPL-3.0-or-later

package vm

// The contract is compiled for Cancun and uses PUSH0 (EIP-3855) and MCOPY (EIP-5656) of what came after London. geth
// ties both to forks that have no Clique. It has the opcodes themselves: here they begin with London. Consensus, gas
// prices and everything else stay as they are.
func init() {
	enable3855(&londonInstructionSet)
	enable5656(&londonInstructionSet)
}
