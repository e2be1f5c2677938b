/* SPDX-License-Identifier: Apache-2.0 */
/* ota-ble: updates a device over Bluetooth LE. See docs/man/ota-ble.1. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/archive_file.h"
#include "common/crypto_openssl.h"
#include "common/file.h"
#include "common/image_file.h"
#include "common/log.h"
#include "common/number.h"
#include "common/stop.h"
#include "ota-ble/update.h"
#include "ota/err.h"
#include "ota/gatt.h"

#define IMAGE_MAX ((size_t)64 << 20)
#define CONNECT_MS 30000u

struct options {
    const char *adapter;
    const char *device;
    const char *command;
    const char *image;
    const char *sign_key;
    unsigned scan_s;
    bool is_json;
    bool is_quiet;
    bool is_verbose;
    bool is_forced;
    struct update_config update;
};

static void print_help(void)
{
    (void)printf(
        "Usage: ota-ble [options] scan | info | update IMAGE | abort\n"
        "Updates a device over Bluetooth LE, through BlueZ.\n"
        "\n"
        "  scan                   list the devices that take updates\n"
        "  info                   tell what a device is and runs\n"
        "  update IMAGE           send a signed image, or an archive of images, have it verified\n"
        "                         and installed\n"
        "  abort                  end a transfer that a device still waits for\n"
        "\n"
        "  -d, --device NAME      the device's name or address (default: the only one)\n"
        "  -a, --adapter NAME     Bluetooth adapter (default hci0)\n"
        "  -s, --sign KEY         sign the transfer (secure service): private key, PEM\n"
        "      --from-start       do not go on with an earlier transfer\n"
        "      --with-response    wait for each write, as the original's peers do\n"
        "      --block BYTES      bytes of a write, 1 to 512 (default: what fits)\n"
        "      --force            send an image that is made for another board\n"
        "      --time SECONDS     look for devices so long, 1 to 300 (default 10)\n"
        "  -j, --json             one JSON object instead of text\n"
        "  -q, --quiet            no progress\n"
        "  -v, --verbose          each command and answer, with time stamps\n"
        "      --help, --version\n"
        "\n"
        "Ctrl-C aborts the transfer. Exit status: 0 done, 1 failed, 2 wrong usage.\n");
}

/* ---- Command line -----------------------------------------------------------------------------*/

static bool take_option(struct options *o, int option)
{
    unsigned n;

    switch (option) {
    case 'd':
        o->device = optarg;
        return true;
    case 'a':
        o->adapter = optarg;
        return true;
    case 's':
        o->sign_key = optarg;
        return true;
    case 'F':
        o->update.from_start = true;
        return true;
    case 'R':
        o->update.with_response = true;
        return true;
    case 'B':
        if (tool_take_number("--block", optarg, OTA_GATT_VALUE_MAX, &n) != 0) {
            return false;
        }
        o->update.block = (uint16_t)n;
        return true;
    case 'f':
        o->is_forced = true;
        return true;
    case 't':
        return tool_take_number("--time", optarg, 300, &o->scan_s) == 0;
    case 'j':
        o->is_json = true;
        return true;
    case 'q':
        o->is_quiet = true;
        return true;
    case 'v':
        o->is_verbose = true;
        return true;
    default:
        tool_error("see ota-ble --help");
        return false;
    }
}

static bool take_command(struct options *o, int argc, char **argv)
{
    static const char *const commands[] = {"scan", "info", "update", "abort"};

    o->command = optind < argc ? argv[optind] : "";
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        int n_args = strcmp(commands[i], "update") == 0 ? 2 : 1;

        if (strcmp(o->command, commands[i]) == 0) {
            if (argc - optind != n_args) {
                tool_error("%s takes %s; see ota-ble --help", o->command,
                           n_args == 2 ? "one image" : "no argument");
                return false;
            }
            o->image = n_args == 2 ? argv[optind + 1] : NULL;
            return true;
        }
    }
    tool_error("what to do? scan, info, update IMAGE or abort; see ota-ble --help");
    return false;
}

/* 0 to go on; else the exit status is *status. */
static bool parse(struct options *o, int argc, char **argv, int *status)
{
    static const struct option names[] = {
        {"device", required_argument, NULL, 'd'},  {"adapter", required_argument, NULL, 'a'},
        {"sign", required_argument, NULL, 's'},    {"from-start", no_argument, NULL, 'F'},
        {"with-response", no_argument, NULL, 'R'}, {"block", required_argument, NULL, 'B'},
        {"force", no_argument, NULL, 'f'},         {"time", required_argument, NULL, 't'},
        {"json", no_argument, NULL, 'j'},          {"quiet", no_argument, NULL, 'q'},
        {"verbose", no_argument, NULL, 'v'},       {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},       {NULL, 0, NULL, 0}};
    int option;

    *status = 2;
    o->adapter = "hci0";
    o->scan_s = 10;
    while ((option = getopt_long(argc, argv, "d:a:s:jqvh", names, NULL)) != -1) {
        if (option == 'h' || option == 'V') {
            if (option == 'h') {
                print_help();
            } else {
                (void)printf("ota-ble %s\n", OTA_TOOL_VERSION);
            }
            *status = 0;
            return false;
        }
        if (!take_option(o, option)) {
            return false;
        }
    }
    return take_command(o, argc, argv);
}

/* ---- Output -----------------------------------------------------------------------------------*/

static void print_json(json_t *object)
{
    (void)json_dumpf(object, stdout, JSON_COMPACT);
    (void)putchar('\n');
    json_decref(object);
}

static int failed(const struct options *o, const struct central *c, int err)
{
    if (o->is_json) {
        print_json(json_pack("{s:s, s:s, s:s}", "result", "failed", "error", ota_err_name(err),
                             "reason", c->why[0] != '\0' ? c->why : ota_err_text(err)));
    } else {
        tool_error("%s%s%s", ota_err_text(err), c->why[0] != '\0' ? ": " : "", c->why);
    }
    return 1;
}

static void show_progress(void *arg, uint32_t done, uint32_t total)
{
    static unsigned shown = 101;
    unsigned percent = (unsigned)((uint64_t)done * 100 / total);
    const struct options *o = arg;

    if (!o->is_quiet && !o->is_json && percent != shown) {
        shown = percent;
        fprintf(stderr, "\r%3u %%  %u of %u bytes", percent, (unsigned)done, (unsigned)total);
        if (done == total) {
            fputc('\n', stderr);
        }
    }
}

/* ---- Image ------------------------------------------------------------------------------------*/

struct image {
    uint8_t *data;
    size_t len;
    struct ota_version version;
    char board[OTA_BOARD_MAX]; /* "": it does not say */
    bool is_archive;
};

static int load_archive(const struct options *o, struct image *image, const struct ota_source *src)
{
    struct ota_tool_why why;
    struct archive_file a;
    int rc = archive_file_check(&a, src, NULL, &why);

    if (rc != 0) {
        tool_error("%s: is an archive that %s", o->image, why.text);
        return rc;
    }
    image->is_archive = true;
    image->version = a.list.version;
    (void)snprintf(image->board, sizeof image->board, "%s", a.board);
    return 0;
}

static int load_image(const struct options *o, struct image *image)
{
    struct ota_tool_why why;
    struct ota_image info;
    struct ota_source src;
    int rc = ota_tool_file_read(o->image, IMAGE_MAX, &image->data, &image->len, &why);

    if (rc != 0) {
        tool_error("%s", why.text);
        return rc;
    }
    ota_source_from_memory(&src, image->data, (uint32_t)image->len);
    if (archive_file_is(&src)) {
        return load_archive(o, image, &src);
    }
    rc = image_source_check(&src, NULL, &info);
    if (rc == 0) {
        image->version = info.header.version;
        (void)image_source_board(&src, &info, image->board, sizeof image->board);
        /* What a padded image has behind its end is of no use to the device. */
        image->len = info.tlv_end;
    } else {
        tool_error("%s: %s; it takes an image that ota-imgtool has signed", o->image,
                   image_file_why(rc, &info));
    }
    return rc;
}

/* An INTEGER of DER as 32 bytes. Where the next one begins. */
static const uint8_t *take_integer(const uint8_t *der, uint8_t *out)
{
    size_t len = der[1]; /* NOLINT(clang-analyzer-core.uninitialized.Assign): libcrypto wrote it */
    const uint8_t *number = der + 2;

    while (len > 32) {
        number++;
        len--;
    }
    memset(out, 0, 32 - len);
    memcpy(out + 32 - len, number, len);
    return number + len;
}

/* Puts the transfer's signature behind the image. */
static int sign_transfer(const struct options *o, struct image *image)
{
    struct ota_tool_crypto c;
    struct ota_crypto crypto;
    struct ota_tool_key key;
    struct ota_tool_why why;
    uint8_t digest[OTA_SHA256_LEN];
    uint8_t der[OTA_SIG_LEN_MAX];
    uint8_t *grown;
    int rc = ota_tool_key_load(&key, o->sign_key, NULL, &why);

    if (rc != 0) {
        tool_error("%s", why.text);
        return rc;
    }
    rc = key.pub.type != OTA_SIG_ECDSA_P256 ? OTA_EKEY : ota_tool_crypto_init(&c, &crypto);
    if (rc == 0) {
        rc = crypto.ops->sha256(crypto.ctx, OTA_HASH_INIT, NULL, 0, NULL);
        if (rc == 0) {
            rc = crypto.ops->sha256(crypto.ctx, OTA_HASH_UPDATE, image->data, image->len, NULL);
        }
        if (rc == 0) {
            rc = crypto.ops->sha256(crypto.ctx, OTA_HASH_FINISH, NULL, 0, digest);
        }
        ota_tool_crypto_free(&c);
    }
    if (rc == 0) {
        rc = ota_tool_key_sign(&key, digest, der, sizeof der);
    }
    ota_tool_key_free(&key);
    if (rc < 0) {
        tool_error("%s: %s; the transfer is signed with a private ECDSA-P256 key", o->sign_key,
                   ota_err_text(rc));
        return rc;
    }
    grown = realloc(image->data, image->len + OTA_GATT_SIG_LEN);
    if (grown == NULL) {
        return OTA_ENOSPC;
    }
    image->data = grown;
    (void)take_integer(take_integer(der + 2, grown + image->len), grown + image->len + 32);
    image->len += OTA_GATT_SIG_LEN;
    return 0;
}

/* ---- Commands ---------------------------------------------------------------------------------*/

static int scan(const struct options *o, struct central *c)
{
    json_t *list = json_array();
    int rc = central_scan(c, NULL, o->scan_s * 1000);
    unsigned n = 0;

    for (unsigned i = 0; rc == 0 && i < c->n_devices; i++) {
        const struct central_device *d = &c->devices[i];
        char name[64];

        if (!d->is_ours) {
            continue;
        }
        n++;
        if (o->is_json) {
            (void)json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:b}", "address",
                                                        d->address, "name", d->name, "rssi",
                                                        (int)d->rssi, "secure", d->is_secure));
        } else {
            (void)printf("%s  %4d dBm  %s%s\n", d->address, d->rssi,
                         tool_printable(name, sizeof name, d->name),
                         d->is_secure ? "  (secure)" : "");
        }
    }
    if (rc != 0) {
        json_decref(list);
        return failed(o, c, rc);
    }
    if (o->is_json) {
        print_json(list);
    } else {
        json_decref(list);
        if (n == 0) {
            tool_log("no device that takes updates in %u seconds", o->scan_s);
        }
    }
    return 0;
}

/* Finds the device and connects. */
static int reach(const struct options *o, struct central *c)
{
    const struct central_device *d = central_find(c, o->device);
    int rc = 0;

    if (d == NULL) {
        rc = central_scan(c, o->device, o->scan_s * 1000);
        d = rc == 0 ? central_find(c, o->device) : NULL;
    }
    if (d == NULL) {
        return rc != 0 ? rc : OTA_ECONNECT;
    }
    rc = central_connect(c, d, CONNECT_MS);
    return rc != 0 ? rc : central_subscribe(c);
}

static int show_info(const struct options *o, struct central *c)
{
    struct ota_gatt_info info;
    char board[OTA_BOARD_MAX];
    char name[64];
    char version[OTA_VERSION_TEXT_MAX];
    int rc = update_read_info(c, &info, board);

    if (rc != 0) {
        return failed(o, c, rc);
    }
    (void)ota_version_format(&info.version, version, sizeof version);
    if (o->is_json) {
        print_json(json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:i, s:s}", "address",
                             c->device.address, "name", c->device.name, "board", board, "version",
                             version, "secure", (info.flags & OTA_GATT_INFO_SECURE) != 0, "mtu",
                             (int)info.mtu, "stored", (int)info.stored, "total", (int)info.total,
                             "last_error", info.err == 0 ? "" : ota_err_name(info.err)));
        return 0;
    }
    (void)printf("%s  %s\nboard        %s\nversion      %s\nservice      %s\nMTU          %u\n",
                 c->device.address, tool_printable(name, sizeof name, c->device.name), board,
                 version, (info.flags & OTA_GATT_INFO_SECURE) != 0 ? "secure" : "plain",
                 (unsigned)info.mtu);
    if (info.stored > 0) {
        (void)printf("unfinished   %u of %u bytes\n", (unsigned)info.stored, (unsigned)info.total);
    }
    if (info.err != 0) {
        (void)printf("last error   %s\n", ota_err_text(info.err));
    }
    return 0;
}

/* True if this image is not for this device, and that was told. */
static bool is_mismatch(const struct options *o, struct central *c, const struct image *image)
{
    struct ota_gatt_info info;
    char board[OTA_BOARD_MAX];

    if (c->device.is_secure != (o->sign_key != NULL)) {
        (void)snprintf(c->why, sizeof c->why, "%s",
                       c->device.is_secure ? "it wants a signed transfer: give the key with --sign"
                                           : "it wants no signed transfer: leave --sign out");
        return true;
    }
    if (c->device.is_secure && image->is_archive) {
        (void)snprintf(c->why, sizeof c->why, "%s",
                       "the secure service takes single images, no archives");
        return true;
    }
    if (o->is_forced || image->board[0] == '\0' || update_read_info(c, &info, board) != 0 ||
        strcmp(image->board, board) == 0) {
        return false;
    }
    (void)snprintf(c->why, sizeof c->why, "the image is made for %s, the device is a %s",
                   image->board, board);
    return true;
}

static int report_update(const struct options *o, struct central *c, const struct image *image,
                         const struct update_report *r, int rc)
{
    char version[OTA_VERSION_TEXT_MAX];
    double sent = (double)(image->len - r->resumed_at);

    (void)ota_version_format(&image->version, version, sizeof version);
    if (rc != 0) {
        if (r->device_err != 0) {
            (void)snprintf(c->why, sizeof c->why, "the device says: %s",
                           ota_err_text(r->device_err));
        }
        return failed(o, c, rc);
    }
    if (o->is_json) {
        print_json(json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:f, s:i, s:i}", "result", "installed",
                             "address", c->device.address, "name", c->device.name, "version",
                             version, "bytes", (int)image->len, "resumed_at", (int)r->resumed_at,
                             "seconds", r->seconds, "block", (int)r->block, "waits",
                             (int)r->waits));
    } else {
        (void)printf("%s is verified and will be installed at the restart: %.0f bytes in %.1f s, "
                     "%.1f kB/s%s\n",
                     version, sent, r->seconds, sent / 1000 / r->seconds,
                     r->resumed_at > 0 ? ", gone on with an earlier transfer" : "");
    }
    return 0;
}

static int update(struct options *o, struct central *c, struct image *image)
{
    struct update_report report;
    int rc;

    if (is_mismatch(o, c, image)) {
        return failed(o, c, OTA_EBOARD);
    }
    o->update.data = image->data;
    o->update.len = (uint32_t)image->len;
    o->update.is_secure = c->device.is_secure;
    o->update.progress = show_progress;
    o->update.arg = o;
    rc = update_run(c, &o->update, &report);
    return report_update(o, c, image, &report, rc);
}

static int run(struct options *o, struct central *c, struct image *image)
{
    int rc;
    int status;

    if (strcmp(o->command, "scan") == 0) {
        return scan(o, c);
    }
    rc = reach(o, c);
    if (rc != 0) {
        return failed(o, c, rc);
    }
    if (strcmp(o->command, "info") == 0) {
        status = show_info(o, c);
    } else if (strcmp(o->command, "abort") == 0) {
        rc = update_abort(c);
        status = rc == 0 ? 0 : failed(o, c, rc);
    } else {
        status = update(o, c, image);
    }
    central_disconnect(c);
    return status;
}

int main(int argc, char **argv)
{
    static struct central central;
    static struct options o;
    struct image image = {.data = NULL};
    int status;

    tool_log_setup("ota-ble", false);
    if (!parse(&o, argc, argv, &status)) {
        return status;
    }
    tool_log_setup("ota-ble", o.is_verbose);
    status = 1;
    if ((o.image == NULL || load_image(&o, &image) == 0) &&
        (o.sign_key == NULL || o.image == NULL || sign_transfer(&o, &image) == 0)) {
        if (tool_stop_setup() != 0 || central_open(&central, o.adapter) != 0) {
            status = failed(&o, &central, OTA_ECONNECT);
        } else {
            status = run(&o, &central, &image);
        }
        central_close(&central);
    }
    free(image.data);
    return status;
}
