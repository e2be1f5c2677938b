/* SPDX-License-Identifier: Apache-2.0 */
/* The connection of ports/lwip on a socket of this machine, without TLS and without names. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "conn.h"
#include "lwip/sys.h"
#include "ota/err.h"
#include "socket_conn.h"

#define BUFFER_LEN 1460u /* as one packet would bring */

struct altcp_pcb {
    int fd;
    uint8_t data[BUFFER_LEN];
    size_t off;
    size_t len;
};

static int last_fd = -1;

int socket_conn_fd(void)
{
    return last_fd;
}

uint32_t sys_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

static void fail(struct ota_lwip_conn *c, int err)
{
    c->is_ended = true;
    c->err = c->err == 0 ? err : c->err;
}

int ota_lwip_conn_open(struct ota_lwip_conn *c, const struct ota_lwip_target *to,
                       const struct ota_lwip_tls *tls)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(to->port)};

    if (to->tls && tls == NULL) {
        return OTA_ETLS;
    }
    c->to = *to;
    c->is_ended = false;
    c->err = 0;
    c->phase = 1;
    c->pcb = calloc(1, sizeof *c->pcb);
    if (c->pcb == NULL) {
        return OTA_ENOSPC;
    }
    c->pcb->fd = socket(AF_INET, SOCK_STREAM, 0);
    last_fd = c->pcb->fd;
    if (inet_pton(AF_INET, to->host, &address.sin_addr) != 1) {
        fail(c, OTA_ERESOLVE);
    } else if (c->pcb->fd < 0 ||
               connect(c->pcb->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
               fcntl(c->pcb->fd, F_SETFL, O_NONBLOCK) != 0) {
        fail(c, OTA_ECONNECT);
    }
    return 0;
}

bool ota_lwip_conn_is_open(const struct ota_lwip_conn *c)
{
    return c->phase == 1 && (!c->is_ended || c->err == OTA_EDROPPED);
}

static void fetch(struct ota_lwip_conn *c)
{
    struct altcp_pcb *pcb = c->pcb;
    ssize_t n;

    if (pcb == NULL || c->is_ended || pcb->len > 0) {
        return;
    }
    n = recv(pcb->fd, pcb->data, sizeof pcb->data, 0);
    if (n > 0) {
        pcb->off = 0;
        pcb->len = (size_t)n;
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        fail(c, OTA_EDROPPED);
    }
}

int ota_lwip_conn_error(struct ota_lwip_conn *c)
{
    fetch(c);
    return c->is_ended && (c->pcb == NULL || c->pcb->len == 0) ? c->err : 0;
}

size_t ota_lwip_conn_send(struct ota_lwip_conn *c, const void *data, size_t len)
{
    ssize_t n = c->pcb == NULL ? 0 : send(c->pcb->fd, data, len, MSG_NOSIGNAL);

    return n < 0 ? 0 : (size_t)n;
}

const uint8_t *ota_lwip_conn_peek(struct ota_lwip_conn *c, size_t *len)
{
    fetch(c);
    *len = c->pcb == NULL ? 0 : c->pcb->len;
    return *len == 0 ? NULL : c->pcb->data + c->pcb->off;
}

void ota_lwip_conn_taken(struct ota_lwip_conn *c, size_t len)
{
    if (len > 0) {
        c->pcb->off += len;
        c->pcb->len -= len;
    }
}

void ota_lwip_conn_close(struct ota_lwip_conn *c)
{
    if (c->pcb != NULL) {
        (void)close(c->pcb->fd);
        free(c->pcb);
        c->pcb = NULL;
        last_fd = -1;
    }
    c->phase = 0;
}
