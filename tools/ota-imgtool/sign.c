/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-imgtool/sign.h"

#include <stdlib.h>
#include <string.h>

#include "codec/trailer.h"
#include "ota-imgtool/hex.h"

/* Address of the image in hex output. 0 or an exit code. */
static int find_base(const struct sign_options *o, const struct imgtool_file *in, uint32_t *base)
{
    const struct recipe *r = &o->recipe;
    uint32_t header = r->pad_header ? r->header.header_size : 0;

    if (o->has_hex_addr) {
        *base = o->hex_addr;
    } else if (!in->has_base) {
        return imgtool_misuse("sign", "%s is no Intel HEX file: -x ADDRESS is needed for %s", o->in,
                              o->out);
    } else if (in->base != 0 && in->base < header) {
        return imgtool_fail("no room for a header before address 0x%x", (unsigned)in->base);
    } else {
        /* An input at address zero keeps it, and the header lies there. */
        *base = in->base != 0 ? in->base - header : 0;
    }
    if (r->slot_size - 1 > UINT32_MAX - *base) {
        return imgtool_fail("a slot at 0x%x would lead beyond 32 bits", (unsigned)*base);
    }
    return 0;
}

/* Image, and if it is padded the two fields of the trailer: nothing in between. */
static int to_hex(const struct recipe *r, const struct built *image, uint32_t base,
                  struct ota_tool_file_data *out)
{
    struct hex_segment segments[3] = {{base, image->data, image->len}};
    uint8_t trailer[OTA_TRAILER_LEN_MAX];
    uint32_t end = base + (r->slot_size - 1);
    uint32_t back = build_image_ok_back(r);
    size_t n = 1;
    char *text;

    if (r->pad) {
        memset(trailer, r->erased, sizeof trailer);
        build_trailer(r, trailer + sizeof trailer);
        if (r->confirm && !r->overwrite_only) {
            segments[n++] = (struct hex_segment){end - (back - 1), trailer + sizeof trailer - back,
                                                 r->max_align};
        }
        segments[n++] = (struct hex_segment){end - (OTA_TRAILER_MAGIC_LEN - 1),
                                             trailer + sizeof trailer - OTA_TRAILER_MAGIC_LEN,
                                             OTA_TRAILER_MAGIC_LEN};
    }
    if (hex_write(segments, n, &text, &out->len) != 0) {
        return imgtool_fail("out of memory");
    }
    out->bytes = text;
    return 0;
}

static int write_output(const struct sign_options *o, const struct imgtool_file *in,
                        const struct built *image)
{
    static const struct ota_tool_file_mode mode = {.is_secret = false};
    struct ota_tool_file_data data = {image->data, image->len};
    struct ota_tool_why why;
    uint32_t base = 0;
    int rc = 0;

    if (!imgtool_is_hex(o->out)) {
        data.len = o->recipe.pad ? o->recipe.slot_size : image->len;
    } else if ((rc = find_base(o, in, &base)) != 0 ||
               (rc = to_hex(&o->recipe, image, base, &data)) != 0) {
        return rc;
    }
    if (ota_tool_file_write(o->out, &data, &mode, &why) != 0) {
        rc = imgtool_fail("%s", why.text);
    }
    if (data.bytes != image->data) {
        free((void *)data.bytes);
    }
    return rc;
}

int imgtool_sign(int argc, char **argv)
{
    struct sign_options o;
    struct imgtool_file in = {.data = NULL};
    struct built image = {.data = NULL};
    struct ota_tool_key key = {.pkey = NULL};
    struct ota_tool_why why;
    int rc = sign_parse(argc, argv, &o);

    if (rc >= 0) {
        return rc;
    }
    if (o.key != NULL && ota_tool_key_load(&key, o.key, NULL, &why) != 0) {
        return imgtool_fail("%s", why.text);
    }
    o.recipe.key = o.key != NULL ? &key : NULL;
    rc = imgtool_load(o.in, &in);
    if (rc == 0) {
        rc = build_image(&o.recipe, &in, &image);
    }
    if (rc == 0) {
        rc = write_output(&o, &in, &image);
    }
    free(image.data);
    free(in.data);
    ota_tool_key_free(&key);
    return rc;
}
