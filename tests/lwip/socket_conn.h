/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTA_TEST_SOCKET_CONN_H
#define OTA_TEST_SOCKET_CONN_H

/* The socket of the connection that is open; -1: none is. */
int socket_conn_fd(void);

#endif
