/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent keeps in the record log. A build without the log remembers nothing. */
#ifndef OTA_AGENT_MEMORY_H
#define OTA_AGENT_MEMORY_H

#include "agent/agent.h"

/* What becomes of an image behind its download. */
enum ota_note {
    OTA_NOTE_NOTHING,   /* it is not to be had */
    OTA_NOTE_MARKING,   /* it is verified and about to be marked */
    OTA_NOTE_MARKED,    /* it is marked */
    OTA_NOTE_CONFIRMED, /* it runs and is confirmed */
    OTA_NOTE_REJECTED,  /* it runs and is not to be tried again */
    OTA_NOTE_REPORTED,  /* the server knows of the outcome */
};

int ota_memory_open(struct agent *a);
int ota_memory_note(struct agent *a, enum ota_note note);
int ota_memory_note_data(struct agent *a, const struct ota_version *offered);
int ota_memory_note_loss(struct agent *a, uint32_t off);
uint32_t ota_memory_resume_at(const struct agent *a);
bool ota_memory_is_refused(const struct agent *a, const struct ota_version *version);

/* Opens the log and finds out what became of the image that was handed to the bootloader. 0 or a
 * flash error. */
static inline int ota_agent_remember(struct agent *a)
{
    return OTA_CONFIG_JOURNAL ? ota_memory_open(a) : 0;
}

/* 0 or a flash error. */
static inline int ota_agent_note(struct agent *a, enum ota_note note)
{
    return OTA_CONFIG_JOURNAL ? ota_memory_note(a, note) : 0;
}

/* Image bytes have been taken: the first of a session, or some more. 0; OTA_ERETRIES beyond the
 * limits of the configuration; or a flash error. */
static inline int ota_agent_note_data(struct agent *a, const struct ota_version *offered)
{
    return OTA_CONFIG_JOURNAL ? ota_memory_note_data(a, offered) : 0;
}

/* What is stored from offset off on is not to be relied on. 0 or a flash error. */
static inline int ota_agent_note_loss(struct agent *a, uint32_t off)
{
    return OTA_CONFIG_JOURNAL ? ota_memory_note_loss(a, off) : 0;
}

/* Where the slot's content allows to go on; 0: from the start. */
static inline uint32_t ota_agent_resume_at(const struct agent *a)
{
    return OTA_CONFIG_JOURNAL ? ota_memory_resume_at(a) : 0;
}

/* True if this version was tried as often as it may be, and went back or was not installed. */
static inline bool ota_agent_is_refused(const struct agent *a, const struct ota_version *version)
{
    return OTA_CONFIG_JOURNAL && ota_memory_is_refused(a, version);
}

/* True if an outcome waits to be reported. */
static inline bool ota_agent_has_report(const struct agent *a)
{
    return OTA_CONFIG_JOURNAL && a->journal.last.stage == OTA_STAGE_DONE &&
           !a->journal.last.is_reported;
}

#endif
