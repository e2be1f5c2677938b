// SPDX-License-Identifier: Apache-2.0
// The page: an image, a device, and one button.
"use strict";

(() => {
    const $ = (id) => document.getElementById(id);
    const state = {image: null, device: null, isBusy: false};

    function log(text) {
        const line = document.createElement("li");
        line.textContent = `${new Date().toLocaleTimeString()}  ${text}`;
        $("log").append(line);
        $("log").scrollTop = $("log").scrollHeight;
    }

    function note(id, kind, text) {
        const p = $(id);
        p.className = `notice ${kind}`;
        p.textContent = text;
        p.hidden = text === "";
        if (text !== "") {
            log(text);
        }
    }

    function kilobytes(bytes) {
        return `${(bytes / 1000).toFixed(bytes < 100000 ? 1 : 0)} kB`;
    }

    // ---- What speaks against this image on this device ----------------------------------------

    function objection() {
        const {image, device} = state;
        if (!image || !device || !device.isConnected) {
            return null;
        }
        const info = device.info;
        if (image.board && info && image.board !== info.board) {
            return `This image is made for ${image.board}, the device is a ${info.board}. ` +
                "It will not be sent.";
        }
        if (info && OTA.versionCompare(image.version, info.version) <= 0) {
            return `The device runs ${OTA.versionText(info.version)}; the image is ` +
                `${OTA.versionText(image.version)}, not newer.`;
        }
        if (device.isSecure && !image.transferSignature) {
            return "This device wants a signed transfer: a file with 64 bytes of signature " +
                "behind the image.";
        }
        return "";
    }

    function refresh() {
        const {image, device, isBusy} = state;
        const isConnected = Boolean(device && device.isConnected);
        const against = objection();
        $("connect").hidden = isConnected;
        $("connect").disabled = isBusy || !navigator.bluetooth;
        $("disconnect").hidden = !isConnected || isBusy;
        $("file").disabled = isBusy;
        $("device-facts").hidden = !isConnected;
        $("start").disabled = isBusy || against !== "";
        $("abort").hidden = !isBusy;
        $("hint").hidden = isBusy || !$("result").hidden || against === "";
        $("hint").textContent = against ||
            (image ? "Connect a device first." : isConnected ? "Choose an image first."
                : "Choose an image and connect a device first.");
        $("hint").className = against ? "notice bad" : "hint";
    }

    // ---- Image --------------------------------------------------------------------------------

    function showFileName(name) {
        const more = document.createElement("small");
        more.textContent = "Choose or drop another";
        $("drop-text").replaceChildren(name, more);
    }

    async function takeFile(file) {
        state.image = null;
        $("image-facts").hidden = true;
        note("image-note", "", "");
        note("result", "", "");
        $("transfer").hidden = true;
        showFileName(file.name);
        try {
            const image = await OTA.readImage(await file.arrayBuffer());
            state.image = image;
            $("image-version").textContent = OTA.versionText(image.version);
            $("image-board").textContent = image.board || "does not say";
            $("image-size").textContent = `${image.bytes.length.toLocaleString("en")} bytes`;
            $("image-signature").textContent = image.signature || "none";
            $("image-hash").textContent = image.isEncrypted
                ? "of the decrypted image: the device checks it"
                : `matches (${image.digest.slice(0, 16)}…)`;
            $("image-facts").hidden = false;
            log(`${file.name}: version ${OTA.versionText(image.version)}, ` +
                `${image.bytes.length} bytes, SHA-256 ${image.digest}`);
            if (!image.signature) {
                note("image-note", "warn", "This image is not signed: devices that check " +
                    "signatures refuse it.");
            }
        } catch (error) {
            note("image-note", "bad", error.message);
        }
        refresh();
    }

    // ---- Device -------------------------------------------------------------------------------

    function showDevice(device) {
        const info = device.info;
        $("device-name").textContent = device.name;
        $("device-board").textContent = info ? info.board : "does not say";
        $("device-version").textContent = info ? OTA.versionText(info.version) : "does not say";
        $("device-service").textContent = device.isSecure ? "signed transfers only" : "plain";
    }

    function onLost(device) {
        if (device === state.device && !state.isBusy) {
            note("device-note", "", "");
            log(`${device.name} is disconnected.`);
        }
        refresh();
    }

    async function connect() {
        let chosen;
        note("device-note", "", "");
        try {
            chosen = await OTA.requestDevice();
        } catch (error) {
            if (error.name === "NotFoundError") {
                log(`No device: ${error.message}`);
            } else {
                note("device-note", "bad", error.message);
            }
            return;
        }
        $("connect").disabled = true;
        $("connect").textContent = "Connecting…";
        const device = new OTA.Device(chosen, log, onLost);
        try {
            await device.connect();
            state.device = device;
            showDevice(device);
            note("result", "", "");
            $("transfer").hidden = true;
            log(`Connected to ${device.name}.`);
        } catch (error) {
            chosen.gatt.disconnect();
            note("device-note", "bad", `Cannot connect to ${device.name}: ${error.message}`);
        }
        $("connect").textContent = "Connect";
        refresh();
    }

    // ---- Update -------------------------------------------------------------------------------

    // Shows how far it is and how fast, over the last seconds.
    function meter() {
        const marks = [];
        return (done, total) => {
            const now = performance.now();
            marks.push({now, done});
            while (marks.length > 2 && now - marks[0].now > 3000) {
                marks.shift();
            }
            const span = (now - marks[0].now) / 1000;
            const rate = span > 0 ? (done - marks[0].done) / span : 0;
            $("progress").value = 100 * done / total;
            $("done").textContent = `${kilobytes(done)} of ${kilobytes(total)}, ` +
                `${Math.floor(100 * done / total)} %`;
            if (rate > 0) {
                const left = Math.ceil((total - done) / rate);
                $("rate").textContent = `${kilobytes(rate)}/s, ${left} s left`;
            }
        };
    }

    function transferBytes() {
        const {image, device} = state;
        if (!device.isSecure) {
            return image.bytes;
        }
        const bytes = new Uint8Array(image.bytes.length + OTA.SIG_LEN);
        bytes.set(image.bytes);
        bytes.set(image.transferSignature, image.bytes.length);
        return bytes;
    }

    function explain(error, device) {
        if (!device.isConnected) {
            return "The connection is lost. Connect again and press Update: the transfer goes " +
                "on where it stopped.";
        }
        return error.message;
    }

    async function update() {
        const {device, image} = state;
        const bytes = transferBytes();
        const begun = performance.now();
        state.isBusy = true;
        note("result", "", "");
        $("transfer").hidden = false;
        $("rate").textContent = "";
        $("progress").value = 0;
        $("done").textContent = "Starting…";
        refresh();
        try {
            await device.update(bytes, meter(), () => {
                $("done").textContent = "Sent. The device verifies the image…";
                $("rate").textContent = "";
                log("Sent; waiting for the verdict.");
            });
            const seconds = (performance.now() - begun) / 1000;
            $("done").textContent = `${kilobytes(bytes.length)} in ${seconds.toFixed(1)} s`;
            $("rate").textContent = `${kilobytes(bytes.length / seconds)}/s`;
            note("result", "good", `Done: ${device.name} has verified ` +
                `${OTA.versionText(image.version)} and installs it as it restarts.`);
            device.disconnect(); // now it may restart
        } catch (error) {
            if (device.isAborted && device.isConnected) {
                await device.tellAbort().catch(() => {}); // it notices that nothing more comes
            }
            $("transfer").hidden = true;
            note("result", device.isAborted ? "warn" : "bad",
                device.isAborted ? "Aborted. The device keeps what it runs."
                    : explain(error, device));
        }
        state.isBusy = false;
        refresh();
    }

    // ---- Wiring -------------------------------------------------------------------------------

    function wireDrop() {
        const drop = $("drop");
        for (const kind of ["dragover", "dragleave", "drop"]) {
            drop.addEventListener(kind, (event) => {
                event.preventDefault();
                drop.classList.toggle("over", kind === "dragover");
            });
        }
        drop.addEventListener("drop", (event) => {
            if (event.dataTransfer.files.length > 0 && !state.isBusy) {
                takeFile(event.dataTransfer.files[0]);
            }
        });
        $("file").addEventListener("change", (event) => {
            if (event.target.files.length > 0) {
                takeFile(event.target.files[0]);
            }
            event.target.value = ""; // the same file may be chosen again
        });
    }

    wireDrop();
    $("connect").addEventListener("click", connect);
    $("disconnect").addEventListener("click", () => state.device.disconnect());
    $("start").addEventListener("click", update);
    $("abort").addEventListener("click", () => state.device.abort());
    $("copy").addEventListener("click", () => navigator.clipboard.writeText(
        Array.from($("log").children, (line) => line.textContent).join("\n")));
    $("log-box").addEventListener("toggle", () => {
        $("log").scrollTop = $("log").scrollHeight;
    });
    window.addEventListener("beforeunload", (event) => {
        if (state.isBusy) {
            event.preventDefault();
        }
    });
    $("unsupported").hidden = Boolean(navigator.bluetooth);
    refresh();
})();
