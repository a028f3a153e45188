// Both ways between our SLIP-39 and the npm package `slip39`, which nobody here wrote: ext=0 and ext=1, every subset that suffices and,
// for each, one share less. `cross_check.js SLIP39_TOOL`.
const { spawnSync } = require("child_process");
const { randomBytes } = require("crypto");
const slip39 = require("slip39");
const before = require("slip39-before-extendable");

const tool = process.argv[2];
let facts = 0;

function check(what, good, detail) {
  facts += 1;
  if (!good) {
    console.log("not so: " + what + (detail ? ": " + detail : ""));
    process.exit(1);
  }
}

// Our side: {out, said, good}.
function ours(words, lines) {
  const done = spawnSync(tool, words, { input: lines.map((line) => line + "\n").join(""), encoding: "utf8" });
  check("slip39_tool runs", done.status === 0 || done.status === 1, String(done.status) + done.stderr);
  return { good: done.status === 0, out: done.stdout.split("\n").slice(0, -1), said: done.stderr };
}

// Their side: the secret in hex, or the error they throw.
function theirs(implementation, shares, passphrase) {
  try {
    return Buffer.from(implementation.recoverSecret(shares, passphrase || "")).toString("hex");
  } catch (error) {
    return "error: " + error.message;
  }
}

function refused(answer) {
  return answer.startsWith("error: ");
}

function subsets(items, size) {
  if (size === 0) return [[]];
  if (items.length < size) return [];
  const [first, ...rest] = items;
  return subsets(rest, size - 1).map((tail) => [first, ...tail]).concat(subsets(rest, size));
}

function backwards(items) {
  return items.slice().reverse();
}

// The flag as it stands in the words themselves: bits 15 of the first 20 (SLIP-39, "Format of the share mnemonic").
const wordlist = require("slip39/src/slip39_helper.js").WORD_LIST;
function extendable(share) {
  const [first, second] = share.split(" ").slice(0, 2).map((word) => wordlist.indexOf(word));
  check("the first words are in the list", first >= 0 && second >= 0, share);
  return (((first << 10) | second) >> 4) & 1;
}

function ourShares(threshold, count, ext, secret) {
  const split = ours(["split", String(threshold), String(count), String(ext)], [secret]);
  const what = threshold + " of " + count + ", ext=" + ext;
  check("we split " + what, split.good && split.out.length === count, split.said);
  check("the shares are of the kind that was asked for", split.out.every((share) => extendable(share) === ext), what);
  for (const set of subsets(split.out, threshold)) {
    check("theirs combines ours, " + what, theirs(slip39, backwards(set)) === secret);
    if (ext === 0) check("theirs of before the flag combines ours, " + what, theirs(before, set) === secret);
    else check("theirs of before the flag refuses ext=1, as docs/recovery.md says", refused(theirs(before, set)));
  }
  check("theirs refuses one share less, " + what, refused(theirs(slip39, split.out.slice(0, threshold - 1))));
  return split.out;
}

function theirShares(threshold, count, ext, secret, passphrase, exponent) {
  const what = threshold + " of " + count + ", ext=" + ext + ", exponent " + exponent;
  const made = slip39.fromArray([...Buffer.from(secret, "hex")], {
    passphrase: passphrase, threshold: 1, groups: [[threshold, count, ""]], iterationExponent: exponent, extendableBackupFlag: ext,
  });
  const shares = made.fromPath("r/0").mnemonics;
  check("their shares are of the kind that was asked for", shares.length === count && shares.every((share) => extendable(share) === ext), what);
  for (const set of subsets(shares, threshold)) {
    const back = ours(["combine", passphrase], backwards(set));
    check("ours combines theirs, " + what, back.good && back.out[0] === secret, back.said);
  }
  check("ours refuses one share less, " + what, !ours(["combine"], shares.slice(0, threshold - 1)).good);
  check("ours refuses a share given twice, " + what, !ours(["combine"], shares.slice(0, threshold - 1).concat(shares[0])).good);
}

// One changed word, and a share of another set, are refused by both.
function lies(ext) {
  const secret = randomBytes(16).toString("hex");
  const [a, b] = ourShares(2, 3, ext, secret);
  const other = ourShares(2, 3, ext, secret);
  const words = b.split(" ");
  for (const place of [4, 10, 19]) {
    const bad = words.slice();
    bad[place] = wordlist[(wordlist.indexOf(bad[place]) + 1) % wordlist.length];
    check("theirs refuses a changed word", refused(theirs(slip39, [a, bad.join(" ")])));
    check("ours refuses a changed word", !ours(["combine"], [a, bad.join(" ")]).good);
  }
  check("theirs refuses a share of another set", refused(theirs(slip39, [a, other[1]])));
  check("ours refuses a share of another set", !ours(["combine"], [a, other[1]]).good);
}

for (const ext of [0, 1]) {
  for (const [threshold, count] of [[2, 3], [3, 5], [16, 16]]) {
    ourShares(threshold, count, ext, randomBytes(16).toString("hex"));
    theirShares(threshold, count, ext, randomBytes(16).toString("hex"), "", 0);
  }
  ourShares(2, 3, ext, randomBytes(32).toString("hex"));
  theirShares(2, 3, ext, randomBytes(32).toString("hex"), "", 0);
  theirShares(2, 3, ext, randomBytes(16).toString("hex"), "TREZOR", 1);
  lies(ext);
  // a first byte of zero is kept
  ourShares(2, 3, ext, "00".repeat(16));
  theirShares(2, 3, ext, "00".repeat(15) + "01", "", 0);
}
// Several groups, which we never make and always take: two of three groups, of 2 of 3, 3 of 5 and a single share.
const secret = randomBytes(16).toString("hex");
const groups = slip39.fromArray([...Buffer.from(secret, "hex")], { threshold: 2, groups: [[2, 3], [3, 5], [1, 1]] });
const parts = ["r/0/2", "r/0/0", "r/2"].flatMap((path) => groups.fromPath(path).mnemonics);
check("ours combines their groups", ours(["combine"], parts).out[0] === secret);
console.log(facts + " facts: slip39 0.1.9 reads and writes ext=0 and ext=1, 0.1.7 reads ext=0 only; both ways with ours");
