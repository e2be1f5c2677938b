/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a platform provides: flash, cryptography, and the few services of the agent.
 *
 * A port fills these structures with functions; the library calls them and nothing else. No
 * function here is called from an interrupt, and one object is used by one thread at a time.
 */
#ifndef OTA_PORT_H
#define OTA_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Flash ------------------------------------------------------------------------------ */

struct ota_flash;

/* The erase unit that holds an offset of a device. */
struct ota_flash_unit {
    uint32_t off;  /* first byte, from the start of the device */
    uint32_t size; /* bytes */
};

/*
 * Operations of one flash device. Offsets count bytes from the start of the device. The library
 * has checked range and alignment before it calls; a failing operation returns a negative
 * ota_err (OTA_EFLASH if nothing fits better), never a positive value.
 */
struct ota_flash_ops {
    /* Reads len bytes at off. Any offset and length inside of the device. */
    int (*read)(const struct ota_flash *flash, uint32_t off, void *buf, size_t len);
    /* Programs len bytes at off; both are multiples of write_size. On a device without
     * OTA_FLASH_REWRITE the target is erased. */
    int (*write)(const struct ota_flash *flash, uint32_t off, const void *buf, size_t len);
    /* Erases the one unit that starts at off. */
    int (*erase)(const struct ota_flash *flash, uint32_t off);
    /* Optional (NULL): returns once everything written before is durable. */
    int (*sync)(const struct ota_flash *flash);
    /* Optional (NULL: all units have erase_size bytes): tells the unit that holds off. */
    int (*unit)(const struct ota_flash *flash, uint32_t off, struct ota_flash_unit *out);
};

/* A write replaces the whole write unit, whatever it held (PSoC 6 internal flash). */
#define OTA_FLASH_REWRITE 0x01u
/* A write unit may be programmed again with what it holds, or with bytes that only program more
 * bits. Most NOR flash without ECC allows it. After a power cut in the middle of a write its bits
 * may read differently each time; this is how the library makes firm what it is about to rely on.
 */
#define OTA_FLASH_REFRESH 0x02u

/*
 * One flash device: what it can do and how it is divided. Constant once it is in use; every area of
 * the device points to it.
 */
struct ota_flash {
    const struct ota_flash_ops *ops; /* the driver */
    void *ctx;                       /* the port's own */
    uint32_t size;                   /* bytes of the device */
    uint32_t erase_size; /* bytes of an erase unit; 1 or more, a multiple of write_size */
    uint32_t write_size; /* bytes of a write unit, a power of two from 1 to 512 */
    uint8_t erased;      /* what an erased byte reads as: 0xff or 0x00 */
    uint8_t flags;       /* OTA_FLASH_* */
};

/* A part of a device: a slot, the scratch area, a record log. Offsets into it start at zero. */
struct ota_area {
    const struct ota_flash *flash; /* the device; stays valid */
    uint32_t off;                  /* first byte on the device */
    uint32_t size;                 /* bytes */
};

/* ---- Cryptography ----------------------------------------------------------------------- */

/* Signature types of images; the values are the TLV types of the MCUboot format. */
enum ota_sig_type {
    OTA_SIG_NONE = 0x00, /* hash only */
    OTA_SIG_RSA2048 = 0x20,
    OTA_SIG_ECDSA_P256 = 0x22,
    OTA_SIG_RSA3072 = 0x23,
    OTA_SIG_ED25519 = 0x24,
};

#define OTA_SHA256_LEN 32u /* bytes */

/* What one call of ota_crypto_ops.sha256 does. */
enum ota_hash_step {
    OTA_HASH_INIT,   /* begins a new SHA-256, dropping an unfinished one; data is not used */
    OTA_HASH_UPDATE, /* adds len bytes of data */
    OTA_HASH_FINISH, /* writes the digest; data is not used */
};

/*
 * The two functions a port implements over its cryptographic library. Both return 0 or a negative
 * ota_err; they may take long (a signature check on a Cortex-M4: some 100 ms) but do not wait.
 */
struct ota_crypto_ops {
    /*
     * One step of a SHA-256 computation whose state lives in ctx; there is one at a time per
     * ctx. digest is written by OTA_HASH_FINISH and may be NULL before. OTA_ECRYPTO on failure.
     */
    int (*sha256)(void *ctx, enum ota_hash_step step, const void *data, size_t len,
                  uint8_t digest[OTA_SHA256_LEN]);
    /*
     * Checks a signature over a SHA-256 digest. key is the public key as MCUboot embeds it:
     * PKCS#1 RSAPublicKey for RSA, SubjectPublicKeyInfo for the others (DER). RSA is PSS with
     * MGF1-SHA-256 and a 32-byte salt; ECDSA is DER, possibly followed by zero bytes; Ed25519
     * signs the digest as its message. 0 only if the signature is right; OTA_ESIG if it is
     * wrong, OTA_EKEY if the key cannot be used, OTA_ENOTSUP for a type the library lacks.
     */
    int (*verify)(void *ctx, enum ota_sig_type type, const uint8_t *key, size_t key_len,
                  const uint8_t digest[OTA_SHA256_LEN], const uint8_t *sig, size_t sig_len);
};

/* Cryptography as the library takes it. */
struct ota_crypto {
    const struct ota_crypto_ops *ops; /* the port's functions */
    void *ctx;                        /* goes to each of them */
};

/* Key of an encrypted image. A secret: wiped after use, never logged. */
struct ota_image_key {
    uint8_t bytes[32]; /* the first len of them count */
    uint8_t len;       /* 16 (AES-128) or 32 (AES-256) */
};

/*
 * Optional, for encrypted images: the two functions a port implements with the private key that
 * images are encrypted for. Both return 0 or a negative ota_err.
 */
struct ota_cipher_ops {
    /*
     * Opens the TLV that carries an image's key; key->len is set. type: OTA_TLV_ENC_*. OTA_ENOTSUP
     * for a type that the port lacks, OTA_ETLV if len does not fit type and key, OTA_EDECRYPT if
     * it was made for another private key or changed, OTA_EKEY if the private key is of a type
     * that opens none, OTA_ECRYPTO if the library failed.
     */
    int (*unwrap)(void *ctx, uint16_t type, const uint8_t *tlv, size_t len,
                  struct ota_image_key *key);
    /*
     * Encrypts or decrypts, which is the same, len bytes that lie off bytes behind the start of a
     * payload: AES-CTR, whose counter block is big-endian and 0 for the payload's first 16 bytes.
     * off is any number. OTA_ECRYPTO.
     */
    int (*ctr)(void *ctx, const struct ota_image_key *key, uint32_t off, void *buf, size_t len);
};

/* Decryption as the library takes it. */
struct ota_cipher {
    const struct ota_cipher_ops *ops; /* the port's functions */
    void *ctx;                        /* goes to each of them */
};

/* ---- System ------------------------------------------------------------------------------ */

/* Services that the agent needs besides flash, cryptography and a network client. */
struct ota_system_ops {
    /* Milliseconds since some fixed moment, never going back. */
    uint64_t (*now_ms)(void *ctx);
    /* Fills buf with len unpredictable bytes. 0 or OTA_EENTROPY; there is no fallback. */
    int (*random)(void *ctx, void *buf, size_t len);
    /* Restarts the device so that the bootloader runs. May return (a simulator's does). */
    void (*reset)(void *ctx);
    /* For ota_run only, else NULL: sleeps up to ms, or until the network has something for the
     * agent or wake is called. */
    void (*wait)(void *ctx, uint32_t ms);
    /* Optional (NULL): ends a wait early. Any thread, any context. */
    void (*wake)(void *ctx);
};

/* Services as the agent takes them. */
struct ota_system {
    const struct ota_system_ops *ops; /* the port's functions */
    void *ctx;                        /* goes to each of them */
};

#ifdef __cplusplus
}
#endif
#endif
