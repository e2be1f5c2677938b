/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP on the LAN9118 Ethernet controller, without interrupts but for ending a sleep. */
#include <string.h>

#include "board.h"
#include "cortex_m.h"
#include "internal.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"
#include "ota/err.h"

/* Registers, SMSC LAN9118 data sheet, 5.3. */
#define ETH(offset) REG(0x40200000u + (offset))
#define RX_DATA ETH(0x00u)
#define TX_DATA ETH(0x20u)
#define RX_STATUS ETH(0x40u)
#define TX_STATUS ETH(0x48u)
#define IRQ_CFG ETH(0x54u)
#define INT_STS ETH(0x58u)
#define INT_EN ETH(0x5cu)
#define BYTE_TEST ETH(0x64u)
#define TX_CFG ETH(0x70u)
#define RX_FIFO_INF ETH(0x7cu)
#define TX_FIFO_INF ETH(0x80u)
#define MAC_CSR_CMD ETH(0xa4u)
#define MAC_CSR_DATA ETH(0xa8u)

#define BYTE_TEST_VALUE 0x87654321u
#define IRQ_ON_HIGH_PUSH_PULL 0x111u
#define INT_PACKET 0x8u
#define TX_ON 2u
#define MAC_BUSY 0x80000000u
#define MAC_READ 0x40000000u
#define MAC_CR 1u
#define MAC_ADDRH 2u
#define MAC_ADDRL 3u
#define MAC_DUPLEX_RX_TX 0x10000cu
#define RX_ERROR 0x8000u
#define CRC_LEN 4u
#define FRAME_MAX 1536u
#define TX_FIRST_AND_LAST 0x3000u

/* Frames fetched in one go, so that the main loop goes round. */
#define FRAMES_PER_POLL 16

static struct netif netif;

/* ---- Controller ------------------------------------------------------------------------------ */

static void mac_wait(void)
{
    while ((MAC_CSR_CMD & MAC_BUSY) != 0) {
    }
}

static void mac_write(uint32_t reg, uint32_t value)
{
    mac_wait();
    MAC_CSR_DATA = value;
    MAC_CSR_CMD = MAC_BUSY | reg;
    mac_wait();
}

static uint32_t mac_read(uint32_t reg)
{
    mac_wait();
    MAC_CSR_CMD = MAC_BUSY | MAC_READ | reg;
    mac_wait();
    return MAC_CSR_DATA;
}

static bool has_packet(void)
{
    return (RX_FIFO_INF & 0x00ff0000u) != 0;
}

static err_t send_frame(struct netif *n, struct pbuf *p)
{
    static uint32_t frame[FRAME_MAX / 4];
    uint32_t len = p->tot_len;

    (void)n;
    if (len > sizeof frame || (TX_FIFO_INF & 0xffffu) < len + 8) {
        return ERR_MEM;
    }
    (void)pbuf_copy_partial(p, frame, (u16_t)len, 0);
    TX_DATA = TX_FIRST_AND_LAST | len;
    TX_DATA = len;
    for (uint32_t i = 0; i < (len + 3) / 4; i++) {
        TX_DATA = frame[i];
    }
    while ((TX_FIFO_INF & 0x00ff0000u) != 0) {
        (void)TX_STATUS; /* what is lost, TCP sends again */
    }
    return ERR_OK;
}

static struct pbuf *fetch_frame(void)
{
    static uint32_t frame[FRAME_MAX / 4];
    uint32_t status = RX_STATUS;
    uint32_t len = (status >> 16) & 0x3fffu;
    struct pbuf *p;

    for (uint32_t i = 0; i < (len + 3) / 4; i++) {
        uint32_t word = RX_DATA;

        if (i < sizeof frame / 4) {
            frame[i] = word;
        }
    }
    if ((status & RX_ERROR) != 0 || len <= CRC_LEN || len > sizeof frame) {
        return NULL;
    }
    p = pbuf_alloc(PBUF_RAW, (u16_t)(len - CRC_LEN), PBUF_POOL);
    if (p != NULL) {
        (void)pbuf_take(p, frame, (u16_t)(len - CRC_LEN));
    }
    return p;
}

static void read_address(uint8_t address[6])
{
    uint32_t low = mac_read(MAC_ADDRL);
    uint32_t high = mac_read(MAC_ADDRH);

    for (unsigned i = 0; i < 4; i++) {
        address[i] = (uint8_t)(low >> (8 * i));
    }
    address[4] = (uint8_t)high;
    address[5] = (uint8_t)(high >> 8);
}

static err_t init_netif(struct netif *n)
{
    n->name[0] = 'e';
    n->name[1] = 'n';
    n->mtu = 1500;
    n->hwaddr_len = 6;
    n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    n->output = etharp_output;
    n->linkoutput = send_frame;
    read_address(n->hwaddr);
    mac_write(MAC_CR, MAC_DUPLEX_RX_TX);
    TX_CFG = TX_ON;
    IRQ_CFG = IRQ_ON_HIGH_PUSH_PULL;
    INT_EN = INT_PACKET;
    return ERR_OK;
}

/* ---- Network --------------------------------------------------------------------------------- */

int board_net_init(void)
{
    if (BYTE_TEST != BYTE_TEST_VALUE) {
        return OTA_ENOTSUP;
    }
    lwip_init();
    if (netif_add_noaddr(&netif, NULL, init_netif, ethernet_input) == NULL) {
        return OTA_ENOTSUP;
    }
    netif_set_default(&netif);
    netif_set_up(&netif);
    netif_set_link_up(&netif);
    return dhcp_start(&netif) == ERR_OK ? 0 : OTA_ENOSPC;
}

void board_net_poll(void)
{
    for (int i = 0; i < FRAMES_PER_POLL && has_packet(); i++) {
        struct pbuf *p = fetch_frame();

        if (p != NULL && netif.input(p, &netif) != ERR_OK) {
            pbuf_free(p);
        }
    }
    sys_check_timeouts();
}

bool board_net_is_up(void)
{
    return dhcp_supplied_address(&netif) != 0;
}

void board_sleep(uint32_t ms)
{
    uint32_t timer_ms = sys_timeouts_sleeptime();
    uint64_t end = board_now_ms() + (ms < timer_ms ? ms : timer_ms);

    /* With interrupts masked, one that comes after the look at the network still ends the sleep. */
    __asm__ volatile("cpsid i" ::: "memory");
    for (;;) {
        INT_STS = INT_PACKET;
        NVIC_ISER = 1u << IRQ_ETHERNET;
        if (has_packet() || board_now_ms() >= end) {
            break;
        }
        __asm__ volatile("wfi\n\tcpsie i\n\tisb\n\tcpsid i" ::: "memory");
    }
    __asm__ volatile("cpsie i" ::: "memory");
}

/* ---- What lwIP asks of the system ------------------------------------------------------------ */

u32_t sys_now(void)
{
    return (u32_t)board_now_ms();
}

void board_assert_failed(const char *what)
{
    board_log("network: %s", what);
    board_reset_because(BOARD_START_FAULT);
}

/* Port and transaction numbers: hard to guess, and without harm if they can be guessed. */
uint32_t board_random_word(void)
{
    uint32_t word = (uint32_t)board_now_ms();

    (void)board_random(&word, sizeof word);
    return word;
}
