/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP on the board: IPv4, TCP clients with TLS, DHCP, DNS; no operating system. */
#ifndef QEMU_LWIPOPTS_H
#define QEMU_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0 /* interrupts only end a sleep */
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_DHCP 1
#define LWIP_DHCP_CHECK_LINK_UP 1
#define DHCP_DOES_ARP_CHECK 0 /* takes seconds at every start */
#define LWIP_DNS 1
#define LWIP_ICMP 1
#define IP_REASSEMBLY 0
#define IP_FRAG 0

#define LWIP_ALTCP 1
#define LWIP_ALTCP_TLS 1
#define LWIP_ALTCP_TLS_MBEDTLS 1

/* The network controller drops frames when its memory is full: no more than that on the way. */
#define TCP_MSS 1460
#define TCP_WND (6 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 8
#define MEMP_NUM_TCP_SEG 12
#define MEMP_NUM_TCP_PCB 4
#define MEMP_NUM_ALTCP_PCB 4
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 2)   /* for steps of handshakes */
#define PBUF_POOL_SIZE (12 + BOARD_TLS_RECORD / PBUF_POOL_BUFSIZE) /* window, a record, spare */
#define PBUF_POOL_BUFSIZE 1536

/* One heap for packets to send, TLS and cryptography: twice what an update over HTTPS takes. */
#define MEM_ALIGNMENT 8
#define MEM_SIZE (32 * 1024 + BOARD_TLS_RECORD)

#define LWIP_STATS 1
#define MEM_STATS 1
#define LWIP_STATS_LARGE 1
#define LINK_STATS 0
#define ETHARP_STATS 0
#define IP_STATS 0
#define ICMP_STATS 0
#define UDP_STATS 0
#define TCP_STATS 0
#define MEMP_STATS 0
#define SYS_STATS 0

#endif
