/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of ota-board. */
#ifndef OTA_TOOLS_OTA_BOARD_H
#define OTA_TOOLS_OTA_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/trust.h"
#include "sim/board.h"

#define EXIT_OK 0
#define EXIT_FAILED 1
#define EXIT_USAGE 2

#define CUTS_MAX 16

/* A power cut at a flash operation, counted from the power-on before it. */
struct cut {
    uint64_t after;
    bool torn;
};

struct options {
    const char *board_file;
    const char *flash_dir;
    char *keys[OTA_BOARD_KEYS_MAX];
    size_t n_keys;
    const char *decrypt; /* NULL: encrypted images are refused */
    uint8_t key_len;     /* of their AES keys, in bytes */
    uint32_t max_resets;
    struct cut cuts[CUTS_MAX]; /* one per power-on, in order */
    size_t n_cuts;
    uint64_t cut_after_ms; /* 0: none */
    bool power_off_at_cut;
    bool verbose;
    bool json;
    const char *slot; /* program */
    const char *mark; /* program: "test" or "permanent" */
    bool erase_all;
    bool raw;
    char **args; /* what follows the options */
    size_t n_args;
};

/* Prints one line for people on standard error. Returns EXIT_FAILED. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Loads the board. NULL after an error was printed. */
struct ota_board *load_board(const struct options *o);

/* Opens the flash files. The directory is locked until the process and the application that it
 * started are gone: two boards cannot share one flash. 0 or EXIT_FAILED. */
int open_flash(struct ota_board *b, const struct options *o, bool read_only);

/* The commands; each returns the exit code. */
int command_run(const struct options *o);
int command_info(const struct options *o);
int command_program(const struct options *o);

#endif
