// Codes for the receiver page: BBQr frames made from the published words of the format and drawn by qrencode, which nobody here wrote, or by
// our own media/qr through the program qr_picture.
const { spawnSync } = require("child_process");
const fs = require("fs");
const path = require("path");
const zlib = require("zlib");

const build = process.env.BUILD || "build";

function run(program, words, input) {
  const done = spawnSync(program, words, { input, maxBuffer: 64 << 20 });
  if (done.status !== 0) throw new Error(program + " " + words.join(" ") + ": " + (done.error || done.stderr));
  return done.stdout;
}

function base32(bytes) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{1,5}/g) || []).map((five) => alphabet[parseInt(five.padEnd(5, "0"), 2)]).join("");
}

function base36(number) {
  return number.toString(36).toUpperCase().padStart(2, "0");
}

// The payload as the texts of `total` frames or, as `total` is a wish, of fewer: equal blocks but the last, each of whole bytes.
function frames(payload, encoding, type, total) {
  const packed = encoding === "Z" ? zlib.deflateRawSync(payload, { level: 9, windowBits: 10 }) : payload;
  const unit = encoding === "H" ? 1 : 5;
  const block = Math.max(unit, Math.ceil(packed.length / total / unit) * unit);
  const count = Math.ceil(packed.length / block);
  return Array.from({ length: count }, (_, i) => {
    const piece = packed.subarray(i * block, (i + 1) * block);
    const content = encoding === "H" ? piece.toString("hex").toUpperCase() : base32(piece);
    return "B$" + encoding + type + base36(count) + base36(i) + content;
  });
}

// PNG by qrencode; bytes as they are, text in the densest mode that it finds.
function draw(file, content, options) {
  const { level, scale } = { level: "L", scale: 4, ...options };
  const mode = Buffer.isBuffer(content) ? ["-8"] : [];
  run("qrencode", [...mode, "-l", level, "-s", String(scale), "-m", "4", "-t", "PNG", "-o", file], content);
  return file;
}

// PNG by our own media/qr.
function drawOurs(file, content, scale) {
  fs.writeFileSync(file, run(path.join(build, "tests/interop/qr_picture"), [String(scale)], content));
  return file;
}

// Rows of modules, quiet zone included; true is dark.
function modules(content, level) {
  const mode = Buffer.isBuffer(content) ? ["-8"] : [];
  const text = run("qrencode", [...mode, "-l", level, "-m", "4", "-t", "ASCII"], content).toString("latin1");
  return text.split("\n").filter(Boolean).map((line) => Array.from({ length: line.length / 2 }, (_, i) => line[2 * i] === "#"));
}

// Table of the CRC of PNG (ISO/IEC 15948, annex D).
const CRC = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  let crc = 0xffffffff;
  for (const byte of body) crc = CRC[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, body.length + 4);
  return out;
}

// Lays a code into rows of grey bytes.
function lay(rows, code, left, top, scale) {
  const grid = modules(code.text, "L");
  for (let y = 0; y < grid.length * scale; y++) {
    for (let x = 0; x < grid.length * scale; x++) {
      const i = Math.floor(y / scale), k = Math.floor(x / scale);
      const dark = code.turn ? grid[grid.length - 1 - k][i] : grid[i][k];
      rows[top + y][left + x] = dark === Boolean(code.invert) ? 255 : 0;
    }
  }
}

// A grey PNG with the codes beside and below each other: {text, invert, turn}.
function picture(codes, width, height, scale) {
  const rows = Array.from({ length: height }, () => Buffer.alloc(width, codes[0].invert ? 0 : 255));
  const across = Math.ceil(Math.sqrt(codes.length));
  codes.filter((code) => code.text).forEach((code, i) => {
    lay(rows, code, Math.floor(width / across) * (i % across), Math.floor(height / across) * Math.floor(i / across), scale);
  });
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  const data = zlib.deflateSync(Buffer.concat(rows.flatMap((row) => [Buffer.from([0]), row])));
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

module.exports = { base32, draw, drawOurs, frames, modules, picture, run };
