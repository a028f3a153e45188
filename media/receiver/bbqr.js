// BBQr frames, as its makers publish the format (github: coinkite/BBQr, BBQr.md): "B$", encoding, file type, how many frames and which
// one this is in two base-36 digits each, then the content. Whatever deviates is refused: a frame is never guessed at.

const BBQR_INFLATED_MAX = 16 * 1024 * 1024;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

// A sentence of STRINGS, with its values, for a person.
class Refusal extends Error {
  constructor(key, values) {
    super(key);
    this.key = key;
    this.values = values || {};
  }
}

function hexBytes(text) {
  if (text.length % 2 || !/^[0-9A-F]*$/.test(text)) return null;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

// RFC 4648 base 32 without padding; null when a character is foreign or the bits left over are not zero.
function base32Bytes(text) {
  if ([1, 3, 6].includes(text.length % 8)) return null;
  const out = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0, value = 0, at = 0;
  for (const c of text) {
    const digit = BASE32.indexOf(c);
    if (digit < 0) return null;
    value = (value << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = value >> bits;
      value &= (1 << bits) - 1;
    }
  }
  return value === 0 ? out : null;
}

// null when the text is no frame at all; a Refusal when it begins like one and is none.
function frameOf(text) {
  if (!text.startsWith("B$")) return null;
  const m = /^B\$([H2Z])([0-9A-Z])([0-9A-Z]{2})([0-9A-Z]{2})(.*)$/s.exec(text);
  if (!m) throw new Refusal("badFrame", { frame: text.slice(0, 8) });
  const total = parseInt(m[3], 36), index = parseInt(m[4], 36);
  if (total === 0 || index >= total) throw new Refusal("badFrame", { frame: text.slice(0, 8) });
  const bytes = m[1] === "H" ? hexBytes(m[5]) : base32Bytes(m[5]);
  if (!bytes || bytes.length === 0) throw new Refusal("badContent", { frame: text.slice(0, 8) });
  return { head: text.slice(0, 6), encoding: m[1], type: m[2], total, index, bytes };
}

function sameBytes(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

// Frames with the same first six characters. Once `refused`, nothing of it is given out any more: of two contents nobody can say here
// which is the right one, and the order in which they came must not decide.
class Series {
  constructor(frame) {
    this.head = frame.head;
    this.encoding = frame.encoding;
    this.type = frame.type;
    this.total = frame.total;
    this.blocks = new Array(frame.total).fill(null);
    this.refused = null;
  }

  // Was it new?
  add(frame) {
    const there = this.blocks[frame.index];
    if (!there) {
      this.blocks[frame.index] = frame.bytes;
      return true;
    }
    if (!sameBytes(there, frame.bytes)) {
      throw new Refusal("conflict", { number: frame.index + 1, total: this.total, head: this.head });
    }
    return false;
  }

  missing() {
    return this.blocks.flatMap((block, i) => (block ? [] : [i + 1]));
  }

  // All blocks are of one length but the last, which may be shorter: anything else is not one payload cut up.
  async join() {
    const length = this.blocks[0].length;
    this.blocks.forEach((block, i) => {
      if (block.length > length || (block.length < length && i < this.total - 1)) {
        throw new Refusal("unequal", { number: i + 1, total: this.total, head: this.head });
      }
    });
    const joined = new Uint8Array(this.blocks.reduce((sum, block) => sum + block.length, 0));
    let at = 0;
    for (const block of this.blocks) {
      joined.set(block, at);
      at += block.length;
    }
    return this.encoding === "Z" ? inflate(joined, this.head) : joined;
  }
}

// Raw deflate (RFC 1951). Bytes left over after its end are an error, as is an end that does not come.
async function inflate(packed, head) {
  const stream = new DecompressionStream("deflate-raw");
  const writer = stream.writable.getWriter();
  const fed = writer.write(packed).then(() => writer.close());
  fed.catch(() => {});
  const reader = stream.readable.getReader();
  const parts = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > BBQR_INFLATED_MAX) throw new Refusal("tooLarge", { head, limit: BBQR_INFLATED_MAX });
      parts.push(value);
    }
    await fed;
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error instanceof Refusal ? error : new Refusal("notDeflate", { head });
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  if (size === 0) throw new Refusal("notDeflate", { head });
  return out;
}
