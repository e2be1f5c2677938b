/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One device in virtual time, with peers in the same process, for tests of the agent. It runs
 * 1.0.0, its peers offer 1.6.0 in IMAGE_LEN bytes.
 */
#ifndef OTA_TEST_UNIT_AGENT_WORLD_H
#define OTA_TEST_UNIT_AGENT_WORLD_H

#include "ota/agent.h"
#include "ota_psa.h"
#include "unit/fake_peer.h"
#include "unit/fake_web.h"
#include "unit/ram_flash.h"

#define BOARD "CY8CPROTO_062_4343W"
#define IMAGE_LEN 10000u
#define SLOT 32768u
#define JOB(version)                                                                               \
    "{\"Message\":\"Update Available\",\"Board\":\"" BOARD "\",\"Version\":\"" version             \
    "\",\"Connection\":\"MQTT\",\"Port\":\"1883\"}"

/* Everything of one device and its peers. */
struct world {
    struct ram_flash flash;
    struct ota_slot primary, secondary;
    struct ota_area journal;
    struct fake_peer peer;
    struct fake_web web;
    struct ota_psa psa;
    struct ota_crypto crypto;
    struct ota_config config;
    struct ota_agent agent;
    uint64_t work[(OTA_WORK_LEN(8) + 2048) / 8];
    uint8_t image[IMAGE_LEN];
    uint64_t now_ms;
    unsigned n_random;
    int n_resets;
    /* One answer to give: at this moment and state, the n-th time. */
    enum ota_moment at_moment;
    enum ota_state at_state;
    enum ota_answer answer;
    int n_answers;
    char trace[200][48];
    size_t n_trace;
    int failed_with;
};

extern struct world w;

/* An image of exactly len bytes with a hash and nothing else; version 1.MINOR.0, no build. */
void make_image(uint8_t *image, uint32_t len, uint8_t minor);
void make_image_of(uint8_t *image, uint32_t len, const struct ota_version *version);

/* Everything as it is before each test: sessions begin over MQTT. For cmocka. */
int set_up(void **state);

void start(void);

/* Runs until so many sessions have ended. Time passes only when the agent wants to sleep. */
void run_sessions(uint32_t n);

bool is_pending(void);
void expect_installed(void);

/* The callbacks so far, against a trace of the original. Both end where the shorter one does: the
 * traces stop at the next waiting, or at a reset. */
void expect_trace(const char *name);

/* The hook's answer at one moment. */
void answer_once(enum ota_moment moment, enum ota_state state, enum ota_answer answer);

#endif
