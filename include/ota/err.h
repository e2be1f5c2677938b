/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error values of libota.
 *
 * Functions that can fail return int: zero or a count on success, one of the negative values
 * below on failure. The numbers are stable: they are reported to servers and kept in flash, so a
 * value is never reused and a new one is added at the end.
 */
#ifndef OTA_ERR_H
#define OTA_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, number, text). The text says what happened; who reports it adds to what. */
#define OTA_ERR_MAP(X)                                                                             \
    X(ARG, 1, "invalid argument")                                                                  \
    X(NOSPC, 2, "buffer or device too small")                                                      \
    X(RANGE, 3, "outside of the flash area")                                                       \
    X(ALIGN, 4, "not aligned to the flash unit")                                                   \
    X(FLASH, 5, "flash operation failed")                                                          \
    X(FORMAT, 6, "malformed data")                                                                 \
    X(LIMIT, 7, "more, deeper or larger than supported")                                           \
    X(NOTSUP, 8, "not supported by this build")                                                    \
    X(BUSY, 9, "busy with another operation")                                                      \
    X(NOIMAGE, 10, "slot holds no image")                                                          \
    X(MAGIC, 11, "not an image: wrong header magic")                                               \
    X(SIZE, 12, "image size is wrong or does not fit the slot")                                    \
    X(TLV, 13, "image TLV area is malformed")                                                      \
    X(HASH, 14, "image hash does not match")                                                       \
    X(NOSIG, 15, "image carries no signature by a known key")                                      \
    X(SIG, 16, "image signature is wrong")                                                         \
    X(NOTBOOT, 17, "image is marked as not bootable")                                              \
    X(VERSION, 18, "version is not newer than the running one")                                    \
    X(BOARD, 19, "made for another board")                                                         \
    X(COUNTER, 20, "security counter is missing or too low")                                       \
    X(CRYPTO, 21, "cryptographic library failed")                                                  \
    X(STATE, 22, "slot trailer or swap status is inconsistent")                                    \
    X(CONNECT, 23, "server refuses the connection or is unreachable")                              \
    X(RESOLVE, 24, "host name does not resolve")                                                   \
    X(AUTH, 25, "server refuses the credentials")                                                  \
    X(TLS, 26, "secure connection failed")                                                         \
    X(DROPPED, 27, "connection lost")                                                              \
    X(TIMEOUT, 28, "no answer in time")                                                            \
    X(PROTO, 29, "peer broke the protocol")                                                        \
    X(JOB, 30, "job document is malformed")                                                        \
    X(NOUPDATE, 31, "no update available")                                                         \
    X(TRANSPORT, 32, "transport is not part of this build or not configured")                      \
    X(DATA, 33, "image data not obtained")                                                         \
    X(RESULT, 34, "result could not be delivered")                                                 \
    X(STOPPED, 35, "stopped by the application")                                                   \
    X(REFUSED, 36, "refused by the application")                                                   \
    X(RETRIES, 37, "gave up after the allowed attempts")                                           \
    X(INCOMPLETE, 38, "image is incomplete")                                                       \
    X(ENTROPY, 39, "no randomness available")                                                      \
    X(KEY, 40, "key is malformed or of another type")                                              \
    X(REVERTED, 41, "image was tried and not confirmed; the previous one is back")                 \
    X(BOOTREFUSED, 42, "bootloader did not install the image")                                     \
    X(CERTTIME, 43, "server certificate has expired or is not valid yet")                          \
    X(CERTSELF, 44, "server certificate is self-signed")                                           \
    X(CERTCA, 45, "server certificate is not from a trusted authority")                            \
    X(CERTHOST, 46, "server certificate is for another host")                                      \
    X(GONE, 47, "server does not have the file, or denies it")                                     \
    X(CHANGED, 48, "image on the server changes while it is read")                                 \
    X(REDIRECT, 49, "redirection is refused: too many, or to an insecure place")                   \
    X(LATER, 50, "server asks to come back later")                                                 \
    X(DEPENDS, 51, "another image lacks the version that this one depends on")                     \
    X(DECRYPT, 52, "image is encrypted for another key, or its key is damaged")                    \
    X(RECORD, 53, "server sends larger TLS records than this device takes")

/* The values of OTA_ERR_MAP, by name: ARG is OTA_EARG, -1. Kept: see the top of this file. */
enum ota_err {
    OTA_OK = 0,
#define OTA_ERR_ENUM(name, number, text) OTA_E##name = -(number),
    OTA_ERR_MAP(OTA_ERR_ENUM)
#undef OTA_ERR_ENUM
};

/*
 * Text for an error value, for people. Never NULL; zero and counts give "no error", unknown
 * values "unknown error". Static storage; callable from any context. A build without texts
 * (ota/config.h) has "error" for all.
 */
const char *ota_err_text(int err);

/* Name of an error value as in the source ("OTA_EHASH"); never NULL. Static storage. */
const char *ota_err_name(int err);

#ifdef __cplusplus
}
#endif
#endif
