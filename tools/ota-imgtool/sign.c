/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-imgtool/sign.h"

#include <stdlib.h>
#include <string.h>

#include "codec/trailer.h"
#include "common/signature.h"
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
        data.len =
            o->recipe.pad && o->recipe.vector == VECTOR_NONE ? o->recipe.slot_size : image->len;
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

/* What the options name. */
struct inputs {
    struct imgtool_file file;
    struct ota_tool_key key;
    struct ota_tool_key encrypt_to;
    uint8_t sig[OTA_SIG_LEN_MAX];
};

/* Keys and signature. 0, or IMGTOOL_FAILED with a message. */
static int load_keys(struct sign_options *o, struct inputs *in)
{
    struct recipe *r = &o->recipe;
    const char *key = o->key != NULL ? o->key : o->fixed_sig_pubkey;
    struct ota_tool_why why;

    if (key != NULL && ota_tool_key_load(&in->key, key, NULL, &why) != 0) {
        return imgtool_fail("%s", why.text);
    }
    r->key = key != NULL ? &in->key : NULL;
    if (o->fixed_sig != NULL) {
        int len = ota_tool_signature_read(o->fixed_sig, in->key.pub.type, in->sig, &why);

        if (len < 0) {
            return imgtool_fail("%s", why.text);
        }
        r->fixed_sig = in->sig;
        r->fixed_sig_len = (size_t)len;
    }
    if (o->encrypt_to == NULL) {
        return 0;
    }
    if (ota_tool_key_load(&in->encrypt_to, o->encrypt_to, NULL, &why) != 0) {
        return imgtool_fail("%s", why.text);
    }
    if (in->encrypt_to.pub.type != OTA_SIG_ECDSA_P256) {
        return imgtool_fail("%.*s is of type %s: images are encrypted for ecdsa-p256 keys",
                            ota_tool_key_name_len(o->encrypt_to), o->encrypt_to,
                            ota_tool_key_type_name(in->encrypt_to.pub.type));
    }
    r->encrypt_to = &in->encrypt_to;
    return 0;
}

static int write_signature(const struct sign_options *o, const struct built *image)
{
    struct ota_tool_why why;

    if (o->sig_out == NULL ||
        ota_tool_signature_write(o->sig_out, image->sig, image->sig_len, &why) == 0) {
        return 0;
    }
    return imgtool_fail("%s", why.text);
}

int imgtool_sign(int argc, char **argv)
{
    struct sign_options o;
    struct inputs in;
    struct built image = {.data = NULL};
    int rc = sign_parse(argc, argv, &o);

    if (rc >= 0) {
        return rc;
    }
    memset(&in, 0, sizeof in);
    rc = load_keys(&o, &in);
    if (rc == 0) {
        rc = imgtool_load(o.in, &in.file);
    }
    if (rc == 0) {
        rc = build_image(&o.recipe, &in.file, &image);
    }
    if (rc == 0) {
        imgtool_detail("%s: header %u bytes, image %zu bytes with TLVs, %s", o.out,
                       (unsigned)o.recipe.header.header_size, image.len,
                       o.key != NULL || o.fixed_sig != NULL ? "signed" : "not signed");
        rc = write_signature(&o, &image);
    }
    if (rc == 0) {
        rc = write_output(&o, &in.file, &image);
    }
    free(image.data);
    free(in.file.data);
    ota_tool_key_free(&in.encrypt_to);
    ota_tool_key_free(&in.key);
    return rc;
}
