// The page: what comes in, what is held, what is shown. All of it lives in `held` and ends with the page.

const PAYLOADS_MAX = 200;
const LINES_SHOWN = 12;
const LINE_SHOWN = 160;

function nothingHeld() {
  return { series: new Map(), payloads: [], codes: new Set(), notices: [], progress: { parts: [] } };
}

let held = nothingHeld();
let stream = null;
let pictures = Promise.resolve();

function part(id) {
  return document.getElementById(id);
}

function element(name, text, className) {
  const e = document.createElement(name);
  if (text !== undefined) e.textContent = text;
  if (className) e.className = className;
  return e;
}

// "1-3, 7": numbers as a person would name them.
function ranges(numbers) {
  const out = [];
  for (let i = 0; i < numbers.length; ) {
    let k = i;
    while (k + 1 < numbers.length && numbers[k + 1] === numbers[k] + 1) k++;
    out.push(k === i ? String(numbers[i]) : numbers[i] + (k === i + 1 ? ", " : "-") + numbers[k]);
    i = k + 1;
  }
  return out.join(", ");
}

function progress(...parts) {
  held.progress = { parts };
  showProgress();
}

function showProgress() {
  part("progress").textContent = held.progress.parts.map(({ key, values }) => say(key, values)).join(" ");
}

function noticeItem({ key, values, refusal }) {
  return element("li", say(key, values), refusal ? "refusal" : "");
}

// Each once: a camera sees the same thing thirty times a second.
function notice(key, values, refusal) {
  const same = JSON.stringify([key, values || {}]);
  if (held.notices.some((n) => n.same === same)) return;
  const n = { key, values, refusal: Boolean(refusal), same };
  held.notices.push(n);
  part("notices-part").hidden = false;
  part("notices").append(noticeItem(n));
}

function showSeries() {
  const open = [...held.series.values()].filter((s) => s.refused || !s.payload);
  part("series-part").hidden = open.length === 0;
  part("series").replaceChildren(...open.map((s) => (s.refused ? refusedCard(s) : grid(s))));
}

function refusedCard(series) {
  const card = element("article", undefined, "refused");
  card.append(element("h3", say("seriesRefused", { head: series.head })));
  card.append(element("p", say(series.refused.key, series.refused.values)));
  return card;
}

function grid(series) {
  const missing = series.missing();
  const box = element("div");
  box.append(element("h3", say("seriesTitle", { total: series.total, head: series.head })));
  const count = series.total - missing.length;
  box.append(element("p", say("seriesCount", { count, total: series.total, list: ranges(missing) })));
  const list = element("ol", undefined, "grid");
  series.blocks.forEach((block, i) => {
    const cell = element("li", undefined, block ? "here" : "");
    const sign = element("span", i + 1 + (block ? " \u2713" : " \u2026"));
    sign.setAttribute("aria-hidden", "true");
    cell.append(sign, element("span", say(block ? "frameHere" : "frameMissing", { number: i + 1 }), "heard"));
    list.append(cell);
  });
  box.append(list);
  return box;
}

function showPayloads() {
  part("nothing").hidden = held.payloads.length > 0;
  part("received").replaceChildren(...held.payloads.map(payloadCard));
}

function row(list, key, text, className) {
  list.append(element("dt", say(key)), element("dd", text, className));
}

function sourceOf(payload) {
  if (!payload.series) return say("sourceSingle");
  const { total, encoding, type } = payload.series;
  const typeKey = STRINGS.en["type" + type] ? "type" + type : "typeOther";
  return say("sourceSeries", { total, encoding, type, typeName: say(typeKey) });
}

function payloadCard(payload) {
  const { what, bytes, sum } = payload;
  const card = element("article");
  card.dataset.sha256 = hexOf(sum);
  if (what.rehearsal) card.append(element("p", say("rehearsal"), "band"));
  const kind = say("kind" + what.kind[0].toUpperCase() + what.kind.slice(1));
  card.append(element("h3", kind));
  const facts = element("dl");
  row(facts, "size", say("bytes", { count: bytes.length }));
  row(facts, "source", sourceOf(payload));
  if (what.fingerprint) {
    row(facts, "namedSha256", hexGroups(what.fingerprint), "hex");
    row(facts, "namedWords", pgpWords(what.fingerprint), "words");
    card.append(facts, element("p", say("namedHint")));
  } else {
    if (what.checkpoint) checkpointRows(facts, what.checkpoint);
    row(facts, "sha256", hexGroups(sum), "hex");
    row(facts, "words", pgpWords(sum), "words");
    card.append(facts, element("p", say("compareHint")));
    if (what.checkpoint) card.append(element("p", say("signersHint")));
  }
  if (what.text !== null) appendLines(card, what.text);
  const name = fileName(what, sum);
  const save = element("button", say("save", { name }), "save");
  save.type = "button";
  save.addEventListener("click", () => saveFile(name, bytes));
  card.append(save);
  return card;
}

function checkpointRows(facts, checkpoint) {
  row(facts, "origin", visible(checkpoint.origin));
  row(facts, "entries", checkpoint.size);
  row(facts, "root", checkpoint.rootText, "root");
  row(facts, "rootHex", hexGroups(checkpoint.root), "hex");
  row(facts, "rootWords", pgpWords(checkpoint.root), "words");
  row(facts, "signers", checkpoint.signers.length ? checkpoint.signers.map(visible).join(", ") : say("signersNone"));
}

function appendLines(card, text) {
  const lines = text.split("\n");
  if (lines[lines.length - 1] === "") lines.pop();
  const shown = lines.slice(0, LINES_SHOWN).map((line) => {
    const letters = Array.from(line.slice(0, 2 * LINE_SHOWN));
    return visible(letters.slice(0, LINE_SHOWN).join("")) + (letters.length > LINE_SHOWN ? " \u2026" : "");
  });
  card.append(element("h4", say("firstLines")), element("pre", shown.join("\n"), "text"));
  if (lines.length > LINES_SHOWN) card.append(element("p", say("moreLines", { count: lines.length })));
}

function saveFile(name, bytes) {
  const link = document.createElement("a");
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

function showAll() {
  document.documentElement.lang = language;
  document.title = say("title");
  for (const e of document.querySelectorAll("[data-text]")) e.textContent = say(e.dataset.text);
  part("language").lang = language === "ja" ? "en" : "ja";
  part("about").textContent = say("aboutText", { version: DECODER_VERSION });
  part("video").setAttribute("aria-label", say("cameraPicture"));
  part("camera").textContent = say(stream ? "cameraStop" : "cameraStart");
  part("notices").replaceChildren(...held.notices.map(noticeItem));
  showProgress();
  showSeries();
  showPayloads();
}

async function payloadAdd(to, bytes, series) {
  const payload = { bytes, series, sum: await sha256(bytes), what: describe(bytes) };
  if (series && series.refused) return;
  if (series) series.payload = payload;
  to.payloads.unshift(payload);
}

// What comes in belongs to what was held when it began: after "start anew" the rest of it is lost, as it should be.
async function take(code) {
  const to = held;
  if (code.appended) return notice("appended");
  const plain = String.fromCharCode(...code.bytes.subarray(0, 8));
  if (plain.startsWith("B$")) return takeFrame(to, new TextDecoder("latin1").decode(code.bytes));
  const key = hexOf(code.bytes);
  if (to.codes.has(key)) return undefined;
  if (to.codes.size >= PAYLOADS_MAX) return notice("tooMany", { count: PAYLOADS_MAX });
  to.codes.add(key);
  await payloadAdd(to, code.bytes, null);
  if (to !== held) return undefined;
  progress({ key: "gotSingle", values: { size: code.bytes.length } });
  return showPayloads();
}

async function takeFrame(to, text) {
  let series = null;
  try {
    const frame = frameOf(text);
    series = to.series.get(frame.head);
    if (!series && to.series.size >= PAYLOADS_MAX) throw new Refusal("tooMany", { count: PAYLOADS_MAX });
    if (!series) to.series.set(frame.head, (series = new Series(frame)));
    if (series.refused || !series.add(frame)) return;
    const missing = series.missing();
    const got = { key: "gotFrame", values: { number: frame.index + 1, total: series.total } };
    if (missing.length) {
      progress(got, { key: "stillMissing", values: { list: ranges(missing) } });
    } else {
      await payloadAdd(to, await series.join(), series);
      if (to !== held || series.refused) return;
      progress(got, { key: "complete", values: { total: series.total } });
      showPayloads();
    }
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    if (to !== held) return;
    if (series) {
      series.refused = refusal;
      to.payloads = to.payloads.filter((payload) => payload.series !== series);
      showPayloads();
    }
    notice(refusal.key, refusal.values, true);
  }
  showSeries();
}

function decoderFault(error) {
  notice("decoderFailed", { reason: visible(String(error.message || error)) }, true);
}

async function readPictures(files) {
  const to = held;
  let codes = 0;
  for (const [i, file] of files.entries()) {
    if (to !== held) return;
    const name = file.pasted ? say("pasted") : visible(file.name || "?");
    progress({ key: "reading", values: { number: i + 1, count: files.length, name } });
    try {
      const found = await codesOfPicture(file);
      if (to !== held) return;
      codes += found.length;
      if (!found.length) notice("noCode", { name });
      for (const code of found) await take(code);
    } catch (error) {
      if (error instanceof Refusal) notice(error.key, { name }, true);
      else decoderFault(error);
    }
  }
  const parts = [{ key: "readPictures", values: { count: files.length, codes } }];
  for (const s of held.series.values()) {
    if (!s.refused && !s.payload) parts.push({ key: "seriesCount", values: { count: s.total - s.missing().length, total: s.total, list: ranges(s.missing()) } });
  }
  progress(...parts);
}

// One after another, so that the numbers of two handfuls do not run together.
function addPictures(files) {
  if (files.length) pictures = pictures.then(() => readPictures(files));
}

function stopCamera() {
  if (stream) stream.getTracks().forEach((track) => track.stop());
  stream = null;
  part("video").srcObject = null;
  part("video").hidden = true;
  part("cameras-label").hidden = true;
  part("camera").textContent = say("cameraStart");
}

function cameraFault(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") notice("cameraRefused", {}, true);
  else if (error.name === "NotFoundError" || error.name === "OverconstrainedError") notice("cameraMissing", {}, true);
  else notice("cameraBusy", { reason: visible(String(error.message || error.name)) }, true);
}

async function startCamera(deviceId) {
  stopCamera();
  if (!navigator.mediaDevices) return notice("cameraUnable", {}, true);
  const wanted = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "environment" };
  try {
    await decoderReady();
  } catch (error) {
    return decoderFault(error);
  }
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...wanted, width: { ideal: 1920 }, height: { ideal: 1080 } } });
  } catch (error) {
    return cameraFault(error);
  }
  const mine = stream;
  const video = part("video");
  video.srcObject = mine;
  video.hidden = false;
  part("camera").textContent = say("cameraStop");
  await video.play().catch(() => {});
  await listCameras();
  return watch(video, mine);
}

async function listCameras() {
  const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
  const now = stream && stream.getVideoTracks()[0].getSettings().deviceId;
  part("cameras").replaceChildren(...cameras.map((camera, i) => {
    const option = element("option", visible(camera.label) || say("cameraNumber", { number: i + 1 }));
    option.value = camera.deviceId;
    option.selected = camera.deviceId === now;
    return option;
  }));
  part("cameras-label").hidden = !stream || cameras.length < 2;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function watch(video, mine) {
  while (stream === mine) {
    if (video.videoWidth) {
      try {
        for (const code of await codesOf(pixelsOf(video, video.videoWidth, video.videoHeight, 1), false)) await take(code);
      } catch (error) {
        stopCamera();
        decoderFault(error);
      }
    }
    await pause(40);
  }
}

function startAnew() {
  held = nothingHeld();
  held.progress = { parts: [{ key: "begun" }] };
  part("notices-part").hidden = true;
  part("files").value = "";
  showAll();
}

part("language").addEventListener("click", () => {
  language = language === "ja" ? "en" : "ja";
  showAll();
});
part("again").addEventListener("click", startAnew);
part("camera").addEventListener("click", () => (stream ? stopCamera() : startCamera("")));
part("cameras").addEventListener("change", (event) => startCamera(event.target.value));
part("files").addEventListener("change", (event) => {
  addPictures([...event.target.files]);
  event.target.value = "";
});
// A picture dropped beside the field must not replace the page.
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  part("drop").classList.add("over");
});
document.addEventListener("dragleave", () => part("drop").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  part("drop").classList.remove("over");
  addPictures([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (files.length) event.preventDefault();
  files.forEach((file) => (file.pasted = true));
  addPictures(files);
});

showAll();
decoderReady().catch(decoderFault);
