/* SPDX-License-Identifier: Apache-2.0 */
/* ota-board run: power on, bootloader, application, until the power is off. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "application.h"
#include "common/bootloader.h"
#include "ota/err.h"
#include "ota_board.h"

enum event { EVENT_OFF, EVENT_RESET, EVENT_CUT, EVENT_HALT };

struct machine {
    const struct options *o;
    struct ota_board *board;
    struct ota_tool_trust trust;
    struct ota_tool_bootloader loader;
    struct application app;
    size_t n_cuts; /* cuts of the options that have been armed */
};

/* A line on the console: of the board itself, or of its bootloader. */
static void say(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const char *who, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)printf("[%s] ", who);
    (void)vprintf(format, args);
    (void)putchar('\n');
    (void)fflush(stdout);
    va_end(args);
}

/* ---- Power ---------------------------------------------------------------------------------- */

/* Each power-on takes the next of the cuts that were asked for. */
static void power_on(struct machine *m)
{
    struct ota_sim_shared *shared = m->app.shared;
    struct ota_nor_power *power = &m->board->power;

    shared->cut_at = OTA_NOR_NO_CUT;
    shared->torn = 0;
    if (m->n_cuts < m->o->n_cuts) {
        shared->cut_at = shared->ops + m->o->cuts[m->n_cuts].after;
        shared->torn = m->o->cuts[m->n_cuts].torn;
        m->n_cuts++;
    }
    power->cut_at = shared->cut_at;
    power->torn = shared->torn != 0;
    power->is_off = false;
    say("board", "power on: %s (%s)", m->board->board, m->board->name);
}

static enum event power_cut(struct machine *m)
{
    bool was_in_time = m->app.cut_ms <= ota_sim_now_ms();

    if (was_in_time) {
        m->app.cut_ms = UINT64_MAX;
        say("board", "power cut after %" PRIu64 " ms", m->o->cut_after_ms);
    } else {
        say("board", "power cut at flash operation %" PRIu64 "%s", m->o->cuts[m->n_cuts - 1].after,
            m->app.shared->torn != 0 ? ", torn" : "");
    }
    return EVENT_CUT;
}

/* ---- Bootloader ----------------------------------------------------------------------------- */

struct effort {
    uint64_t ops;
    uint64_t us;
};

static struct effort effort_of(const struct machine *m)
{
    struct effort e = {.ops = m->app.shared->ops};

    for (size_t i = 0; i < m->board->n_devices; i++) {
        e.us += m->board->devices[i].nor.busy_us;
    }
    return e;
}

static void tell_image(const char *which, const struct ota_boot_result *r, uint64_t ops)
{
    if (r->refused != 0) {
        say("boot", "%s image refused: %s", which, ota_err_text(r->refused));
    }
    if (r->type != OTA_SWAP_NONE) {
        say("boot", "%s %s%s, %" PRIu64 " flash operations%s", ota_tool_swap_type_name(r->type),
            r->type == OTA_SWAP_FAIL ? "of the installation" : "installation",
            r->is_resumed ? " completed after an interruption" : " done", ops,
            r->is_forced ? "; there is nothing to go back to" : "");
    }
}

static void tell_result(const struct machine *m, const struct ota_tool_boot *boot,
                        const struct effort *before)
{
    struct effort now = effort_of(m);
    const struct ota_boot_result *second = &boot->boots[1].result;
    char version[OTA_VERSION_TEXT_MAX];

    tell_image("secondary", &boot->boots[0].result, now.ops - before->ops);
    if (m->loader.second.mode != NULL) {
        tell_image("second", second, now.ops - before->ops);
        (void)ota_version_format(&second->version, version, sizeof version); /* room for any */
        say("boot", "second image is %s", version);
    }
    if (m->o->verbose) {
        say("boot", "%" PRIu64 " flash operations, %" PRIu64 " ms on the hardware",
            now.ops - before->ops, (now.us - before->us) / 1000);
    }
}

/* Ends early if the power goes or is switched off. 0, or the bootloader's error. */
static int step_until_settled(struct machine *m, struct ota_tool_boot *boot)
{
    int rc = ota_tool_boot_init(boot, &m->loader);

    if (rc == 0) {
        do {
            rc = ota_tool_boot_step(boot);
        } while (rc == 1 && ota_sim_now_ms() < m->app.cut_ms && !application_power_is_off(&m->app));
    }
    return rc;
}

static enum event start_application(struct machine *m, const struct ota_tool_boot *boot)
{
    const struct ota_boot_result *result = &boot->boots[0].result;
    const struct ota_boot_config *config = &m->loader.config;
    const struct ota_area *area = result->slot == 0 ? &config->primary : &config->secondary;
    const struct ota_flash *flash = area->flash;
    uint32_t base =
        ota_board_address(m->board, result->slot == 0 ? "primary" : "secondary") - area->off;
    uint8_t raw[OTA_IMAGE_HEADER_LEN];
    struct ota_image_header header;
    char version[OTA_VERSION_TEXT_MAX];
    int fd = flash->ops->read(flash, result->image_off, raw, sizeof raw);

    if (fd == 0) {
        fd = ota_image_header_decode(raw, &header);
    }
    if (fd == 0) {
        fd = application_load(flash, result->entry_off, header.payload_size);
    }
    if (fd < 0) {
        say("board", "cannot run the application: %s",
            fd == OTA_EFORMAT ? "its payload is not an executable of this machine"
                              : ota_err_text(fd));
        return EVENT_HALT;
    }
    (void)ota_version_format(&result->version, version, sizeof version); /* room for any */
    say("boot", "starting %s at 0x%08" PRIx32 ", watchdog %" PRIu32 " ms", version,
        base + result->entry_off, m->board->watchdog_ms);
    m->app.shared->slot = result->slot;
    switch (application_run(&m->app, fd)) {
    case APPLICATION_OFF:
        return EVENT_OFF;
    case APPLICATION_CUT:
        return power_cut(m);
    case APPLICATION_RESET:
        say("board", "reset: %s", m->app.why);
        return EVENT_RESET;
    case APPLICATION_FAILED:
        break;
    }
    return EVENT_HALT;
}

/* From reset to the end of the application. */
static enum event boot_once(struct machine *m)
{
    struct effort before = effort_of(m);
    static struct ota_tool_boot boot;
    int rc;

    say("boot", "MCUboot %s, %s", m->board->boot.version, m->board->boot.mode);
    rc = step_until_settled(m, &boot);
    if (m->board->power.is_off || m->app.cut_ms <= ota_sim_now_ms()) {
        return power_cut(m);
    }
    if (application_power_is_off(&m->app)) {
        (void)snprintf(m->app.why, sizeof m->app.why, "switched off");
        return EVENT_OFF;
    }
    if (rc != 0) {
        say("boot", "refuses to boot: %s", ota_err_text(rc));
        if (ota_board_fault(m->board)[0] != '\0') {
            say("boot", "flash: %s", ota_board_fault(m->board));
        }
        return EVENT_HALT;
    }
    tell_result(m, &boot, &before);
    return start_application(m, &boot);
}

static int run_machine(struct machine *m)
{
    uint32_t resets = 0;
    enum event event = EVENT_CUT;

    if (m->o->cut_after_ms != 0) {
        m->app.cut_ms = ota_sim_now_ms() + m->o->cut_after_ms;
    }
    for (;;) {
        if (event == EVENT_CUT) {
            power_on(m);
        }
        event = boot_once(m);
        if (event == EVENT_OFF || (event == EVENT_CUT && m->o->power_off_at_cut)) {
            say("board", "power off%s%s", event == EVENT_OFF ? ": " : "", m->app.why);
            return EXIT_OK;
        }
        if (event == EVENT_HALT) {
            return complain("the board does not run; its flash is in %s", m->o->flash_dir);
        }
        if (event == EVENT_RESET && resets++ == m->o->max_resets) {
            return complain("gave up after %" PRIu32 " resets (--max-resets)", m->o->max_resets);
        }
    }
}

/* ---- Set-up --------------------------------------------------------------------------------- */

static int make_shared(struct application *a)
{
    struct ota_sim_shared *shared;

    a->shared_fd = memfd_create("ota-board", MFD_CLOEXEC);
    if (a->shared_fd < 0 || ftruncate(a->shared_fd, sizeof *shared) != 0) {
        return complain("no memory to share with the application: %s", strerror(errno));
    }
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, a->shared_fd, 0);
    if (shared == MAP_FAILED) {
        return complain("no memory to share with the application: %s", strerror(errno));
    }
    shared->magic = OTA_SIM_SHARED_MAGIC;
    shared->cut_at = OTA_NOR_NO_CUT;
    a->shared = shared;
    return EXIT_OK;
}

static int catch_signals(struct application *a)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return complain("cannot block signals: %s", strerror(errno));
    }
    a->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return a->signal_fd < 0 ? complain("cannot watch signals: %s", strerror(errno)) : EXIT_OK;
}

/* The key that the bootloader trusts first is the one that the application was built with. */
static int set_key(const struct machine *m)
{
    char key[PATH_MAX];
    const char *path = NULL;

    if (m->o->n_keys > 0) {
        path = m->o->keys[0];
    } else if (m->board->boot.n_keys > 0) {
        path = m->board->boot.keys[0];
    }
    if (path == NULL) {
        return unsetenv(OTA_SIM_ENV_KEY);
    }
    return realpath(path, key) == NULL ? -1 : setenv(OTA_SIM_ENV_KEY, key, 1);
}

/* The application verifies what the bootloader will decrypt. */
static int set_decryption(const struct machine *m)
{
    char key[PATH_MAX];

    if (m->o->decrypt == NULL) {
        return unsetenv(OTA_SIM_ENV_DECRYPT);
    }
    return realpath(m->o->decrypt, key) == NULL || setenv(OTA_SIM_ENV_DECRYPT, key, 1) != 0
               ? -1
               : setenv(OTA_SIM_ENV_KEYLEN, m->o->key_len == 32 ? "256" : "128", 1);
}

/* Applications may change their directory: they get whole paths. */
static int set_environment(const struct machine *m)
{
    char board[PATH_MAX];
    char flash[PATH_MAX];
    char fd[16];

    (void)snprintf(fd, sizeof fd, "%d", m->app.shared_fd);
    if (realpath(m->o->board_file, board) == NULL || realpath(m->o->flash_dir, flash) == NULL ||
        setenv(OTA_SIM_ENV_BOARD, board, 1) != 0 || setenv(OTA_SIM_ENV_FLASH, flash, 1) != 0 ||
        setenv(OTA_SIM_ENV_FD, fd, 1) != 0 || set_key(m) != 0 || set_decryption(m) != 0) {
        return complain("cannot hand the board to the application: %s", strerror(errno));
    }
    return EXIT_OK;
}

static char **make_argv(const struct options *o)
{
    char **argv = calloc(o->n_args + 2, sizeof *argv);

    if (argv != NULL) {
        argv[0] = "application";
        memcpy(argv + 1, o->args, o->n_args * sizeof *argv);
    }
    return argv;
}

static int set_up(struct machine *m)
{
    struct ota_tool_why why;
    int rc = open_flash(m->board, m->o, false);

    if (rc == EXIT_OK && ota_tool_bootloader_init(&m->loader, m->board, &m->trust.trust, &why)) {
        rc = complain("%s", why.text);
    }
    if (rc == EXIT_OK && m->o->decrypt != NULL &&
        ota_tool_bootloader_decrypt(&m->loader, m->o->decrypt, m->o->key_len, &why) != 0) {
        rc = complain("%s", why.text);
    }
    if (rc == EXIT_OK) {
        rc = make_shared(&m->app);
    }
    if (rc == EXIT_OK) {
        rc = catch_signals(&m->app);
    }
    if (rc == EXIT_OK) {
        rc = set_environment(m);
    }
    if (rc == EXIT_OK) {
        m->board->power.shared_ops = &m->app.shared->ops;
        m->app.watchdog_ms = m->board->watchdog_ms;
        m->app.cut_ms = UINT64_MAX;
        m->app.argv = make_argv(m->o);
        rc = m->app.argv == NULL ? complain("no memory") : EXIT_OK;
    }
    return rc;
}

static void tear_down(struct machine *m)
{
    if (m->app.shared != NULL) {
        (void)munmap(m->app.shared, sizeof *m->app.shared);
    }
    if (m->app.shared_fd >= 0) {
        (void)close(m->app.shared_fd);
    }
    if (m->app.signal_fd >= 0) {
        (void)close(m->app.signal_fd);
    }
    free(m->app.argv);
    ota_tool_bootloader_free(&m->loader);
}

int command_run(const struct options *o)
{
    static struct machine m;
    struct ota_tool_why why;
    int rc = EXIT_FAILED;

    m = (struct machine){.o = o, .app = {.shared_fd = -1, .signal_fd = -1}};
    m.board = load_board(o);
    if (m.board == NULL) {
        return EXIT_FAILED;
    }
    if (ota_tool_trust_init(&m.trust, m.board, o->keys, o->n_keys, &why) != 0) {
        rc = complain("%s", why.text);
    } else {
        rc = set_up(&m);
        rc = rc == EXIT_OK ? run_machine(&m) : rc;
        tear_down(&m);
        ota_tool_trust_free(&m.trust);
    }
    ota_board_free(m.board);
    return rc;
}
