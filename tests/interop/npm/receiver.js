// The receiver page under test: opened from its file, fed as a person feeds it, read as a person reads it.
const crypto = require("crypto");
const fs = require("fs");
const os = require("os");
const path = require("path");
const { Browser } = require("./browser.js");

const built = path.resolve(process.env.BUILD || "build", "receiver");
const address = "file://" + path.join(built, "tachiai-receiver.html");

const open = new Set();
let facts = 0;

function check(what, good, detail) {
  facts += 1;
  if (good) return;
  throw new Error("not so: " + what + (detail === undefined ? "" : ": " + (typeof detail === "string" ? detail : JSON.stringify(detail))));
}

function sha256(bytes) {
  return crypto.createHash("sha256").update(bytes).digest("hex");
}

class Receiver {
  static async open(flags, locale) {
    const r = new Receiver();
    r.work = fs.mkdtempSync(path.join(os.tmpdir(), "tachiai-receiver-"));
    r.browser = new Browser(flags || []);
    open.add(r);
    await r.browser.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: path.join(r.work, "saved"), eventsEnabled: true });
    r.page = await r.browser.open(address, { locale: locale || "en-GB" });
    return r;
  }

  async close() {
    check("the page complained of nothing", this.page.complaints.length === 0, this.page.complaints);
    const foreign = this.page.requests.filter((url) => url !== address && !/^(blob:|data:)/.test(url));
    check("the page asked for nothing", foreign.length === 0, foreign);
    await this.end();
  }

  async end() {
    open.delete(this);
    await this.browser.close();
    fs.rmSync(this.work, { recursive: true, force: true });
  }

  file(name) {
    return path.join(this.work, name);
  }

  text(selector) {
    return this.page.value("document.querySelector(" + JSON.stringify(selector) + ").innerText");
  }

  texts(selector) {
    return this.page.value("[...document.querySelectorAll(" + JSON.stringify(selector) + ")].map((e) => e.innerText)");
  }

  click(selector) {
    return this.page.value("document.querySelector(" + JSON.stringify(selector) + ").click()");
  }

  // Chooses picture files, and waits until the last of them was read.
  async choose(files) {
    await this.page.value("document.getElementById('progress').textContent = ''");
    await this.page.send("DOM.setFileInputFiles", { nodeId: await this.page.node("#files"), files });
    await this.settled(files.length);
  }

  async settled(count) {
    await this.page.until("document.getElementById('progress').textContent.startsWith('Pictures read: " + count + ".')");
  }

  hashes() {
    return this.page.value("[...document.querySelectorAll('#received article')].map((e) => e.dataset.sha256)");
  }

  // What stands beside a name in the card of a payload.
  async fact(hash, name) {
    return this.page.value("(() => { const card = document.querySelector('article[data-sha256=\"" + hash + "\"]');" +
      "const term = [...card.querySelectorAll('dt')].find((e) => e.innerText === " + JSON.stringify(name) + ");" +
      "return term ? term.nextElementSibling.innerText : null; })()");
  }

  // The file that the button saves: {name, bytes}.
  async save(hash) {
    // Chromium drops what a page saves beyond ten files a second.
    this.saves = (this.saves || []).concat(Date.now()).slice(-9);
    if (this.saves.length === 9) await new Promise((resolve) => setTimeout(resolve, Math.max(0, this.saves[0] + 1300 - Date.now())));
    const ended = new Promise((resolve, reject) => {
      let name = null;
      const listener = (message) => {
        if (message.method === "Browser.downloadWillBegin") name = message.params.suggestedFilename;
        if (message.method !== "Browser.downloadProgress" || message.params.state === "inProgress") return;
        this.browser.listeners.splice(this.browser.listeners.indexOf(listener), 1);
        if (message.params.state === "completed") resolve(name);
        else reject(new Error("the browser did not save " + name));
      };
      this.browser.listeners.push(listener);
    });
    await this.page.value("document.querySelector('article[data-sha256=\"" + hash + "\"] button.save').focus()");
    await this.page.press("Enter");
    const name = await ended;
    const saved = path.join(this.work, "saved", name);
    const bytes = fs.readFileSync(saved);
    fs.rmSync(saved);
    return { name, bytes };
  }

  // Exactly these payloads were received, and what is saved is them, byte for byte.
  async holds(what, payloads) {
    const expected = payloads.map(sha256), hashes = await this.hashes();
    check(what + ": as many payloads as were shown", hashes.length === expected.length, { hashes, expected, said: await this.text("main") });
    for (const [i, payload] of payloads.entries()) {
      check(what + ": the hash of " + payload.length + " bytes", hashes.includes(expected[i]), { hashes, expected: expected[i] });
      const { bytes } = await this.save(expected[i]);
      check(what + ": " + payload.length + " bytes are saved as they were", bytes.equals(payload), bytes.length);
    }
  }
}

// Runs the test, shows what was not so, and closes with a line that says how much was held.
function test(says, body) {
  body().then(() => console.log(facts + " facts: " + says), async (error) => {
    console.log(error.stack);
    for (const receiver of open) await receiver.end();
    process.exit(1);
  });
}

// Numbers that look random and are the same in every run.
function bytesOf(seed, length) {
  const out = [];
  for (let i = 0; out.length < length; i++) out.push(...crypto.createHash("sha256").update(seed + ":" + i).digest());
  return Buffer.from(out.slice(0, length));
}

function shuffled(seed, items) {
  return items.map((item, i) => [sha256(seed + ":" + i), item]).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

module.exports = { Receiver, bytesOf, built, check, sha256, shuffled, test };
