// Pictures in, the bytes of their QR codes out. The decoder's program (DECODER_WASM) is laid before this by the build.
//
// Why zxing-wasm: measured under Node 20 on 2026-11-25 with 78 pictures of random bytes and of frames by qrencode (versions 10-M, 25-M, 40-M
// and 40-L; at 2 to 8 pixels a module, turned by 7, 45 and 180 degrees, blurred, noisy, as JPEG of quality 40, in perspective, and as the
// photograph of a table), exact bytes demanded:
//     zxing-wasm 3.1.4        71 of 78 exact, 12 ms a picture (six of the seven lost are a blur of half a module's width and more)
//     jsqr 1.4.0              49 of 78, 163 ms
//     @zxing/library 0.23.0   28 of 78, 10 ms
// None read a wrong byte.

const PIXELS_MAX = 48e6;

let decoder = null;

// Ready before the first picture, so that a browser that cannot run it says so at once.
function decoderReady() {
  decoder = decoder || ZXingWASM.prepareZXingModule({
    overrides: { wasmBinary: Uint8Array.from(atob(DECODER_WASM), (c) => c.charCodeAt(0)).buffer, locateFile: () => "" },
    fireImmediately: true,
  });
  return decoder;
}

// Of each code: its bytes, and whether it is one of a Structured Append series, which is not joined here.
async function codesOf(image, thorough) {
  await decoderReady();
  const options = { formats: ["QRCode"], tryHarder: true, tryInvert: thorough, tryDenoise: thorough, maxNumberOfSymbols: 255 };
  const found = await ZXingWASM.readBarcodes(image, options);
  return found.filter((code) => code.isValid && code.bytes.length > 0)
    .map((code) => ({ bytes: new Uint8Array(code.bytes), appended: code.sequenceSize > 1 }));
}

function pixelsOf(source, width, height, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

// An image element opens whatever the browser shows, SVG among it; what is in the picture is never run.
function imageOf(blob) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    const address = URL.createObjectURL(blob);
    image.onload = () => resolve({ image, close: () => URL.revokeObjectURL(address) });
    image.onerror = () => {
      URL.revokeObjectURL(address);
      reject(new Refusal("notPicture", { name: visible(blob.name || "") }));
    };
    image.src = address;
  });
}

// At its own size first, then smaller (a photograph of a screen shows the grid of its pixels), then larger.
async function codesOfPicture(blob) {
  const { image, close } = await imageOf(blob);
  try {
    const width = image.naturalWidth || 1024, height = image.naturalHeight || 1024;
    const whole = Math.min(1, Math.sqrt(PIXELS_MAX / (width * height)));
    const scales = [whole];
    if (Math.max(width, height) * whole > 1600) scales.push(1400 / Math.max(width, height));
    if (Math.max(width, height) < 800) scales.push(2.5);
    for (const scale of scales) {
      const codes = await codesOf(pixelsOf(image, width, height, scale), true);
      if (codes.length) return codes;
    }
    return [];
  } finally {
    close();
  }
}
