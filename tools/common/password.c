/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/crypto_openssl.h"
#include "ota/err.h"

static int read_line(char *buf, size_t cap)
{
    size_t len = 0;
    int c;

    /* Byte by byte: what follows the line belongs to somebody else. */
    for (;;) {
        char byte;
        ssize_t n = read(STDIN_FILENO, &byte, 1);

        c = n == 1 ? (unsigned char)byte : EOF;
        if (c == EOF || c == '\n') {
            break;
        }
        if (len == cap) {
            return OTA_EARG;
        }
        buf[len++] = byte;
    }
    return c == EOF && len == 0 ? OTA_EARG : (int)len;
}

int ota_tool_ask_password(const char *prompt, char *buf, size_t cap)
{
    struct termios saved, silent;
    int len;

    if (tcgetattr(STDIN_FILENO, &saved) != 0) {
        return read_line(buf, cap); /* not a terminal */
    }
    silent = saved;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    (void)fputs(prompt, stderr);
    (void)fflush(stderr);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    len = read_line(buf, cap);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
    (void)fputc('\n', stderr);
    return len;
}
