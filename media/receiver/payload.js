// What a payload is, and how it is shown: kind, hash, words, visible text. TWO_SYLLABLES, THREE_SYLLABLES, SHOWN and REHEARSAL_OID are
// laid before this by the build, from the console's own source.

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function hexGroups(bytes) {
  return hexOf(bytes).match(/.{4}/g).join(" ");
}

function pgpWords(bytes) {
  return Array.from(bytes, (byte, i) => (i % 2 ? THREE_SYLLABLES : TWO_SYLLABLES)[byte]).join(" ");
}

// The text that the bytes are in strict UTF-8, without NUL; else null.
function textOf(bytes) {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function isShown(point) {
  let low = 0, high = SHOWN.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (point < SHOWN[middle][0]) high = middle - 1;
    else if (point > SHOWN[middle][1]) low = middle + 1;
    else return true;
  }
  return false;
}

// Foreign text with what cannot be seen, or turns the writing round, made visible, by the console's rule. A line's end is the caller's.
function visible(text) {
  return Array.from(text, (c) => {
    const point = c.codePointAt(0);
    return isShown(point) ? c : "<U+" + point.toString(16).toUpperCase().padStart(4, "0") + ">";
  }).join("");
}

function base64Bytes(text) {
  try {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return btoa(String.fromCharCode(...bytes)) === text ? bytes : null;
  } catch {
    return null;
  }
}

// A checkpoint (C2SP tlog-checkpoint): three lines, alone or as a signed note. Its signatures are named, not checked.
function checkpointOf(text) {
  const m = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n(?:\n((?:\u2014 [^\n ]+ [A-Za-z0-9+/=]+\n)+))?$/.exec(text);
  const root = m && base64Bytes(m[3]);
  if (!root || root.length !== 32) return null;
  const signers = (m[4] || "").split("\n").filter(Boolean).map((line) => line.split(" ")[1]);
  return { origin: m[1], size: m[2], root, rootText: m[3], signers };
}

// The hash that a code of show-code stands for: compared with what the console shows beside the code.
function fingerprintOf(text) {
  const m = /^(?:REHEARSAL )?sha256:([0-9a-f]{64})$/.exec(text);
  return m ? hexBytes(m[1].toUpperCase()) : null;
}

// One DER value and nothing behind it (X.690): definite length in its shortest form.
function isDer(bytes) {
  if (bytes.length < 2 || bytes[0] !== 0x30) return false;
  if (bytes[1] < 0x80) return bytes.length === 2 + bytes[1];
  const count = bytes[1] & 0x7f;
  if (count === 0 || count > 4 || bytes.length < 2 + count) return false;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + bytes[2 + i];
  return length >= 0x80 && bytes[2] !== 0 && bytes.length === 2 + count + length;
}

function pemOf(text) {
  const m = /^-----BEGIN ([A-Z0-9 ]+)-----\n([A-Za-z0-9+/=\n]+)-----END \1-----\n?$/.exec(text);
  return m && base64Bytes(m[2].replace(/\n/g, ""));
}

function contains(bytes, part) {
  for (let i = bytes.indexOf(part[0]); i >= 0 && i + part.length <= bytes.length; i = bytes.indexOf(part[0], i + 1)) {
    if (part.every((byte, k) => bytes[i + k] === byte)) return true;
  }
  return false;
}

function isJson(text) {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}

// {kind, text, checkpoint, fingerprint, rehearsal}. A rehearsal says so itself: by its origin, by its first word, or by the extension
// that its certificates and CRLs carry.
function describe(bytes) {
  const text = textOf(bytes);
  const checkpoint = text === null ? null : checkpointOf(text);
  const fingerprint = text === null ? null : fingerprintOf(text);
  const der = isDer(bytes) ? bytes : text === null ? null : pemOf(text);
  let kind = "binary";
  if (checkpoint) kind = "checkpoint";
  else if (fingerprint) kind = "fingerprint";
  else if (der) kind = text === null || isDer(bytes) ? "der" : "pem";
  else if (text !== null) kind = isJson(text) ? "json" : "text";
  const rehearsal =
    (checkpoint !== null && checkpoint.origin.startsWith("rehearsal/")) ||
    (text !== null && (text.startsWith("REHEARSAL") || /^\{"seq":0,[^\n]*"origin":"rehearsal\//.test(text))) ||
    (der !== null && contains(der, REHEARSAL_OID));
  return { kind, text, checkpoint, fingerprint, rehearsal };
}

const FILE_ENDINGS = { checkpoint: ".checkpoint", fingerprint: ".txt", der: ".der", pem: ".pem", json: ".json", text: ".txt", binary: ".bin" };

function fileName(what, sum) {
  return (what.rehearsal ? "REHEARSAL-" : "") + "received-" + hexOf(sum).slice(0, 8) + FILE_ENDINGS[what.kind];
}
