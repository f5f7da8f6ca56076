// What an integrator writes over a client that was generated from docs/openapi.json. The compiler checks every member
// that is used here; tests/api/test_generated_client.py generates, compiles and runs it against a real server.

import { client } from './client/client.gen';
import * as ledger from './client/sdk.gen';
import type { BulkResult, DeclarationState, EvidenceFile, Problem, SignedDeclaration } from './client/types.gen';

declare const process: { argv: string[]; exitCode: number };

type Given = { url: string; session: string; good: SignedDeclaration[]; forged: SignedDeclaration };

const PATIENCE = 200; // tries, a tenth of a second apart

async function main(given: Given): Promise<Record<string, unknown>> {
  client.setConfig({ baseUrl: given.url });
  const [first, ...others] = given.good;
  const declared: DeclarationState = need((await ledger.declare({ body: first })).data);
  const many = await ledger.declareMany({ body: { declarations: [...others, given.forged] } });
  const results: BulkResult[] = need(many.data).results;

  const query = { digest: first.declaration.digest };
  let state: DeclarationState = declared;
  for (let tries = 0; state.state !== 'final' && tries < PATIENCE; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    state = need((await ledger.getDeclaration({ path: { id: declared.id }, query })).data);
  }
  const evidence: EvidenceFile = need((await ledger.getEvidence({ path: { id: declared.id }, query })).data);
  const verdict = need((await ledger.verify({ body: { evidence, online: false } })).data);

  const tampered: EvidenceFile = { ...evidence, origin: 'nonsense' };
  const problems: (Problem | undefined)[] = [
    (await ledger.declare({ body: given.forged })).error,
    (await ledger.listDeclarations()).error,
    (await ledger.getDeclaration({ path: { id: '0x' + '00'.repeat(32) }, query })).error,
    (await ledger.verify({ body: { evidence: tampered } })).error,
    (await ledger.listDeclarations({ auth: given.session, query: { party: '0x' + '11'.repeat(20) } })).error,
  ];
  const listed = need((await ledger.listDeclarations({ auth: given.session, query: { limit: 1 } })).data);
  return {
    state: state.state,
    results: results.map((item) => [item.line, item.status, item.type ?? null]),
    entries: evidence.entries.length,
    batch: evidence.inclusions[0].size,
    conclusion: verdict.conclusion,
    codes: verdict.checks.map((check) => check.code),
    problems: problems.map((problem) => [need(problem).status, need(problem).type, typeof need(problem).detail]),
    listed: listed.declarations.length,
  };
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the answer has another shape than the document says');
  return value;
}

main(JSON.parse(process.argv[2])).then(
  (found) => console.log(JSON.stringify(found)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
