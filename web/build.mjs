// Builds what a browser gets from the TypeScript and CSS of this folder; the results are committed, so that installing
// the package needs no Node. `npm run web` writes them; with `--check`, nothing is written and stale files are named.
//
// web/templates/NAME.html  with web/pages/NAME.ts and web/styles/*.css  ->  verifier/NAME.html, one file that needs
//                          nothing else: its policy lets only its own script and style run, by their hashes
// web/pages/NAME.ts        of MODULES                                   ->  api/portal/static/NAME.js
// web/styles/*.css                                                      ->  api/portal/static/portal.css
// web/verifier/cli.ts                                                   ->  web/made/verifier.mjs, for tests; not committed
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { build } from "esbuild";

const WEB = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(WEB);
const STATIC = "api/portal/static";
const STYLES = ["tokens.css", "base.css", "parts.css", "print.css"];
// One-file pages. A page is built when its template is there.
const TEMPLATES = join(WEB, "templates");
const PAGES = (existsSync(TEMPLATES) ? readdirSync(TEMPLATES) : []).filter((name) => name.endsWith(".html")).map((name) => name.slice(0, -5)).sort();
// Scripts of the server's pages.
const MODULES = ["declare", "decide", "revoke", "live", "history", "documents", "document", "reader", "sign_in"].filter((name) => existsSync(join(WEB, "pages", `${name}.ts`)));

const options = { bundle: true, minify: true, write: false, target: "es2022", legalComments: "none", charset: "utf8" };

// The catalogue of translations that scripts/words.py writes: for each English text those of the other languages.
const CATALOGUE = join(WEB, "pages", "words.json");
const catalogue = existsSync(CATALOGUE) ? JSON.parse(readFileSync(CATALOGUE, "utf8")) : {};

const withWords = (words) => ({
  name: "words",
  setup: (build) => build.onLoad({ filter: /[\\/]pages[\\/]words\.json$/ }, () => ({ contents: JSON.stringify(words), loader: "json" })),
});

async function bundled(name, words, more) {
  const made = await build({ ...options, format: "iife", entryPoints: [join(WEB, name)], plugins: [withWords(words)], ...more });
  return made.outputFiles[0].text.trim();
}

// A script carries the translations of the texts that it says, which are seen in it once it is built without any;
// and those of the page's template.
async function script(name, more = {}, template = "") {
  const said = await bundled(name, {}, more) + template.replaceAll(/\s+/g, " ");
  const isSaid = (text) => said.includes(text) || said.includes(JSON.stringify(text).slice(1, -1));
  return await bundled(name, Object.fromEntries(Object.entries(catalogue).filter(([text]) => isSaid(text))), more);
}

async function style() {
  const named = STYLES.filter((name) => existsSync(join(WEB, "styles", name)));
  const contents = named.map((name) => `@import "./${name}";`).join("\n");
  const made = await build({ ...options, stdin: { contents, loader: "css", resolveDir: join(WEB, "styles") } });
  return made.outputFiles[0].text.trim();
}

const hash = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;

const inPage = (code) => code.replaceAll("</script", "<\\/script");

// A large script is packed: where the template has {{packed}}, that is the page's script, and {{script}} unpacks it.
async function page(name, css) {
  const text = readFileSync(join(WEB, "templates", `${name}.html`), "utf8").trimEnd();
  const own = inPage(await script(`pages/${name}.ts`, {}, text));
  const code = text.includes("{{packed}}") ? inPage(await script("pages/unpack.ts")) : own;
  const parts = {
    style: css, script: code, packed: deflateRawSync(own, { level: 9 }).toString("base64"),
    "style-hash": hash(css), "script-hash": hash(code), "packed-hash": hash(own),
  };
  return text.replaceAll(/\{\{([a-z-]+)\}\}/g, (whole, part) => parts[part] ?? whole);
}

async function files() {
  const css = await style();
  const found = new Map([[`${STATIC}/portal.css`, css + "\n"]]);
  // A page fetches the reader of documents when it needs it, by import().
  for (const name of MODULES) found.set(`${STATIC}/${name}.js`, (await script(`pages/${name}.ts`, name === "reader" ? { format: "esm" } : {})) + "\n");
  for (const name of PAGES) found.set(`verifier/${name}.html`, await page(name, css));
  return found;
}

async function commandLine() {
  if (!existsSync(join(WEB, "verifier", "cli.ts"))) return;
  const made = await build({ ...options, minify: false, platform: "node", format: "esm", entryPoints: [join(WEB, "verifier", "cli.ts")] });
  mkdirSync(join(WEB, "made"), { recursive: true });
  writeFileSync(join(WEB, "made", "verifier.mjs"), made.outputFiles[0].text);
}

// Another version of the packing library may pack the same script into other bytes.
const PACKED = /(<script type="text\/plain" id="packed">)([A-Za-z0-9+/=]*)/;
const unpacked = (text) => text.replace(PACKED, (_, before, packed) => before + inflateRawSync(Buffer.from(packed, "base64")).toString());

function isFresh(path, text) {
  if (!existsSync(path)) return false;
  const found = readFileSync(path, "utf8");
  try {
    return found === text || unpacked(found) === unpacked(text);
  } catch {
    return false; // what is there cannot be unpacked
  }
}

const check = process.argv.includes("--check");
const stale = [];
for (const [name, text] of await files()) {
  const path = join(ROOT, name);
  if (isFresh(path, text)) continue;
  stale.push(name);
  if (!check) writeFileSync(path, text);
}
await commandLine();
if (check && stale.length > 0) {
  console.error(`stale: ${stale.join(", ")}; run \`npm run web\` and commit the result`);
  process.exit(1);
}
console.log(stale.length > 0 ? `written: ${stale.join(", ")}` : "the browser's files are up to date");
