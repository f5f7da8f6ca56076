// Verifies Transparent Statements with @transmute/cose. JSON cases on stdin, one answer each on stdout: "" is yes.
import { readFileSync } from 'node:fs'
import cose from '@transmute/cose'

const buffer = (text) => cose.cbor.toArrayBuffer(Buffer.from(text, 'base64'))
const said = async (verify) => { try { await verify(); return '' } catch (error) { return String(error.message ?? error) } }

const answer = async ({ statement, entry, key }) => {
  const resolver = { resolve: async () => key } // a JWK: this library leaves it to its caller to find keys
  const message = buffer(statement)
  const [receipt] = await cose.receipt.get(message)
  return {
    statement: await said(() => cose.attached.verifier({ resolver }).verify({ coseSign1: message })),
    receipt: await said(async () => cose.receipt.inclusion.verify({
      entry: await cose.receipt.leaf(new Uint8Array(buffer(entry))),
      receipt: cose.cbor.toArrayBuffer(receipt),
      verifier: cose.detached.verifier({ resolver }),
    })),
    asRegistered: await said(async () => (await cose.receipt.verifier({ resolve: resolver.resolve })).verify({
      coseSign1: message, payload: buffer(entry),
    })),
  }
}

const answers = []
for (const question of JSON.parse(readFileSync(0, 'utf8'))) answers.push(await answer(question))
console.log(JSON.stringify(answers))
