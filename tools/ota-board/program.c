/* SPDX-License-Identifier: Apache-2.0 */
/* ota-board program: an image into a slot, as a debug probe does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bootloader.h"
#include "ota/err.h"
#include "ota/slot.h"
#include "ota_board.h"

struct file {
    uint8_t *data;
    size_t len;
};

/* Reads a file of at most max bytes. 0 or EXIT_FAILED after a message. */
static int read_file(const char *path, size_t max, struct file *out)
{
    FILE *f = fopen(path, "rb");

    if (f == NULL) {
        return complain("%s: %s", path, strerror(errno));
    }
    out->data = malloc(max + 1);
    if (out->data == NULL) {
        (void)fclose(f);
        return complain("no memory");
    }
    out->len = fread(out->data, 1, max + 1, f);
    if (ferror(f)) {
        (void)fclose(f);
        return complain("%s: cannot be read", path);
    }
    (void)fclose(f);
    if (out->len > max) {
        return complain("%s: larger than the slot (%zu bytes)", path, max);
    }
    if (out->len == 0) {
        return complain("%s: is empty", path);
    }
    return EXIT_OK;
}

/* What a bootloader of this board could never start is a mistake, unless it is wanted. */
static int check_image(const struct ota_board *b, const struct options *o, const struct file *file)
{
    const char *path = o->args[0];
    bool is_second = strchr(o->slot, '2') != NULL;
    uint32_t most = is_second ? ota_tool_max_second(b) : ota_tool_max_image(b);
    struct ota_source source;
    struct ota_image image;
    int rc;

    ota_source_from_memory(&source, file->data, (uint32_t)file->len);
    rc = ota_image_parse(&source, &image);
    if (rc != 0) {
        return complain("%s: %s; sign it with ota-imgtool, or write it as it is with --raw", path,
                        ota_err_text(rc));
    }
    if (!is_second && image.header.header_size != b->header_size) {
        return complain("%s: has a header of %u bytes, the board needs %u (ota-imgtool sign -H)",
                        path, (unsigned)image.header.header_size, (unsigned)b->header_size);
    }
    if (image.tlv_end > most) {
        return complain("%s: %u bytes are more than board %s can install (%u)", path,
                        (unsigned)image.tlv_end, b->name, (unsigned)most);
    }
    return EXIT_OK;
}

static int erase_devices(const struct ota_board *b)
{
    for (size_t i = 0; i < b->n_devices; i++) {
        const struct ota_flash *f = &b->devices[i].flash;

        for (uint32_t off = 0; off < f->size; off += f->erase_size) {
            if (f->ops->erase(f, off) != 0) {
                return complain("cannot erase: %s", ota_board_fault(b));
            }
        }
    }
    return EXIT_OK;
}

static int write_image(const struct ota_board *b, const struct options *o, const struct file *file)
{
    struct ota_slot slot;
    int rc = ota_board_program(b, o->slot, file->data, file->len);

    /* What the bootloader noted about the image that ran there does not hold for this one. */
    if (rc == 0 && strncmp(o->slot, "primary", 7) == 0 &&
        strcmp(b->boot.mode, "swap-status-scratch") == 0) {
        rc = ota_board_erase(b, "status");
    }
    if (rc == 0 && o->mark != NULL) {
        rc = ota_board_slot(b, o->slot, &slot);
        rc = rc == 0 ? ota_slot_set_pending(&slot, strcmp(o->mark, "permanent") == 0) : rc;
    }
    if (rc != 0) {
        return complain("cannot write the %s slot: %s (%s)", o->slot, ota_err_text(rc),
                        ota_board_fault(b));
    }
    return EXIT_OK;
}

static int program(const struct ota_board *b, const struct options *o, struct file *file)
{
    struct ota_area area = {0};
    int rc = EXIT_OK;

    if (o->slot != NULL) {
        if (ota_board_area(b, o->slot, &area) != 0) {
            return complain("board %s has no %s slot", b->name, o->slot);
        }
        if (o->mark != NULL && strncmp(o->slot, "primary", 7) == 0 &&
            strcmp(b->boot.mode, "direct-xip-revert") != 0) {
            return complain("--mark is for an image in the secondary slot");
        }
        rc = read_file(o->args[0], area.size, file);
        if (rc == EXIT_OK && !o->raw) {
            rc = check_image(b, o, file);
        }
    }
    if (rc == EXIT_OK && o->erase_all) {
        rc = erase_devices(b);
    }
    if (rc == EXIT_OK && o->slot != NULL) {
        rc = write_image(b, o, file);
    }
    return rc;
}

int command_program(const struct options *o)
{
    struct ota_board *b = load_board(o);
    struct file file = {0};
    int rc = b == NULL ? EXIT_FAILED : open_flash(b, o, false);

    if (rc == EXIT_OK) {
        rc = program(b, o, &file);
    }
    free(file.data);
    ota_board_free(b);
    return rc;
}
