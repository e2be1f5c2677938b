/* SPDX-License-Identifier: Apache-2.0 */
/*
 * components.json, the list at the start of an archive with the images of an update:
 *
 *     {"numberOfComponents":"3","version":"1.6.0","files":[
 *     {"fileName":"components.json","fileType": "component_list"},
 *     {"fileName":"app.bin","fileType": "NSPE","fileSize":"10000"},
 *     {"fileName":"tfm.bin","fileType": "SPE","fileSize":"3000"}]}
 *
 * The number counts the list itself. NSPE, the application, is image 0; SPE, the secure firmware,
 * image 1. Numbers may be strings or JSON numbers; members that are not known are passed over.
 */
#ifndef OTA_CODEC_COMPONENTS_H
#define OTA_CODEC_COMPONENTS_H

#include "codec/tar.h"
#include "ota/version.h"

#define OTA_COMPONENTS_NAME "components.json"
#define OTA_COMPONENTS_LEN_MAX 1024u
#define OTA_IMAGES_MAX 2u

struct ota_component {
    char name[OTA_TAR_NAME_MAX + 1];
    uint32_t size; /* bytes, 1 or more */
    bool is_listed;
};

struct ota_components {
    struct ota_version version;
    struct ota_component image[OTA_IMAGES_MAX];
};

/*
 * 0; OTA_EFORMAT if the list is malformed, names a type that is not known, lists a name or an
 * image twice, counts wrong or has no NSPE; OTA_ELIMIT if it has more files than there are images.
 */
int ota_components_parse(const char *text, size_t len, struct ota_components *out);

#endif
