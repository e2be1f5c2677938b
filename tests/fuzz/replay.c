/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over its seeds without libFuzzer: every file of a directory, whole and cut
 * short at up to CUTS places. The input ends at a page that cannot be read, so that reading past
 * its end crashes in every build.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CUTS 64
#define INPUT_MAX ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *guarded_end(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *base =
        mmap(NULL, INPUT_MAX + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (base == MAP_FAILED || mprotect(base + INPUT_MAX, page, PROT_NONE) != 0) {
        perror("replay: guard page");
        exit(1);
    }
    return base + INPUT_MAX;
}

static size_t load(const char *path, uint8_t *buf)
{
    FILE *f = fopen(path, "rb");
    size_t len;

    if (!f) {
        perror(path);
        exit(1);
    }
    len = fread(buf, 1, INPUT_MAX, f);
    if (ferror(f) || fgetc(f) != EOF) {
        fprintf(stderr, "replay: %s: cannot be read, or is larger than 4 MiB\n", path);
        exit(1);
    }
    (void)fclose(f); /* opened for reading only */
    return len;
}

static void run(uint8_t *end, const uint8_t *data, size_t len)
{
    if (len > 0) {
        memcpy(end - len, data, len);
    }
    (void)LLVMFuzzerTestOneInput(end - len, len); /* always 0 by libFuzzer's convention */
}

static void replay(const char *path, uint8_t *end, uint8_t *buf)
{
    size_t len = load(path, buf);
    size_t stride = len / CUTS + 1;

    for (size_t cut = 0; cut < len; cut += stride) {
        run(end, buf, cut);
    }
    run(end, buf, len);
}

static int replay_all(DIR *dir, const char *name)
{
    uint8_t *end = guarded_end();
    uint8_t *buf = malloc(INPUT_MAX);
    struct dirent *entry;
    char path[4096];
    int files = 0;

    if (!buf) {
        abort();
    }
    run(end, buf, 0);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        (void)snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
        replay(path, end, buf);
        files++;
    }
    free(buf);
    return files;
}

int main(int argc, char **argv)
{
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    int files;

    if (!dir) {
        fprintf(stderr, "usage: replay DIRECTORY-OF-SEEDS\n");
        return 2;
    }
    files = replay_all(dir, argv[1]);
    (void)closedir(dir); /* nothing was written */
    printf("%d seeds of %s\n", files, argv[1]);
    if (files == 0) {
        fprintf(stderr, "replay: no seeds: put small valid inputs there\n");
        return 1;
    }
    return 0;
}
