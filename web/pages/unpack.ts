// Unpacks the script of a page that carries it packed, and runs it. The page's policy names the unpacked script by its
// hash, so the browser runs that text and no other.
import "./trusted_types.ts";

async function unpack(): Promise<void> {
  const packed = document.getElementById("packed")?.textContent ?? "";
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const text = await new Response(plain).text();
  const rules = globalThis.trustedTypes?.createPolicy("unpack", { createScript: (script) => script });
  const script = document.createElement("script");
  script.textContent = rules?.createScript(text) ?? text;
  document.body.append(script);
}

unpack().catch(() => {
  const words = document.createElement("p");
  words.className = "problem";
  words.append("Your browser is too old for this page, which works out the answer on your computer. Use a newer one.");
  document.querySelector("main")?.prepend(words);
});
