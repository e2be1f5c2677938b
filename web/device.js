// SPDX-License-Identifier: Apache-2.0
// A device with the update service, through Web Bluetooth. docs/ble.md tells what goes over the air.
"use strict";

(() => {
    const SERVICE = "ae5d1e47-5c13-43a0-8635-82ad38a1381f";
    const SECURE_SERVICE = "c7261110-f425-447a-a1bd-9d7246768bd8";
    const CONTROL = "a3dd50bf-f7a7-4e99-838e-570a086c661b";
    const DATA = "a2e86c7a-d961-4091-b74f-2409e72efe26";
    const INFO = "5b6f9e21-8f0a-4d3e-9a57-3c1d20c4b7e6";
    const PREPARE = 0x01;
    const DOWNLOAD = 0x02;
    const VERIFY = 0x03;
    const ABORT = 0x04;
    const RESUME = 0x20;
    const OK = 0x00;
    const VALUE_MAX = 512;
    const BLOCK_UNKNOWN = 244; // to devices that do not tell their MTU
    const ANSWER_MS = 30000;
    const LOST_MS = 1000; // from a failure to the news that the connection is lost, at most
    const VERDICT_MS = 300000; // a slow device hashes for minutes

    function withNumber(op, number) {
        const raw = new Uint8Array(5);
        raw[0] = op;
        new DataView(raw.buffer).setUint32(1, number, true);
        return raw;
    }

    // A failure that has a sentence for people and is no fault of this page.
    class UpdateError extends Error {}
    OTA.UpdateError = UpdateError;

    class Device {
        // onLost is called once when the connection ends without disconnect().
        constructor(bluetooth, log, onLost) {
            this.bluetooth = bluetooth;
            this.log = log;
            this.name = bluetooth.name || "unnamed device";
            this.isSecure = false;
            this.info = null;
            this.answers = [];
            this.wake = null;
            this.isAborted = false;
            this.lost = new Promise((resolve, reject) => {
                bluetooth.addEventListener("gattserverdisconnected", () => {
                    reject(new UpdateError("The connection is lost."));
                    this.notify();
                    onLost(this);
                }, {once: true});
            });
            this.lost.catch(() => {}); // looked at by those who wait
        }

        // The outcome of an operation. One that is under way when the connection ends may fail
        // for "unknown reasons" a little earlier, or never have any outcome: then that is why.
        async finish(operation) {
            try {
                return await Promise.race([operation, this.lost]);
            } catch (error) {
                await Promise.race([this.lost, new Promise((r) => setTimeout(r, LOST_MS))]);
                throw error;
            }
        }

        get isConnected() {
            return this.bluetooth.gatt.connected;
        }

        async connect() {
            const server = await this.bluetooth.gatt.connect();
            let service;
            try {
                service = await server.getPrimaryService(SERVICE);
            } catch {
                service = await server.getPrimaryService(SECURE_SERVICE);
                this.isSecure = true;
            }
            this.control = await service.getCharacteristic(CONTROL);
            this.data = await service.getCharacteristic(DATA);
            this.infoValue = await service.getCharacteristic(INFO).catch(() => null);
            this.control.addEventListener("characteristicvaluechanged", (event) => {
                const value = event.target.value;
                this.answers.push(new Uint8Array(value.buffer.slice(
                    value.byteOffset, value.byteOffset + value.byteLength)));
                this.notify();
            });
            await this.control.startNotifications();
            await this.readInfo();
        }

        disconnect() {
            this.bluetooth.gatt.disconnect();
        }

        // Devices of the original library have no information; then this.info stays null.
        async readInfo() {
            if (!this.infoValue) {
                return;
            }
            const v = await this.finish(this.infoValue.readValue());
            if (v.byteLength < 24 || v.getUint8(0) !== 1) {
                return;
            }
            this.info = {
                mtu: v.getUint16(2, true),
                version: {
                    major: v.getUint8(4),
                    minor: v.getUint8(5),
                    revision: v.getUint16(6, true),
                    build: v.getUint32(8, true),
                },
                stored: v.getUint32(12, true),
                total: v.getUint32(16, true),
                error: v.getUint8(20),
                board: new TextDecoder().decode(new Uint8Array(
                    v.buffer, v.byteOffset + 24, v.getUint16(22, true))),
            };
        }

        notify() {
            if (this.wake) {
                this.wake();
            }
        }

        async refused() {
            await this.readInfo().catch(() => {});
            const why = this.info && OTA.errors[this.info.error];
            return new UpdateError(why ? `The device refuses: ${why}.`
                : "The device refuses and does not say why.");
        }

        // The next answer of the device.
        async answer(limitMs) {
            const end = performance.now() + limitMs;
            while (this.answers.length === 0) {
                if (this.isAborted) {
                    throw new UpdateError("Aborted.");
                }
                if (performance.now() >= end) {
                    throw new UpdateError("The device does not answer.");
                }
                await this.finish(new Promise((resolve) => {
                    const timer = setTimeout(resolve, 500);
                    this.wake = () => {
                        clearTimeout(timer);
                        resolve();
                    };
                }));
                this.wake = null;
            }
            const answer = this.answers.shift();
            if (answer[0] !== OK) {
                throw await this.refused();
            }
            return answer;
        }

        async command(raw) {
            await this.finish(this.control.writeValueWithResponse(raw));
        }

        async beginNew(total) {
            await this.command(new Uint8Array([PREPARE]));
            await this.command(withNumber(DOWNLOAD, total));
            this.expected = 2; // the answers come while the data is on its way
            return 0;
        }

        // Goes on with an earlier transfer if what the device has is the beginning of this one.
        async begin(bytes) {
            const sigLen = this.isSecure ? OTA.SIG_LEN : 0;
            if (!this.info || !this.info.stored || this.info.total !== bytes.length - sigLen) {
                return this.beginNew(bytes.length);
            }
            await this.command(withNumber(RESUME, bytes.length));
            const answer = await this.answer(ANSWER_MS);
            const view = new DataView(answer.buffer);
            const off = answer.length === 9 ? view.getUint32(1, true) : bytes.length + 1;
            if (off <= bytes.length && view.getUint32(5, true) ===
                OTA.crc32(bytes.subarray(0, off))) {
                this.log(`The device has the first ${off} bytes; going on from there.`);
                this.expected = 0;
                return off;
            }
            this.log("The device has the beginning of another image; starting over.");
            return this.beginNew(bytes.length);
        }

        async send(block) {
            if (this.isAborted) {
                throw new UpdateError("Aborted.");
            }
            while (this.answers.length > 0) {
                await this.answer(0);
                this.expected--;
            }
            try {
                await this.finish(this.data.properties.writeWithoutResponse
                    ? this.data.writeValueWithoutResponse(block)
                    : this.data.writeValueWithResponse(block));
            } catch (error) {
                throw this.isConnected && this.answers.length > 0 ? await this.refused() : error;
            }
        }

        // Transfers bytes and has them verified. onProgress(done, total) is called for each block,
        // onVerify once at the end.
        async update(bytes, onProgress, onVerify) {
            this.isAborted = false;
            this.answers = [];
            await this.readInfo();
            const block = this.info ? Math.min(this.info.mtu - 3, VALUE_MAX) : BLOCK_UNKNOWN;
            let off = await this.begin(bytes);
            this.log(`Sending ${bytes.length - off} bytes, ${block} at a time.`);
            while (off < bytes.length) {
                await this.send(bytes.subarray(off, off + block));
                off = Math.min(off + block, bytes.length);
                onProgress(off, bytes.length);
            }
            onVerify();
            await this.command(withNumber(VERIFY, OTA.crc32(bytes)));
            for (this.expected++; this.expected > 0; this.expected--) {
                await this.answer(VERDICT_MS);
            }
        }

        async abort() {
            this.isAborted = true;
            this.notify();
        }

        // Tells the device, once nothing else is being written.
        async tellAbort() {
            await this.command(new Uint8Array([ABORT]));
        }
    }

    OTA.Device = Device;

    OTA.requestDevice = () => navigator.bluetooth.requestDevice({
        filters: [{services: [SERVICE]}, {services: [SECURE_SERVICE]}],
    });
})();
