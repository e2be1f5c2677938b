// SPDX-License-Identifier: Apache-2.0
// Reads a signed image (MCUboot's format): what it is, and whether it is whole.
"use strict";

OTA.SIG_LEN = 64; // of a transfer to a device with the secure service: r | s

(() => {
    const HEADER_LEN = 32;
    const MAGIC = 0x96f3b83d;
    const INFO_MAGIC = 0x6907;
    const PROTECTED_MAGIC = 0x6908;
    const TLV = {KEYHASH: 0x01, SHA256: 0x10, BOARD: 0xb0};
    const KEY_FIRST = 0x30; // entries that carry the key of an encrypted image
    const KEY_LAST = 0x34;
    const ENCRYPTED = 0x04 | 0x08; // flags: AES-128, AES-256
    const SIGNATURES = {0x20: "RSA-2048", 0x22: "ECDSA P-256", 0x23: "RSA-3072", 0x24: "Ed25519"};

    function fail(text) {
        throw new Error(text);
    }

    // The entries of one TLV area: from off to end.
    function readArea(view, off, magic, isProtected) {
        if (off + 4 > view.byteLength || view.getUint16(off, true) !== magic) {
            fail("The end of the image is missing or damaged.");
        }
        const end = off + view.getUint16(off + 2, true);
        const entries = [];
        if (end > view.byteLength) {
            fail("The image is cut short.");
        }
        for (let at = off + 4; at < end;) {
            if (at + 4 > end || at + 4 + view.getUint16(at + 2, true) > end) {
                fail("The end of the image is damaged.");
            }
            const len = view.getUint16(at + 2, true);
            entries.push({
                type: view.getUint16(at, true),
                isProtected,
                value: new Uint8Array(view.buffer, at + 4, len),
            });
            at += 4 + len;
        }
        return {entries, end};
    }

    function readHeader(view) {
        if (view.byteLength < HEADER_LEN || view.getUint32(0, true) !== MAGIC) {
            fail("This file is no signed image. Take what “ota-imgtool sign” has written.");
        }
        return {
            headerSize: view.getUint16(8, true),
            protectedSize: view.getUint16(10, true),
            payloadSize: view.getUint32(12, true),
            isEncrypted: (view.getUint32(16, true) & ENCRYPTED) !== 0,
            version: {
                major: view.getUint8(20),
                minor: view.getUint8(21),
                revision: view.getUint16(22, true),
                build: view.getUint32(24, true),
            },
        };
    }

    // The hash is that of what the device decrypts.
    function checkEncrypted(entries, isClear) {
        if (!entries.some((e) => e.type >= KEY_FIRST && e.type <= KEY_LAST)) {
            fail("The image is damaged: it is encrypted and carries no key.");
        }
        if (isClear) {
            fail("This image is in the clear (“--clear”): it is for programming a device, not " +
                "for updating one.");
        }
    }

    OTA.versionText = (v) => `${v.major}.${v.minor}.${v.revision}${v.build ? `+${v.build}` : ""}`;

    // Above 0 if x is newer than y. The build number does not count.
    OTA.versionCompare = (x, y) => x.major - y.major || x.minor - y.minor ||
        x.revision - y.revision;

    // What the file's bytes are; throws an Error with a sentence for people.
    OTA.readImage = async (buffer) => {
        const view = new DataView(buffer);
        const header = readHeader(view);
        const payloadEnd = header.headerSize + header.payloadSize;
        const prot = header.protectedSize > 0
            ? readArea(view, payloadEnd, PROTECTED_MAGIC, true)
            : {entries: [], end: payloadEnd};
        if (prot.end - payloadEnd !== header.protectedSize) {
            fail("The end of the image is damaged.");
        }
        const rest = readArea(view, prot.end, INFO_MAGIC, false);
        const entries = [...prot.entries, ...rest.entries];
        const hash = entries.find((e) => e.type === TLV.SHA256);
        const board = entries.find((e) => e.type === TLV.BOARD && e.isProtected);
        const signature = entries.find((e) => e.type in SIGNATURES);
        const digest = new Uint8Array(
            await crypto.subtle.digest("SHA-256", new Uint8Array(buffer, 0, prot.end)));
        const isWhole = hash && hash.value.length === 32 &&
            hash.value.every((b, i) => b === digest[i]);
        if (header.isEncrypted) {
            checkEncrypted(entries, isWhole);
        } else if (!isWhole) {
            fail("The image is damaged: its hash does not match.");
        }
        // What is behind the end is padding, or the signature of a transfer.
        const extra = buffer.byteLength - rest.end;
        return {
            version: header.version,
            isEncrypted: header.isEncrypted,
            board: board ? new TextDecoder().decode(board.value) : "",
            signature: signature ? SIGNATURES[signature.type] : "",
            digest: Array.from(digest, (b) => b.toString(16).padStart(2, "0")).join(""),
            bytes: new Uint8Array(buffer, 0, rest.end),
            transferSignature: extra === OTA.SIG_LEN ? new Uint8Array(buffer, rest.end) : null,
        };
    };

    const crcTable = new Uint32Array(256).map((_, n) => {
        for (let k = 0; k < 8; k++) {
            n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
        }
        return n;
    });

    OTA.crc32 = (bytes) => {
        let crc = 0xffffffff;
        for (const b of bytes) {
            crc = crcTable[(crc ^ b) & 0xff] ^ (crc >>> 8);
        }
        return (crc ^ 0xffffffff) >>> 0;
    };
})();
