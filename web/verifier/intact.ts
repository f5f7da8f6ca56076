// Intact? Whether document, inclusions, checkpoint and entries fit together: evidence-format.md, checks 1 to 9 and 22.
import { type Bytes, compareBytes, equal, hex, unhex } from "./bytes.ts";
import { cosignedAt, logSigned } from "./checkpoint.ts";
import { type Document, Plain, comparePlain } from "./document.ts";
import { Kind } from "./entry.ts";
import { indexRoot } from "./subjects.ts";
import { checkInclusion } from "./tree.ts";
import { type Verification, failureIn, first, inclusionParams } from "./verification.ts";

const hex0x = (data: Bytes): string => `0x${hex(data)}`;

/** Check 1. Returns what the evidence discloses of the declared document; null where it discloses nothing of it. */
export const checkDisclosure = (verification: Verification): Document | null => {
  const { document, declaration } = verification.evidence;
  if (document === null) return null;
  if (!equal(document.digest, declaration.bytes("digest"))) {
    verification.add("disclosure.another", { digest: hex0x(document.digest) });
    return null;
  }
  const shown = document.fields.length;
  verification.add("disclosure.declared", { shown, fields: shown + document.hidden.length });
  return document;
};

/**
 * Check 2. Returns the document that shows fields of the declared one; null if none does.
 *
 * @param given what lies beside the evidence
 * @param disclosed what check 1 returned
 */
export const checkDocument = (
  verification: Verification,
  given: Document | Plain | null,
  disclosed: Document | null,
): Document | null => {
  if (given instanceof Plain) return checkPlain(verification, given, disclosed);
  const { document: shown, declaration } = verification.evidence;
  const document = given ?? (shown !== null && shown.fields.length > 0 ? shown : null);
  if (document === null) {
    verification.add("document.not_given");
    return disclosed;
  }
  const digest = hex0x(document.digest);
  if (equal(document.digest, declaration.bytes("digest"))) {
    verification.add("document.declared", { digest, shown: document.fields.length, hidden: document.hidden.length });
    return document;
  }
  if (disclosed === null) {
    verification.add("document.another", { digest });
    return null;
  }
  const known = new Set([...disclosed.fields.map(({ hash }) => hash), ...disclosed.hidden].map(hex));
  const changed = document.fields.filter(({ hash }) => !known.has(hex(hash))).map(({ path }) => path);
  const { named, more } = first(changed);
  if (changed.length > 0) verification.add("document.changed", { digest, paths: named, more });
  else verification.add("document.fields_differ", { digest });
  return null;
};

/** Check 2 for a plain file: it is compared with what the evidence discloses of the declared document. */
const checkPlain = (verification: Verification, given: Plain, disclosed: Document | null): Document | null => {
  if (disclosed === null) {
    verification.add("document.plain_not_compared");
    return null;
  }
  const shown = disclosed.fields.length;
  const hidden = disclosed.hidden.length;
  const found = given.fields.size;
  const declared = shown + hidden;
  const { named, more } = first(comparePlain(given, disclosed));
  if (named.length > 0 || found !== declared) {
    verification.add("document.plain_differs", { paths: named, more, found, declared });
    return null;
  }
  if (shown === 0) verification.add("document.plain_not_compared");
  else verification.add(hidden > 0 ? "document.plain_in_part" : "document.plain_same", { shown, hidden });
  return disclosed;
};

/** Check 3. */
export const checkBatch = (verification: Verification): void => {
  verification.addInclusion("batch", verification.evidence.inclusions[0]);
};

/** Check 4. */
export const checkSets = (verification: Verification): void => {
  const [, ...sets] = verification.evidence.inclusions;
  if (sets.length === 0) return;
  for (const inclusion of sets) {
    const reason = verification.failureOf(inclusion);
    if (reason !== null) {
      verification.add("sets.not_included", { ...inclusionParams(inclusion), reason });
      return;
    }
  }
  verification.add("sets.included", { count: sets.length });
};

/** Check 5. */
export const checkOrigin = (verification: Verification): void => {
  const { evidence, trust, elsewhere, facts } = verification;
  const origin = evidence.origin.text;
  const found = evidence.checkpoint.origin.text;
  const beginning = facts.entries.find((entry) => entry.number === 0n)?.leaf ?? evidence.origin.salt;
  const trusted = trust !== null && trust.origin.text !== origin ? [trust.origin.text] : elsewhere;
  if (found !== origin) verification.add("origin.checkpoint_of_another", { origin, found });
  else if (trusted.length > 0) verification.add("origin.another_trusted", { origin, trusted });
  else if (!equal(beginning, evidence.origin.salt))
    verification.add("origin.another_beginning", { origin, found: hex0x(beginning) });
  else verification.add(trust === null ? "origin.nothing_trusted" : "origin.trusted", { origin });
};

/** Check 6, where there is a trust root. Lines of keys that do not count at the checkpoint's size are not looked at. */
export const checkCheckpoint = (verification: Verification): void => {
  const { trust, evidence } = verification;
  if (trust === null) return;
  const { checkpoint } = evidence;
  const { size } = checkpoint;
  const name = trust.origin.text;
  const counting = trust.logKeys.filter(({ upTo }) => upTo === null || size <= BigInt(upTo)).map(({ key }) => key);
  const lines = counting.map((key) => ({ key, fits: logSigned(checkpoint, key) })).filter(({ fits }) => fits !== null);
  const [signed] = lines;
  if (signed !== undefined && lines.every(({ fits }) => fits)) {
    verification.add("checkpoint.signed", { size, name, key: signed.key.id });
    return;
  }
  const ended = trust.logKeys.find(({ key }) => !counting.includes(key) && logSigned(checkpoint, key) === true);
  if (signed === undefined && ended !== undefined)
    verification.add("checkpoint.key_ended", { size, name, key: ended.key.id, up_to: ended.upTo });
  else verification.add("checkpoint.not_signed", { name, keys: counting.map((key) => key.id) });
};

/**
 * Check 7, where cosignatures are demanded. One of the verifier's future vouches for nothing: a witness whose clock
 * runs ahead would make old evidence look fresh.
 */
export const checkWitnesses = (verification: Verification): void => {
  const { trust, policy, evidence, clock } = verification;
  const witnesses = trust?.witnesses ?? [];
  const demanded = Math.max(trust?.threshold ?? 0, policy.witnesses ?? 0);
  if (demanded === 0) return;
  let all: readonly (readonly bigint[])[] = [];
  const reason = failureIn(() => {
    all = witnesses.map((key) => cosignedAt(evidence.checkpoint, key));
  });
  if (reason !== null) {
    verification.add("witnesses.wrong_line", { reason });
    return;
  }
  const until = BigInt(clock + policy.clockTolerance);
  const counting = all.map((times) => times.filter((time) => time <= until).map(Number));
  const latest = counting.filter((times) => times.length > 0).map((times) => Math.max(...times)).sort((a, b) => b - a);
  const counts = { found: latest.length, known: witnesses.length, demanded };
  const cosigned = latest.slice(0, demanded);
  const time = cosigned.at(-1);
  if (latest.length < demanded || time === undefined) {
    const signed = all.filter((times) => times.length > 0).length;
    verification.add("witnesses.too_few", { ...counts, later: signed - latest.length || null });
    return;
  }
  verification.cosigned = cosigned;
  verification.add("witnesses.enough", { ...counts, time });
};

/** Check 8. */
export const checkEntries = (verification: Verification): void => {
  const { entries, checkpoint } = verification.evidence;
  const wrong = entries.filter(
    ({ entry, proof }) =>
      failureIn(() => checkInclusion(entry.leaf, entry.number, checkpoint.size, proof, checkpoint.root)) !== null,
  );
  const disorder = verification.facts.disorder();
  if (wrong.length > 0) {
    const { named, more } = first(wrong.map(({ entry }) => entry.number));
    verification.add("entries.not_included", { numbers: named, more });
  } else if (disorder !== null) {
    verification.add(disorder.code, { entry: disorder.entry });
  } else {
    verification.add("entries.included", { count: entries.length });
  }
};

/** Check 22: every entry about each subject in question is shown, and no other but the checkpoint's last. */
export const checkComplete = (verification: Verification): void => {
  const { entries, index, checkpoint } = verification.evidence;
  const shown = new Set(entries.map(({ entry }) => entry.number));
  const listed = new Set(index.lists.flat().map(BigInt));
  const ascending = (numbers: readonly bigint[]): readonly bigint[] => [...numbers].sort((a, b) => (a < b ? -1 : 1));
  const missing = ascending([...listed].filter((number) => !shown.has(number)));
  if (missing.length > 0) {
    const { named, more } = first(missing);
    verification.add("complete.not_shown", { numbers: named, more });
    return;
  }
  const others = ascending([...shown].filter((number) => !listed.has(number) && number !== checkpoint.size - 1n));
  if (others.length > 0) {
    const { named, more } = first(others);
    verification.add("complete.not_listed", { numbers: named, more });
    return;
  }
  const keys = [...verification.facts.keysInQuestion()].map(unhex).sort(compareBytes);
  let root: Bytes = new Uint8Array();
  const reason = failureIn(() => {
    root = indexRoot(index, keys);
  });
  if (reason !== null) {
    verification.add("complete.not_proven", { reason });
    return;
  }
  if (!equal(root, checkpoint.index)) {
    verification.add("complete.another_index", { found: hex0x(root), signed: hex0x(checkpoint.index) });
    return;
  }
  verification.complete = true;
  verification.add("complete.all_shown", { entries: shown.size, subjects: keys.length });
};

/** Check 9. */
export const checkAnchor = (verification: Verification): void => {
  const { evidence, facts, at, atTheClock, clock } = verification;
  const [batch] = evidence.inclusions;
  const anchors = facts.entries.filter(
    ({ kind, said }) =>
      kind === Kind.Anchored && equal(said.bytes("root"), batch.root) && said.number("size") === batch.size,
  );
  const [anchor, ...later] = anchors;
  if (anchor === undefined) {
    verification.add("anchor.none", { root: hex0x(batch.root), size: batch.size });
    return;
  }
  const earliest = later.reduce((best, entry) => (entry.time < best.time ? entry : best), anchor);
  const written = { entry: earliest.number, time: earliest.time };
  if (earliest.time <= at) verification.add("anchor.anchored", written);
  else if (atTheClock) verification.add("anchor.clock_behind", { ...written, clock });
  else verification.add("anchor.later", written);
};
