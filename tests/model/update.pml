/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a device: bootloader, application and agent take turns, and the power may go at every
 * flash operation. -DOVERWRITE: that mode instead of swap using scratch. -DDEFECT_...: with one
 * thing done wrong, which must be found.
 */
#include "flash.pml"
#ifdef OVERWRITE
#include "boot_overwrite.pml"
#else
#include "boot_swap_scratch.pml"
#endif

#define RUNNING P[0]
#define IS_GOOD (RUNNING == 1 || (RUNNING == 2 && good2) || (RUNNING == 3 && good3))
#define IS_LIMIT (j_stage == DONE && j_err != INSTALLED && j_returns >= RETURNS)

/* ---- What must be true ----------------------------------------------------------------------- */

/* An image that is not on trial stays. */
#define SEE_INSTALLED kept = ((IS_TO_STAY) && RUNNING > kept -> RUNNING : kept)
#define SEE_START tried = (RUNNING > kept -> RUNNING : 0)

/* At the end of each boot, before the image is started. */
inline check_boot()
{
    d_step {
        /* There is a whole image, the bootloader has it, and may start it. */
        assert(IS_WHOLE(P));
        assert(RUNNING >= counter);
        /* What was confirmed or installed for good is not reverted. */
        assert(RUNNING >= kept);
        /* What was on trial and is not confirmed does not stay. */
        assert(!(tried == RUNNING && RUNNING > kept));
        /* What is started for the first time is what the log says is to be installed. */
        assert(RUNNING <= kept || (j_version == RUNNING && j_stage >= MARKING));
        SEE_INSTALLED;
        /* The counter has not risen before an image was there to stay. */
        assert(counter <= kept)
    }
}

/*
 * Nothing is left to be done: the image that is offered runs, or is not tried any more, and the
 * server knows. Or nothing can be done: a bad image runs, and the one to go back to was damaged.
 */
#define IS_AT_END                                                                                  \
    ((offered <= RUNNING || (IS_LIMIT && j_version == offered)) && !(j_stage == DONE && !j_told))
#define IS_STUCK (rotten && (!IS_GOOD) && RUNNING <= kept)
#define IS_DISTURBED (at == EVENT || at == DAMAGED)
#define IS_STARTED (at == RUN || at == IDLE)

/* While the power stays on, a boot comes to its end. */
ltl recovers { []<>(IS_DISTURBED || IS_STARTED) }
/* While the world leaves the device alone, it gets the update, or learns that it is bad. */
ltl updates { []<>IS_DISTURBED || <>[](IS_AT_END || IS_STUCK) }

/* ---- Agent ----------------------------------------------------------------------------------- */

#define MORE_RETURNS j_returns = (j_returns < RETURNS -> j_returns + 1 : RETURNS)

/* The agent begins: what a cut has left behind the newest record is older than this. */
inline renew(place)
{
    if
    :: j_stage >= LOADING && j_stage <= TRIAL -> WRITE_LOG(place, skip)
    :: else -> skip
    fi
}
/* src/agent/memory.c: what became of the image that was handed on. */
inline remember()
{
    renew(55);
    if
    :: j_stage < MARKING || j_stage > TRIAL -> skip
    :: j_stage >= MARKING && j_stage <= TRIAL && j_version == RUNNING ->
        if
        :: IS_CONFIRMED ->
            WRITE_LOG(50, j_stage = DONE; j_err = INSTALLED; j_loaded = 0)
        :: (!IS_CONFIRMED) && j_stage != TRIAL -> WRITE_LOG(51, j_stage = TRIAL; j_loaded = 0)
        :: else -> skip
        fi
    :: j_stage >= MARKING && j_stage <= TRIAL && j_version != RUNNING && s_magic != SET ->
        if
        :: j_stage == MARKING -> WRITE_LOG(52, j_stage = LOADING)
        :: j_stage != MARKING && (j_stage == TRIAL || (IS_WHOLE(S) && S[0] == j_version)) ->
            WRITE_LOG(53, j_stage = DONE; j_err = REVERTED; MORE_RETURNS)
        :: else -> WRITE_LOG(54, j_stage = DONE; j_err = REFUSED; MORE_RETURNS)
        fi
    :: else -> skip
    fi
}
/* The application looks at itself. */
inline start_application()
{
    if
    :: IS_GOOD ->
        if
        :: p_magic == SET && p_ok == UNSET -> WRITE_P_OK(60)
        :: else -> skip
        fi;
        if
        :: j_stage == TRIAL -> WRITE_LOG(61, j_stage = DONE; j_err = INSTALLED)
        :: else -> skip
        fi
#ifndef OVERWRITE
    :: (!IS_GOOD) -> GOTO(UP, FORGET); goto up
    :: (!IS_GOOD) && j_stage == TRIAL ->
        WRITE_LOG(62, j_returns = RETURNS);
        GOTO(UP, FORGET);
        goto up
#endif
    fi
}

/* A record that is about another image forgets what was known of the last one. */
#define LOADED j_stage = LOADING; j_err = 0; j_told = 0; j_loaded = 1
#define NOTE_LOADED                                                                                \
    if                                                                                             \
    :: j_version == offered -> WRITE_LOG(76, LOADED)                                               \
    :: else -> WRITE_LOG(76, LOADED; j_version = offered; j_returns = 0)                           \
    fi

/* The bootloader may have removed the image since; its header is looked at. */
#define CLAIMS_UNIT (j_stage == LOADING && j_version == offered && j_loaded)

/* src/agent/data.c: from the server to the secondary slot. */
inline download()
{
    if
    :: CLAIMS_UNIT && (s_magic != UNSET || s_ok != UNSET) -> erase_s_trailer(70)
    :: else -> skip
    fi;
    if
    :: CLAIMS_UNIT && S[0] != EMPTY && S[0] != NO_HEADER ->
        assert(S[0] == offered); /* the log does not claim more than there is */
        WRITE_LOG(71, skip)
    :: else ->
#ifndef DEFECT_STALE_LOG
        if
        :: (j_stage == LOADING || j_stage == MARKING) && j_loaded -> WRITE_LOG(69, j_loaded = 0)
        :: else -> skip
        fi;
#endif
        erase_s_trailer(72);
        ERASE_S(73, 0);
        DO(74, WRITE, SECOND, S[0] = JUNK, TEAR(S[0] = NO_HEADER));
        WRITE_S(75, 0, offered);
        NOTE_LOADED
    fi;
    if
    :: skip
    :: GOTO(EVENT, skip); goto idle /* the network fails */
    fi;
    ERASE_S(77, 1);
    if
    :: WRITE_S(78, 1, offered)
    :: DO(79, WRITE, SECOND + 1, S[1] = JUNK, ); /* what comes is damaged */
        GOTO(DAMAGED, skip)
    fi
}
/* src/agent/verify.c and ota_slot_set_pending: the request to install it. */
inline mark()
{
    assert(IS_WHOLE(S) && S[0] > RUNNING); /* nothing is marked that is not verified */
#ifndef DEFECT_LATE_LOG
    WRITE_LOG(81, j_stage = MARKING);
#endif
    if
    :: permanent -> WRITE_S_OK(82)
    :: else -> skip
    fi;
    if
    :: !s_info -> WRITE_S_INFO(83)
    :: else -> skip
    fi;
    WRITE_S_MAGIC(84);
#ifdef DEFECT_LATE_LOG
    WRITE_LOG(81, j_stage = MARKING);
#endif
    WRITE_LOG(85, j_stage = MARKED; j_loaded = 0)
}

inline session()
{
    if
    :: renew(56) /* the agent begins with the session */
    :: skip
    fi;
    if
    :: j_stage == DONE && !j_told -> WRITE_LOG(65, j_told = 1)
    :: else -> skip
    fi;
    if
    :: offered <= RUNNING || (IS_LIMIT && j_version == offered) -> skip
    :: else ->
        download();
        if
        :: (!IS_WHOLE(S)) -> WRITE_LOG(80, j_stage = NOTHING; j_loaded = 0)
        :: else -> mark(); GOTO(UP, FORGET); goto up
        fi
    fi
}

/* ---- Life ------------------------------------------------------------------------------------ */

init
{
    if
    :: good2 = 1; good3 = 1
    :: good2 = 0; good3 = 1
    :: good2 = 1; good3 = 0
    :: good2 = 1; good3 = 1; permanent = 1
    fi;
#ifdef OVERWRITE
    good2 = 1; good3 = 1;
#endif
up:
    if
    :: skip
    :: !rotten && IS_WHOLE(P) && IS_WHOLE(S) && p_n == 0 &&
            (s_magic == SET || (p_magic == SET && p_ok == UNSET)) ->
        GOTO(EVENT, rotten = 1; S[1] = JUNK);
        goto up
    fi;
    boot();
    check_boot();
    if
    :: IS_SETTLED && RUNNING > counter -> RAISE(45, RUNNING)
    :: else -> skip
    fi;
    assert(counter <= kept);
    GOTO(RUN, FORGET; SEE_START);
    remember();
    start_application();
idle:
    do
    :: at != IDLE -> GOTO(IDLE, FORGET)
    :: at == IDLE -> session()
    :: at == IDLE -> GOTO(EVENT, skip); goto up
    :: offered < 3 -> GOTO(EVENT, offered = (offered == 0 -> 2 : 3))
    :: offered == 0 -> GOTO(EVENT, offered = 3)
    od
}

