/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions of images: major.minor.revision+build.
 *
 * One type for the three places where a version travels: the image header (8, 8, 16 and 32 bits),
 * job documents (text) and chunk headers (three 16-bit numbers; their "build" is our revision).
 */
#ifndef OTA_VERSION_H
#define OTA_VERSION_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The fields in the order of their weight. Each place has limits of its own: the image header keeps
 * 8 bits of major and minor, chunk headers 16 bits of everything and no build.
 */
struct ota_version {
    uint16_t major;    /* 0 to 255 in an image */
    uint16_t minor;    /* 0 to 255 in an image */
    uint16_t revision; /* 0 to 65535 */
    uint32_t build;    /* does not count when versions are compared */
};

/* Room for any version as text, with the terminating NUL. */
#define OTA_VERSION_TEXT_MAX 30

/*
 * Orders two versions by major, minor and revision; the build number is ignored, as MCUboot does.
 * Negative, zero or positive as a is older, equal or newer than b.
 */
int ota_version_compare(const struct ota_version *a, const struct ota_version *b);

/*
 * Reads "major.minor.revision" with an optional "+build" from len bytes of text; minor and
 * revision may be left out and are then zero. Decimal digits only, each number up to 65535 (build
 * up to 4294967295). 0, or OTA_EFORMAT and *out unchanged.
 */
int ota_version_parse(const char *text, size_t len, struct ota_version *out);

/*
 * Writes "major.minor.revision", and "+build" unless it is zero, with a terminating NUL.
 * Returns the length without NUL, or OTA_ENOSPC.
 */
int ota_version_format(const struct ota_version *v, char *buf, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
