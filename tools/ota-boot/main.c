/* SPDX-License-Identifier: Apache-2.0 */
/* ota-boot: one boot of a board whose flash is in files. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "ota/err.h"
#include "ota_boot.h"

enum { EXIT_BOOTS = 0, EXIT_REFUSES = 1, EXIT_USAGE = 2 };

struct options {
    const char *board_file;
    const char *flash_dir;
    char *keys[OTA_BOARD_KEYS_MAX];
    size_t n_keys;
    const char *decrypt;
    uint8_t key_len;
    uint64_t cut_after;
    bool is_torn;
    bool is_dry;
    bool is_json;
    bool is_verbose;
};

static const char usage_text[] =
    "usage: ota-boot --board FILE --flash DIR [--key PUB.pem]... [OPTION]...\n"
    "\n"
    "Runs the bootloader once on flash files and prints one line of JSON: what was installed or\n"
    "reverted, which image would be started, both slots and the number of flash operations.\n"
    "\n"
    "  -B, --board FILE       board file (JSON; see share/libota/boards)\n"
    "  -F, --flash DIR        directory of the flash files, one DIR/DEVICE.bin per device\n"
    "  -k, --key PUB.pem      key that images must be signed with; may be repeated;\n"
    "                         instead of the board file's keys\n"
    "  -E, --decrypt KEY.pem  private key that images are encrypted for (ecdsa-p256)\n"
    "      --encrypt-keylen N bits of the images' AES keys: 128 (default) or 256\n"
    "  -n, --dry-run          show what a boot would do, change no file\n"
    "  -c, --cut-after N[:torn]  cut the power at flash operation N, counted from 0; torn: the\n"
    "                         operation is half done\n"
    "  -j, --json             only the JSON line, no words on standard error\n"
    "  -v, --verbose          more about what the bootloader did, on standard error\n"
    "  -h, --help             show this text\n"
    "  -V, --version          show the version\n"
    "\n"
    "Exit status: 0 if an image would be started, 1 if none would, the power was cut, or on\n"
    "another error, 2 for a wrong command line.\n";

static const struct option long_options[] = {
    {"board", required_argument, NULL, 'B'},
    {"flash", required_argument, NULL, 'F'},
    {"key", required_argument, NULL, 'k'},
    {"decrypt", required_argument, NULL, 'E'},
    {"encrypt-keylen", required_argument, NULL, 'l'},
    {"dry-run", no_argument, NULL, 'n'},
    {"cut-after", required_argument, NULL, 'c'},
    {"json", no_argument, NULL, 'j'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int complain(int status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fputs("ota-boot: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputs(status == EXIT_USAGE ? "; see ota-boot --help\n" : "\n", stderr);
    va_end(args);
    return status;
}

/* ---- Options --------------------------------------------------------------------------------- */

static bool read_cut(const char *text, struct options *o)
{
    char *end = NULL;

    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    errno = 0;
    o->cut_after = strtoull(text, &end, 10);
    o->is_torn = strcmp(end, ":torn") == 0;
    return errno == 0 && o->cut_after != OTA_NOR_NO_CUT && (o->is_torn || *end == '\0');
}

static int read_option(int letter, char *value, struct options *o)
{
    switch (letter) {
    case 'B':
        o->board_file = value;
        break;
    case 'F':
        o->flash_dir = value;
        break;
    case 'k':
        if (o->n_keys == OTA_BOARD_KEYS_MAX) {
            return complain(EXIT_USAGE, "too many --key, at most %u", OTA_BOARD_KEYS_MAX);
        }
        o->keys[o->n_keys++] = value;
        break;
    case 'E':
        o->decrypt = value;
        break;
    case 'l':
        o->key_len = strcmp(value, "256") == 0 ? 32 : 16;
        if (o->key_len == 16 && strcmp(value, "128") != 0) {
            return complain(EXIT_USAGE, "--encrypt-keylen takes 128 or 256, not '%s'", value);
        }
        break;
    case 'n':
        o->is_dry = true;
        break;
    case 'c':
        if (!read_cut(value, o)) {
            return complain(EXIT_USAGE, "--cut-after takes N or N:torn, not '%s'", value);
        }
        break;
    case 'j':
        o->is_json = true;
        break;
    case 'v':
        o->is_verbose = true;
        break;
    default:
        return complain(EXIT_USAGE, "wrong option");
    }
    return EXIT_BOOTS;
}

/* EXIT_BOOTS to go on; *is_done if help or version were asked for. */
static int read_options(int argc, char **argv, struct options *o, bool *is_done)
{
    int letter;

    o->cut_after = OTA_NOR_NO_CUT;
    while ((letter = getopt_long(argc, argv, "B:F:k:E:nc:jvhV", long_options, NULL)) != -1) {
        int rc;

        if (letter == 'h' || letter == 'V') {
            *is_done = true;
            return fputs(letter == 'h' ? usage_text : "ota-boot " OTA_PROJECT_VERSION "\n",
                         stdout) == EOF;
        }
        rc = read_option(letter, optarg, o);
        if (rc != EXIT_BOOTS) {
            return rc;
        }
    }
    if (optind < argc) {
        return complain(EXIT_USAGE, "'%s' is not an option", argv[optind]);
    }
    if (o->board_file == NULL || o->flash_dir == NULL) {
        return complain(EXIT_USAGE, "--board and --flash are needed");
    }
    return EXIT_BOOTS;
}

/* ---- Boot ------------------------------------------------------------------------------------ */

/* Two programs must not run on the same flash. The lock is kept until the process ends. */
static int lock_flash(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return complain(EXIT_REFUSES, "%s: cannot open the flash directory: %s", dir,
                        strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)close(fd);
        return complain(EXIT_REFUSES, "%s: %s", dir,
                        errno == EWOULDBLOCK ? "another program is running on these flash files"
                                             : strerror(errno));
    }
    return EXIT_BOOTS;
}

static int open_machine(struct machine *m, const struct options *o)
{
    struct ota_tool_why why;
    char err[512];

    if (!o->is_dry && lock_flash(o->flash_dir) != EXIT_BOOTS) {
        return EXIT_REFUSES;
    }
    if (ota_board_open_flash(m->board, o->flash_dir, o->is_dry, err, sizeof err) != 0) {
        return complain(EXIT_REFUSES, "%s", err);
    }
    if (ota_tool_bootloader_init(&m->loader, m->board, &m->trust.trust, &why) != 0) {
        return complain(EXIT_REFUSES, "%s", why.text);
    }
    if (o->decrypt != NULL &&
        ota_tool_bootloader_decrypt(&m->loader, o->decrypt, o->key_len, &why) != 0) {
        return complain(EXIT_REFUSES, "%s", why.text);
    }
    return EXIT_BOOTS;
}

/* The JSON line says it all; these are the words for people. */
static void explain(const struct machine *m, const struct options *o)
{
    if (m->boot.boots[0].result.refused != 0) {
        (void)complain(EXIT_REFUSES, "the image in the secondary slot is not installed: %s",
                       ota_err_text(m->boot.boots[0].result.refused));
    }
    if (m->loader.second.mode != NULL && m->boot.boots[1].result.refused != 0) {
        (void)complain(EXIT_REFUSES, "the second image's update is not installed: %s",
                       ota_err_text(m->boot.boots[1].result.refused));
    }
    if (m->is_cut) {
        (void)complain(EXIT_REFUSES, "power cut at flash operation %" PRIu64 "%s", o->cut_after,
                       o->is_torn ? ", torn" : "");
    } else if (m->rc != 0) {
        (void)complain(EXIT_REFUSES, "no image to start: the primary slot's is refused: %s",
                       ota_err_text(m->rc));
    }
    if (!m->is_cut && ota_board_fault(m->board)[0] != '\0') {
        (void)complain(EXIT_REFUSES, "flash: %s", ota_board_fault(m->board));
    }
}

/* The same cost as in the JSON line, and what the bootloader set out to do. */
static void tell_more(const struct machine *m)
{
    const struct ota_boot_result *r = &m->boot.boots[0].result;
    struct cost cost = report_cost(m);

    (void)fprintf(stderr, "ota-boot: MCUboot %s, %s: swap type %s%s%s\n", m->board->boot.version,
                  m->board->boot.mode, ota_tool_swap_type_name(r->type),
                  r->is_resumed ? ", completed after an interruption" : "",
                  r->is_forced ? ", there is nothing to go back to" : "");
    (void)fprintf(stderr,
                  "ota-boot: %" PRIu64 " erases, %" PRIu64 " writes of %" PRIu64
                  " bytes, at most %" PRIu32 " on one erase unit: %" PRIu64 " ms on the hardware\n",
                  cost.count.erases, cost.count.writes, cost.count.bytes_written, cost.wear,
                  cost.us / 1000);
}

static int boot_machine(struct machine *m, const struct options *o)
{
    m->board->power.cut_at = o->cut_after;
    m->board->power.torn = o->is_torn;
    m->rc = ota_tool_boot_init(&m->boot, &m->loader);
    if (m->rc != 0) {
        return complain(EXIT_REFUSES, "%s: the bootloader cannot work with this board: %s",
                        o->board_file, ota_err_text(m->rc));
    }
    m->rc = ota_tool_boot_run(&m->boot);
    m->is_cut = m->board->power.is_off;
    m->board->power.is_off = false; /* to show the state that is left */
    if (!o->is_json) {
        explain(m, o);
    }
    if (o->is_verbose) {
        tell_more(m);
    }
    if (report_json(m, stdout) != 0) {
        return complain(EXIT_REFUSES, "cannot write the result: %s", strerror(errno));
    }
    return m->is_cut || m->rc != 0 ? EXIT_REFUSES : EXIT_BOOTS;
}

static int run(const struct options *o)
{
    static struct machine m;
    struct ota_tool_why why;
    char err[512];
    int rc;

    if (ota_board_load(o->board_file, &m.board, err, sizeof err) != 0) {
        return complain(EXIT_REFUSES, "%s", err);
    }
    if (ota_tool_trust_init(&m.trust, m.board, o->keys, o->n_keys, &why) != 0) {
        ota_board_free(m.board);
        return complain(EXIT_REFUSES, "%s", why.text);
    }
    rc = open_machine(&m, o);
    if (rc == EXIT_BOOTS) {
        rc = boot_machine(&m, o);
    }
    ota_tool_bootloader_free(&m.loader);
    ota_tool_trust_free(&m.trust);
    ota_board_free(m.board);
    return rc;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    bool is_done = false;
    int rc = read_options(argc, argv, &o, &is_done);

    return is_done || rc != EXIT_BOOTS ? rc : run(&o);
}
