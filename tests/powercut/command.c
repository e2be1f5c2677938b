/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "powercut/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* False if there is no process for it. */
static bool start(const struct command *c, size_t device)
{
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid < 0) {
        perror("powercut: fork");
    }
    if (pid == 0) {
        bool is_good = c->cut(device);

        (void)fflush(stdout);
        _exit(is_good ? 0 : 1);
    }
    return pid > 0;
}

static bool cut_all(const struct command *c, const char *mode)
{
    bool is_good = true;
    size_t n = 0;
    int status;

    printf("%-42s %8s %8s %10s %8s\n", c->heads[0], c->heads[1], "second", c->heads[2], "failed");
    for (size_t i = 0; i < c->n; i++) {
        if (mode == NULL || strcmp(mode, c->mode_of(i)) == 0) {
            is_good = start(c, i) && is_good;
            n++;
        }
    }
    while (wait(&status) > 0) {
        is_good = is_good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return is_good && n > 0;
}

int command_run(const struct command *c, int argc, char **argv)
{
    static const struct option options[] = {
        {"stride", required_argument, NULL, 's'},
        {"mode", required_argument, NULL, 'm'},
        {"first", no_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *mode = NULL;
    int letter;

    while ((letter = getopt_long(argc, argv, "s:m:fh", options, NULL)) != -1) {
        if (letter == 'h') {
            return fputs(c->usage, stdout) == EOF;
        }
        if (letter == 'f') {
            *c->ends_at_first = true;
        } else if (letter == 'm') {
            mode = optarg;
        } else if (letter != 's' || (*c->stride = (uint32_t)strtoul(optarg, NULL, 10)) == 0) {
            (void)fputs(c->usage, stderr);
            return 2;
        }
    }
    return cut_all(c, mode) ? 0 : 1;
}
