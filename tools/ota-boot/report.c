/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <jansson.h>

#include "ota/err.h"
#include "ota_boot.h"

static const char *const areas[] = {"primary", "secondary", "scratch",
                                    "status",  "primary2",  "secondary2"};

static json_t *version_json(const struct ota_version *v)
{
    char text[OTA_VERSION_TEXT_MAX];

    (void)ota_version_format(v, text, sizeof text); /* room for any */
    return json_string(text);
}

/* {"error": "OTA_ESIG", "text": "..."}, or null. */
static json_t *error_json(int err)
{
    return err == 0
               ? json_null()
               : json_pack("{s:s, s:s}", "error", ota_err_name(err), "text", ota_err_text(err));
}

static const char *field_name(enum ota_field field, bool is_magic)
{
    if (field == OTA_FIELD_UNSET) {
        return "unset";
    }
    if (field == OTA_FIELD_BAD) {
        return "bad";
    }
    return is_magic ? "good" : "set";
}

static json_t *trailer_json(const struct ota_boot_config *c, uint8_t slot)
{
    struct ota_trailer t;

    if (ota_boot_read_trailer(c, slot, &t) != 0) {
        return json_null();
    }
    return json_pack("{s:s, s:s, s:s}", "magic", field_name(t.magic, true), "copy_done",
                     field_name(t.copy_done, false), "image_ok", field_name(t.image_ok, false));
}

static json_t *slot_json(const struct ota_boot_config *c, uint8_t slot)
{
    struct ota_source src;
    struct ota_image image;
    json_t *o = json_object();
    int rc;

    ota_source_from_area(&src, slot == 0 ? &c->primary : &c->secondary);
    rc = ota_image_parse(&src, &image);
    (void)json_object_set_new(o, "version",
                              rc == 0 ? version_json(&image.header.version) : json_null());
    (void)json_object_set_new(o, "size", rc == 0 ? json_integer(image.tlv_end) : json_null());
    (void)json_object_set_new(o, "trailer", trailer_json(c, slot));
    return o;
}

static json_t *count_json(const struct ota_nor_count *n)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "erases", (json_int_t)n->erases, "writes",
                     (json_int_t)n->writes, "bytes_written", (json_int_t)n->bytes_written,
                     "bytes_erased", (json_int_t)n->bytes_erased);
}

struct cost report_cost(const struct machine *m)
{
    struct cost sum = {0};

    for (size_t i = 0; i < m->board->n_devices; i++) {
        const struct ota_nor *nor = &m->board->devices[i].nor;
        uint32_t wear = ota_nor_wear(nor);

        sum.count.erases += nor->count.erases;
        sum.count.writes += nor->count.writes;
        sum.count.bytes_written += nor->count.bytes_written;
        sum.count.bytes_erased += nor->count.bytes_erased;
        sum.us += nor->busy_us;
        sum.wear = wear > sum.wear ? wear : sum.wear;
    }
    return sum;
}

static json_t *operations_json(const struct machine *m)
{
    struct cost sum = report_cost(m);
    json_t *per_area = json_object();
    json_t *o;

    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        const struct ota_nor_count *n = ota_board_count(m->board, areas[i]);

        if (n != NULL) {
            (void)json_object_set_new(per_area, areas[i], count_json(n));
        }
    }
    o = count_json(&sum.count);
    (void)json_object_set_new(
        o, "total", json_integer((json_int_t)sum.count.erases + (json_int_t)sum.count.writes));
    (void)json_object_set_new(o, "wear", json_integer((json_int_t)sum.wear));
    (void)json_object_set_new(o, "time_us", json_integer((json_int_t)sum.us));
    (void)json_object_set_new(o, "per_area", per_area);
    return o;
}

/* What a boot that was not cut found to start, or why not. */
static void add_image(json_t *o, const struct machine *m)
{
    const struct ota_boot_result *r = &m->boot.boots[0].result;
    bool boots = !m->is_cut && m->rc == 0;

    (void)json_object_set_new(o, "version", boots ? version_json(&r->version) : json_null());
    (void)json_object_set_new(
        o, "slot", boots ? json_string(r->slot == 0 ? "primary" : "secondary") : json_null());
    (void)json_object_set_new(o, "image_offset", boots ? json_integer(r->image_off) : json_null());
    (void)json_object_set_new(o, "entry_offset", boots ? json_integer(r->entry_off) : json_null());
    (void)json_object_set_new(o, "error", m->is_cut ? json_null() : error_json(m->rc));
}

/* The second image of a board that has one. */
static json_t *second_json(const struct machine *m)
{
    const struct ota_boot_result *r = &m->boot.boots[1].result;
    bool boots = !m->is_cut && m->rc == 0;

    return json_pack("{s:s, s:o, s:o, s:{s:o, s:o}}", "swap_type", ota_tool_swap_type_name(r->type),
                     "refused", error_json(r->refused), "version",
                     boots ? version_json(&r->version) : json_null(), "slots", "primary",
                     slot_json(&m->loader.second, 0), "secondary", slot_json(&m->loader.second, 1));
}

int report_json(const struct machine *m, FILE *f)
{
    const struct ota_boot_result *r = &m->boot.boots[0].result;
    const char *outcome = m->rc == 0 ? "boots" : "refuses";
    json_t *o = json_object();
    int rc;

    (void)json_object_set_new(o, "board", json_string(m->board->name));
    (void)json_object_set_new(o, "mode", json_string(m->board->boot.mode));
    (void)json_object_set_new(o, "result", json_string(m->is_cut ? "cut" : outcome));
    (void)json_object_set_new(o, "swap_type", json_string(ota_tool_swap_type_name(r->type)));
    (void)json_object_set_new(o, "resumed", json_boolean(r->is_resumed));
    (void)json_object_set_new(o, "forced", json_boolean(r->is_forced));
    (void)json_object_set_new(o, "refused", error_json(r->refused));
    add_image(o, m);
    (void)json_object_set_new(o, "slots",
                              json_pack("{s:o, s:o}", "primary", slot_json(&m->loader.config, 0),
                                        "secondary", slot_json(&m->loader.config, 1)));
    if (m->loader.second.mode != NULL) {
        (void)json_object_set_new(o, "second", second_json(m));
    }
    (void)json_object_set_new(o, "operations", operations_json(m));
    rc = json_dumpf(o, f, JSON_COMPACT);
    json_decref(o);
    return rc == 0 && fputc('\n', f) != EOF && fflush(f) == 0 ? 0 : -1;
}
