// A headless Chromium, driven over its DevTools protocol: JSON messages, each ended by NUL, on the descriptors 3 and 4 of the process.
const { spawn } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");

const LIMIT = 60000;

class Browser {
  constructor(flags) {
    this.home = fs.mkdtempSync(path.join(os.tmpdir(), "tachiai-chromium-"));
    const words = [
      "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-default-browser-check",
      "--metrics-recording-only", "--mute-audio", "--hide-scrollbars", "--user-data-dir=" + this.home, ...flags, "about:blank",
    ];
    this.process = spawn("chromium", words, { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] });
    this.said = "";
    this.process.stderr.on("data", (text) => (this.said = (this.said + text).slice(-4000)));
    this.waiting = new Map();
    this.listeners = [];
    this.last = 0;
    let rest = Buffer.alloc(0);
    this.process.stdio[4].on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        this.receive(JSON.parse(rest.subarray(0, end).toString("utf8")));
        rest = rest.subarray(end + 1);
      }
    });
    this.process.on("exit", (code) => this.fail(new Error("Chromium ended (" + code + "): " + this.said)));
    this.process.on("error", (error) => this.fail(error));
  }

  fail(error) {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }

  receive(message) {
    if (message.id === undefined) return this.listeners.forEach((listener) => listener(message));
    const { resolve, reject, method } = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    return message.error ? reject(new Error(method + ": " + message.error.message)) : resolve(message.result);
  }

  send(method, params, sessionId) {
    const id = ++this.last;
    this.process.stdio[3].write(JSON.stringify({ id, method, params: params || {}, sessionId }) + "\0");
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject, method }));
  }

  // A page at that address, and everything that it asks for or complains of.
  async open(address, options) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId);
    for (const domain of ["Page", "Runtime", "Network", "DOM", "Log"]) await page.send(domain + ".enable");
    await page.send("Emulation.setLocaleOverride", { locale: options.locale });
    await page.send("Emulation.setUserAgentOverride", { userAgent: "tachiai-test", acceptLanguage: options.locale });
    await page.send("Page.navigate", { url: address });
    await page.until("document.readyState === 'complete'");
    return page;
  }

  async close() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    await this.send("Browser.close").catch(() => {});
    const late = setTimeout(() => this.process.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(late);
    fs.rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Page {
  constructor(browser, sessionId) {
    this.browser = browser;
    this.sessionId = sessionId;
    this.requests = [];
    this.complaints = [];
    browser.listeners.push((message) => {
      if (message.sessionId !== sessionId) return;
      const p = message.params;
      if (message.method === "Network.requestWillBeSent") this.requests.push(p.request.url);
      if (message.method === "Network.webSocketCreated") this.requests.push(p.url);
      if (message.method === "Log.entryAdded") this.complaints.push(p.entry.text);
      if (message.method === "Runtime.exceptionThrown") this.complaints.push(p.exceptionDetails.exception.description || p.exceptionDetails.text);
    });
  }

  send(method, params) {
    return this.browser.send(method, params, this.sessionId);
  }

  async value(expression) {
    const done = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true, userGesture: true });
    if (done.exceptionDetails) throw new Error(expression + ": " + (done.exceptionDetails.exception.description || done.exceptionDetails.text));
    return done.result.value;
  }

  async until(expression, limit) {
    for (const end = Date.now() + (limit || LIMIT); Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 25))) {
      if (await this.value(expression)) return;
    }
    throw new Error("never so: " + expression + "\n" + (await this.value("document.body.innerText")).slice(0, 3000) + "\n" + this.complaints.join("\n"));
  }

  async node(selector) {
    const { root } = await this.send("DOM.getDocument");
    return (await this.send("DOM.querySelector", { nodeId: root.nodeId, selector })).nodeId;
  }

  async press(key) {
    const text = { Enter: "\r", " ": " " }[key];
    const code = { Enter: 13, Tab: 9, " ": 32 }[key];
    const event = { key, code: key === " " ? "Space" : key, windowsVirtualKeyCode: code };
    await this.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...event });
    if (text) await this.send("Input.dispatchKeyEvent", { type: "char", ...event, text });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  async size(width, height) {
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  }

  async picture(file) {
    const { cssContentSize } = await this.send("Page.getLayoutMetrics");
    const clip = { x: 0, y: 0, width: cssContentSize.width, height: cssContentSize.height, scale: 1 };
    const { data } = await this.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, clip });
    fs.writeFileSync(file, Buffer.from(data, "base64"));
  }
}

module.exports = { Browser };
