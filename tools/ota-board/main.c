/* SPDX-License-Identifier: Apache-2.0 */
/* ota-board: a board on this machine, with its bootloader and its application. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ota_board.h"

static const char usage_text[] =
    "usage: ota-board run --board FILE --flash DIR [--key PUB.pem] [OPTION]... [-- ARGUMENT...]\n"
    "       ota-board program --board FILE --flash DIR --slot NAME [OPTION]... IMAGE\n"
    "       ota-board info --board FILE --flash DIR [--key PUB.pem] [--json]\n"
    "\n"
    "Runs a board on this machine: flash in files, the bootloader, and the application in the\n"
    "primary slot as a process.\n"
    "\n"
    "All commands:\n"
    "  -B, --board FILE       board file (JSON; see share/libota/boards)\n"
    "  -F, --flash DIR        directory of the flash files; created if it is missing\n"
    "  -k, --key PUB.pem      key that images must be signed with; may be repeated;\n"
    "                         instead of the board file's keys\n"
    "  -D, --decrypt KEY.pem  private key that images are encrypted for (ecdsa-p256)\n"
    "      --encrypt-keylen N bits of the images' AES keys: 128 (default) or 256\n"
    "  -v, --verbose          more about what the bootloader did\n"
    "  -h, --help             show this text\n"
    "  -V, --version          show the version\n"
    "run: power on, and give the ARGUMENTs to the application\n"
    "  -r, --max-resets N     give up after N resets (default 20)\n"
    "  -c, --cut-after N[:torn]  cut the power at flash operation N after power-on, counted\n"
    "                         from 0; torn: the operation is half done. Repeated: at the next\n"
    "                         power-on\n"
    "  -C, --cut-after-ms T   cut the power T milliseconds after the first power-on\n"
    "  -O, --power-off-at-cut stay off after a cut instead of powering on again\n"
    "program: put an image into a slot, as a debug probe does\n"
    "  -s, --slot NAME        primary or secondary; primary2 or secondary2: of the second image\n"
    "  -m, --mark HOW         ask for installation: test (reverted unless confirmed) or permanent\n"
    "  -E, --erase-all        erase all devices first\n"
    "  -R, --raw              write the file whatever it holds\n"
    "info: show slots and what the next boot will do; changes nothing\n"
    "  -j, --json             as JSON\n"
    "\n"
    "Exit status: 0 if the application ended with 0 or the power was switched off, 1 if the\n"
    "board does not boot, resets too often, or on another error, 2 for a wrong command line.\n";

static const struct option long_options[] = {
    {"board", required_argument, NULL, 'B'},
    {"flash", required_argument, NULL, 'F'},
    {"key", required_argument, NULL, 'k'},
    {"decrypt", required_argument, NULL, 'D'},
    {"encrypt-keylen", required_argument, NULL, 'l'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"max-resets", required_argument, NULL, 'r'},
    {"cut-after", required_argument, NULL, 'c'},
    {"cut-after-ms", required_argument, NULL, 'C'},
    {"power-off-at-cut", no_argument, NULL, 'O'},
    {"slot", required_argument, NULL, 's'},
    {"mark", required_argument, NULL, 'm'},
    {"erase-all", no_argument, NULL, 'E'},
    {"raw", no_argument, NULL, 'R'},
    {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0},
};

static const struct command {
    const char *name;
    int (*run)(const struct options *o);
    const char *options; /* besides those of all commands */
} commands[] = {
    {"run", command_run, "rcCO"},
    {"program", command_program, "smER"},
    {"info", command_info, "j"},
};

int complain(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fputs("ota-board: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    return EXIT_FAILED;
}

static int wrong_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int wrong_usage(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fputs("ota-board: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputs("; see ota-board --help\n", stderr);
    va_end(args);
    return EXIT_USAGE;
}

/* ---- Board and flash ------------------------------------------------------------------------ */

struct ota_board *load_board(const struct options *o)
{
    struct ota_board *b = NULL;
    char err[512];

    if (ota_board_load(o->board_file, &b, err, sizeof err) != 0) {
        (void)complain("%s", err);
    }
    return b;
}

/* The application of a board that was just killed may need a moment to be gone. */
static int lock_dir(const char *dir)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    int fd;

    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        return complain("%s: cannot create the flash directory: %s", dir, strerror(errno));
    }
    /* Not closed on exec: the application keeps the lock while it lives. */
    fd = open(dir, O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
        return complain("%s: cannot open the flash directory: %s", dir, strerror(errno));
    }
    for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK || tries == 100) {
            (void)close(fd);
            return complain("%s: %s", dir,
                            errno == EWOULDBLOCK ? "another board is running on these flash files"
                                                 : strerror(errno));
        }
        (void)nanosleep(&pause, NULL);
    }
    return EXIT_OK;
}

int open_flash(struct ota_board *b, const struct options *o, bool read_only)
{
    char err[512];

    if (!read_only && lock_dir(o->flash_dir) != EXIT_OK) {
        return EXIT_FAILED;
    }
    if (ota_board_open_flash(b, o->flash_dir, read_only, err, sizeof err) != 0) {
        return complain("%s", err);
    }
    return EXIT_OK;
}

/* ---- Options -------------------------------------------------------------------------------- */

static bool read_number(const char *text, uint64_t max, const char **end, uint64_t *out)
{
    char *stop = NULL;

    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    errno = 0;
    *out = strtoull(text, &stop, 10);
    *end = stop;
    return errno == 0 && *out <= max;
}

static bool read_cut(const char *text, struct options *o)
{
    struct cut *cut = &o->cuts[o->n_cuts];
    const char *end;

    if (o->n_cuts == CUTS_MAX || !read_number(text, UINT32_MAX, &end, &cut->after)) {
        return false;
    }
    cut->torn = strcmp(end, ":torn") == 0;
    o->n_cuts++;
    return cut->torn || *end == '\0';
}

static bool read_whole(const char *text, uint64_t max, uint64_t *out)
{
    const char *end = "";

    return read_number(text, max, &end, out) && *end == '\0';
}

/* The options that take a value that may be wrong. */
static int read_value(int letter, const char *value, struct options *o)
{
    uint64_t number = 0;

    if (letter == 'k') {
        if (o->n_keys == OTA_BOARD_KEYS_MAX) {
            return wrong_usage("more than %d keys", OTA_BOARD_KEYS_MAX);
        }
        o->keys[o->n_keys++] = (char *)value;
    } else if (letter == 'l') {
        o->key_len = strcmp(value, "256") == 0 ? 32 : 16;
        if (o->key_len == 16 && strcmp(value, "128") != 0) {
            return wrong_usage("--encrypt-keylen takes 128 or 256, not '%s'", value);
        }
    } else if (letter == 'r') {
        if (!read_whole(value, UINT32_MAX, &number)) {
            return wrong_usage("--max-resets takes a number, not '%s'", value);
        }
        o->max_resets = (uint32_t)number;
    } else if (letter == 'c' && !read_cut(value, o)) {
        return wrong_usage("--cut-after takes N or N:torn, at most %d times, not '%s'", CUTS_MAX,
                           value);
    } else if (letter == 'C' &&
               (!read_whole(value, 86400000, &o->cut_after_ms) || o->cut_after_ms == 0)) {
        return wrong_usage("--cut-after-ms takes milliseconds from 1, not '%s'", value);
    } else if (letter == 's') {
        o->slot = value;
        if (strcmp(value, "primary") != 0 && strcmp(value, "secondary") != 0 &&
            strcmp(value, "primary2") != 0 && strcmp(value, "secondary2") != 0) {
            return wrong_usage("--slot is primary, secondary, primary2 or secondary2, not '%s'",
                               value);
        }
    } else if (letter == 'm') {
        o->mark = value;
        if (strcmp(value, "test") != 0 && strcmp(value, "permanent") != 0) {
            return wrong_usage("--mark is test or permanent, not '%s'", value);
        }
    }
    return EXIT_OK;
}

static int read_option(int letter, const char *value, const struct command *command,
                       struct options *o)
{
    if (strchr("BFkDlv", letter) == NULL && strchr(command->options, letter) == NULL) {
        return wrong_usage("%s does not take -%c", command->name, letter);
    }
    switch (letter) {
    case 'B':
        o->board_file = value;
        break;
    case 'F':
        o->flash_dir = value;
        break;
    case 'D':
        o->decrypt = value;
        break;
    case 'v':
        o->verbose = true;
        break;
    case 'O':
        o->power_off_at_cut = true;
        break;
    case 'E':
        o->erase_all = true;
        break;
    case 'R':
        o->raw = true;
        break;
    case 'j':
        o->json = true;
        break;
    default:
        return read_value(letter, value, o);
    }
    return EXIT_OK;
}

static int check_options(const struct command *command, const struct options *o)
{
    bool programs = command->run == command_program;

    if (o->board_file == NULL || o->flash_dir == NULL) {
        return wrong_usage("%s needs --board and --flash", command->name);
    }
    if (programs && o->slot == NULL && !(o->erase_all && o->n_args == 0)) {
        return wrong_usage("program needs --slot primary or --slot secondary");
    }
    if (programs && o->n_args != 1 && !(o->erase_all && o->n_args == 0 && o->slot == NULL)) {
        return wrong_usage("program takes one image");
    }
    if (programs && o->mark != NULL && o->slot == NULL) {
        return wrong_usage("--mark is for an image in a slot");
    }
    if (!programs && command->run != command_run && o->n_args > 0) {
        return wrong_usage("%s takes no '%s'", command->name, o->args[0]);
    }
    return EXIT_OK;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct options o = {.max_resets = 20, .key_len = 16};
    int rc = EXIT_OK;
    int letter;

    /* '+': the application's arguments are not ours, with or without "--". */
    while (rc == EXIT_OK && (letter = getopt_long(argc, argv, "+B:F:k:D:vhVr:c:C:Os:m:ERj",
                                                  long_options, NULL)) != -1) {
        if (letter == 'h') {
            (void)fputs(usage_text, stdout);
            return EXIT_OK;
        }
        if (letter == 'V') {
            (void)puts("ota-board " OTA_PROJECT_VERSION);
            return EXIT_OK;
        }
        rc = letter == '?' ? EXIT_USAGE : read_option(letter, optarg, command, &o);
    }
    if (rc == EXIT_OK) {
        o.args = argv + optind;
        o.n_args = (size_t)(argc - optind);
        rc = check_options(command, &o);
    }
    return rc == EXIT_OK ? command->run(&o) : rc;
}

int main(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        (void)fputs(usage_text, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        (void)fputs(usage_text, stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        (void)puts("ota-board " OTA_PROJECT_VERSION);
        return EXIT_OK;
    }
    command = find_command(argv[1]);
    if (command == NULL) {
        return wrong_usage("'%s' is not a command: run, program or info", argv[1]);
    }
    return run_command(command, argc - 1, argv + 1);
}
