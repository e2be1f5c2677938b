/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-publisher/folder.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Copies the level at *path to name and moves on behind its slash. False if it names nothing. */
static bool take_level(const char **path, char name[NAME_MAX + 1])
{
    size_t len = strcspn(*path, "/");

    if (len == 0 || len > NAME_MAX || **path == '.') {
        return false;
    }
    memcpy(name, *path, len);
    name[len] = '\0';
    *path += len;
    return true;
}

/* -1 if it is no regular file; what it is then is closed. */
static int only_file(int fd)
{
    struct stat st;

    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        (void)close(fd); /* was only looked at */
        return -1;
    }
    return fd;
}

int folder_open(int folder_fd, const char *path)
{
    char name[NAME_MAX + 1];
    int at = folder_fd;

    while (*path == '/') {
        bool is_last;
        int next;

        path++;
        if (!take_level(&path, name)) {
            break;
        }
        is_last = *path == '\0';
        next = openat(at, name,
                      O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (is_last ? 0 : O_DIRECTORY));
        if (at != folder_fd) {
            (void)close(at); /* was only looked at */
        }
        if (is_last || next < 0) {
            return only_file(next);
        }
        at = next;
    }
    if (at != folder_fd) {
        (void)close(at); /* was only looked at */
    }
    return -1;
}
