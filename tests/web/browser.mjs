// SPDX-License-Identifier: Apache-2.0
// A browser for tests: reads one JSON command a line, answers each with one line.
//
//   {"do": "open", "url"}                      {"do": "file", "path"}
//   {"do": "click", "id"}                      {"do": "wait", "id", "pattern", "seconds"}
//   {"do": "state", "id"} -> text, visible, enabled, class
//   {"do": "shot", "path", "width", "dark"}    {"do": "errors"} -> what the page complained about
//
// usage: browser.mjs PROFILE_DIR MODULES_DIR; the device chooser takes the first device.
import {createRequire} from "node:module";
import path from "node:path";
import readline from "node:readline";

const [profile, modules] = process.argv.slice(2);
const {chromium} = createRequire(path.join(modules, "x.js"))("playwright-core");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--enable-features=WebBluetooth"];

const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: FLAGS,
    env: process.env,
    viewport: {width: 760, height: 900},
});
const page = context.pages()[0];
const errors = [];
page.on("pageerror", (error) => errors.push(String(error)));
page.on("console", (message) => {
    if (message.type() === "error") {
        errors.push(message.text());
    }
});

// Each prompt is answered once: a second answer ends the browser.
const answered = new Set();
const session = await context.newCDPSession(page);
await session.send("DeviceAccess.enable");
session.on("DeviceAccess.deviceRequestPrompted", async ({id, devices}) => {
    if (devices.length > 0 && !answered.has(id)) {
        answered.add(id);
        await session.send("DeviceAccess.selectPrompt", {id, deviceId: devices[0].id});
    }
});

const element = (id) => page.locator(`#${id}`);

const actions = {
    open: async ({url}) => void await page.goto(url),
    file: async (c) => void await element("file").setInputFiles(c.path),
    click: async ({id}) => void await element(id).click({timeout: 10000}),
    wait: async ({id, pattern, seconds}) => void await page.waitForFunction(
        ([i, p]) => {
            const e = document.getElementById(i);
            return e.checkVisibility() && new RegExp(p).test(e.textContent);
        }, [id, pattern], {timeout: seconds * 1000}),
    state: async ({id}) => ({
        text: await element(id).textContent(),
        visible: await element(id).isVisible(),
        enabled: await element(id).isEnabled(),
        class: await element(id).getAttribute("class"),
    }),
    shot: async (c) => {
        await page.setViewportSize({width: c.width, height: 900});
        await page.emulateMedia({colorScheme: c.dark ? "dark" : "light"});
        await page.screenshot({path: c.path, fullPage: true});
        return page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
    },
    errors: async () => errors,
};

console.log(JSON.stringify({ready: true}));
for await (const line of readline.createInterface({input: process.stdin})) {
    const command = JSON.parse(line);
    try {
        console.log(JSON.stringify({value: await actions[command.do](command)}));
    } catch (error) {
        console.log(JSON.stringify({error: String(error)}));
    }
}
await context.close();
