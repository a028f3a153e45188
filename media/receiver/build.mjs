// Makes the receiver page: build.mjs DIRECTORY_OF_NODE_MODULES OUTPUT. One HTML file that needs nothing else: style, programs and the
// decoder are laid into it, and its policy names the hash of each, so that nothing can be added later, and lets nothing be loaded or sent.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const console_ = join(here, "..", "..", "console");
const [modules, output] = process.argv.slice(2);

function fail(sentence) {
  process.stderr.write("receiver: " + sentence + "\n");
  process.exit(1);
}

function read(...path) {
  return readFileSync(join(...path), "utf8");
}

// The lists of the console's own source: there is one of each in this project.
function wordLists() {
  const lists = [...read(console_, "base", "words.c").matchAll(/\[256\]\[12\] = \{([^}]*)\}/g)].map((m) => [...m[1].matchAll(/"([A-Za-z]+)"/g)].map((w) => w[1]));
  if (lists.length !== 2 || lists.some((list) => new Set(list).size !== 256)) fail("console/base/words.c does not hold two lists of 256 words");
  return lists;
}

function shownCharacters() {
  const table = /shown\[\]\[2\] = \{([\s\S]*?)\};/.exec(read(console_, "base", "text_hidden.c"));
  const runs = table && [...table[1].matchAll(/\{0x([0-9a-f]+), 0x([0-9a-f]+)\}/g)].map((m) => [parseInt(m[1], 16), parseInt(m[2], 16)]);
  if (!runs || runs.length < 600 || runs.some(([a, b], i) => a > b || (i && a <= runs[i - 1][1]))) fail("console/base/text_hidden.c does not hold its table");
  return runs;
}

// DER of the extension's name (X.690, 8.19): the first two arcs in one, seven bits a byte.
function rehearsalOid() {
  const m = /pki_rehearsal_oid\[\] = "2\.25\.([0-9]+)"/.exec(read(console_, "pki", "extension.c"));
  if (!m) fail("console/pki/extension.c does not name the rehearsal's extension");
  const body = [2 * 40 + 25, BigInt(m[1])].flatMap((arc) => {
    const bytes = [];
    for (let n = BigInt(arc), last = 0n; n > 0n || !bytes.length; n >>= 7n, last = 128n) bytes.unshift(Number((n & 127n) | last));
    return bytes;
  });
  return [6, body.length, ...body];
}

// The decoder's package would fetch its program from its maker's server when nobody gave it one: that address goes.
function decoderProgram(directory) {
  const text = read(directory, "dist", "iife", "reader", "index.js");
  const parts = text.split(/https:\/\/[a-z.]+\/npm\/zxing-wasm@/);
  if (parts.length !== 2) fail("the decoder's package is not the one that is known here: look for addresses in it");
  return parts.join("");
}

const decoder = join(modules, "zxing-wasm");
const { version } = JSON.parse(read(decoder, "package.json"));
const wasm = readFileSync(join(decoder, "dist", "reader", "zxing_reader.wasm"));
const [two, three] = wordLists();
const laid = [
  ["TWO_SYLLABLES", two], ["THREE_SYLLABLES", three], ["SHOWN", shownCharacters()], ["REHEARSAL_OID", rehearsalOid()],
  ["DECODER_VERSION", version], ["DECODER_WASM", wasm.toString("base64")],
].map(([name, value]) => "const " + name + " = " + JSON.stringify(value) + ";\n");
const own = ["strings.js", "bbqr.js", "payload.js", "decode.js", "page.js"].map((name) => read(here, name));

const texts = {
  STYLE: "\n" + read(here, "page.css"),
  DECODER: decoderProgram(decoder),
  PROGRAM: '"use strict";\n' + laid.join("") + own.join("\n"),
};
for (const [name, text] of Object.entries(texts)) {
  if (/<\/(script|style)|<!--/i.test(text)) fail(name + " holds the end of its own element");
}
function hash(name) {
  return "'sha256-" + createHash("sha256").update(texts[name]).digest("base64") + "'";
}
texts.POLICY = [
  "default-src 'none'", "script-src " + hash("DECODER") + " " + hash("PROGRAM") + " 'wasm-unsafe-eval'", "style-src " + hash("STYLE"),
  "img-src blob: data:", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'",
].join("; ");
texts.LICENCE = read(decoder, "LICENSE").trim().replace(/&/g, "&amp;").replace(/</g, "&lt;");
const page = read(here, "page.html").replace(/@([A-Z]+)@/g, (whole, name) => texts[name] ?? fail("no " + name));
writeFileSync(output, page);
