/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is on flash, and what an operation on it may leave when the power goes.
 *
 * A slot is two units of image and one of trailer. What a unit of image holds is told by whose it
 * is: EMPTY, the version of the image (1 to 3) whose unit this is, JUNK, or NO_HEADER: junk whose
 * header reads as if there were no image. A field that nobody can look at (in a trailer without a
 * good magic; the record of a swap whose copy_done is written) is zero.
 */
#define EMPTY 0
#define JUNK 4
#define NO_HEADER 5

/* A field of a trailer. Scratch's magic is UNSET only if the whole trailer there is blank. */
#define UNSET 0
#define SET 1
#define BAD 2

/* Swap types, MCUboot's numbers. */
#define NONE 1
#define TEST 2
#define PERM 3
#define REVERT 4

/* Stages of the record log, what became of an image, and how often one is tried. */
#define NOTHING 0
#define LOADING 1
#define MARKING 2
#define MARKED 3
#define TRIAL 4
#define DONE 5
#define INSTALLED 0
#define REVERTED 1
#define REFUSED 2
#define RETURNS 2

byte P[2] = 1; /* units of image in the primary slot */
byte p_magic, p_copy, p_ok;
byte p_info;   /* type of the swap that the trailer records */
byte p_n;      /* and how many of its states are complete */
byte S[2];     /* units of image in the secondary slot */
byte s_magic, s_ok;
bit s_info;    /* has it been written? */
byte X;        /* scratch */
bit x_unit;    /* of which unit of an image that is */
byte x_magic, x_info;
byte j_stage, j_version, j_err, j_returns; /* newest record of the log */
bit j_loaded;  /* the first unit is stored */
bit j_told;    /* the server knows the outcome */
byte counter = 1; /* security counter of the device; that of an image is its version */

/* What the software knows until the next reset. */
byte type, n;
byte info_in;  /* whose trailer tells of the swap: nobody's, the primary's, scratch's */
#define NOWHERE 0
#define PRIMARY 1
#define IN_SCRATCH 2
bit no_image;  /* refused: there is none */

/* The surroundings. */
byte offered;  /* version that the server has; 0: none */
bit good2, good3; /* does the application of that version confirm itself? */
bit permanent; /* updates are not on trial */
bit rotten;    /* the image in the secondary slot was damaged, once */

/* What was seen. */
byte kept = 1; /* newest version that was confirmed, or installed for good */
byte tried;    /* version whose trial has begun */

/* The last thing that happened: a power cut or something else outside, or a place that the software
 * came to; above these, the flash operation with that number. */
#define EVENT 0
#define UP 1
#define RUN 2
#define IDLE 3
#define DECIDED 4
#define REFUSING 5
#define DAMAGED 6
byte at = UP;

/* Kinds and units of flash operations, as they are compared with the code. */
#define STEP 0
#define ERASE 1
#define WRITE 2
#define P_TRAILER 2
#define SECOND 3 /* and 4: units of the secondary slot */
#define S_TRAILER 5
#define SCRATCH 6
#define LOG 7
#define COUNTER 8

/* ---- Transitions ----------------------------------------------------------------------------- */

/* With -DTRACE a verifier that is compiled with -DPRINTF prints every transition: moment, operation,
 * unit, moment. replay.c reads that. */
#ifdef TRACE
#define MOMENT                                                                                     \
    printf("%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d", P[0], P[1], p_magic, p_copy, p_ok,    \
           p_info, p_n, S[0], S[1], s_magic, s_ok, s_info, X, x_unit, x_magic, x_info, j_stage,    \
           j_version, j_err, j_returns, j_loaded, j_told, counter);                                \
    printf("%d%d%d%d%d%d%d%d%d%d%d.%d", type, n, info_in, no_image, offered, good2, good3,         \
           permanent, rotten, kept, tried, at)
#define BEFORE MOMENT
#define AFTER(kind, unit)                                                                          \
    printf(" %d%d ", kind, unit);                                                                  \
    MOMENT;                                                                                        \
    printf("\n")
#else
#define BEFORE skip
#define AFTER(kind, unit) skip
#endif

#define FORGET                                                                                     \
    type = 0;                                                                                      \
    n = 0;                                                                                         \
    info_in = 0;                                                                                   \
    no_image = 0

/* Without an operation: the software comes to a place, or something happens outside. */
#define GOTO(place, what) d_step { BEFORE; what; at = place; AFTER(STEP, 0) }

/* An operation that is cut in the middle may leave this. */
#define TEAR(what) :: d_step { BEFORE; what; FORGET; at = EVENT; AFTER(STEP, 1) } -> goto up
#define TEAR_IF(when, what)                                                                        \
    :: d_step { (when) -> BEFORE; what; FORGET; at = EVENT; AFTER(STEP, 1) } -> goto up

/* A flash operation: is done; or the power goes before it, after it, or in the middle. */
#define DO(place, kind, unit, what, torn)                                                          \
    if                                                                                             \
    :: d_step { BEFORE; what; at = place; AFTER(kind, unit) }                                      \
    TEAR(skip)                                                                                     \
    TEAR(what)                                                                                     \
    torn                                                                                           \
    fi

/* ---- Operations ------------------------------------------------------------------------------ */

/* Erases and writes of a unit of image. What is torn is junk, whose header may read as none. */
#define TORN_UNIT(slot, u) TEAR(slot[u] = JUNK) TEAR_IF(u == 0, slot[u] = NO_HEADER)
#define ERASE_P(place, u) DO(place, ERASE, u, P[u] = EMPTY, TEAR(P[u] = JUNK))
#define WRITE_P(place, u, value) DO(place, WRITE, u, P[u] = value, TEAR(P[u] = JUNK))
#define ERASE_S(place, u) DO(place, ERASE, SECOND + u, S[u] = EMPTY, TORN_UNIT(S, u))
#define WRITE_S(place, u, value) DO(place, WRITE, SECOND + u, S[u] = value, TORN_UNIT(S, u))

/*
 * The primary's trailer. As long as the magic reads good after a torn erase, the fields next to it
 * are as they were; FIELDS_GO_FIRST takes that assumption away.
 */
#define BLANK_P                                                                                    \
    p_magic = UNSET;                                                                               \
    p_copy = UNSET;                                                                                \
    p_ok = UNSET;                                                                                  \
    p_info = 0;                                                                                    \
    p_n = 0
#ifdef FIELDS_GO_FIRST
#define LOST_FIELD                                                                                 \
    TEAR_IF(p_magic == SET && p_copy == SET, p_copy = UNSET; p_info = TEST; p_n = 3)
#else
#define LOST_FIELD
#endif
#define ERASE_P_TRAILER(place)                                                                     \
    DO(place, ERASE, P_TRAILER, BLANK_P, TEAR(BLANK_P; p_magic = BAD) LOST_FIELD)
#define WRITE_P_INFO(place) DO(place, WRITE, P_TRAILER, skip, )
#define WRITE_P_MAGIC(place, what, ok)                                                             \
    DO(place, WRITE, P_TRAILER, p_magic = SET; p_info = what; p_ok = ok, TEAR(p_magic = BAD))
#define WRITE_P_OK(place)                                                                          \
    DO(place, WRITE, P_TRAILER, p_ok = SET; SEE_OK, TEAR(p_ok = BAD; SEE_OK))
#define WRITE_P_COPY(place)                                                                        \
    DO(place, WRITE, P_TRAILER, p_copy = SET; p_info = 0; p_n = 0,                                 \
       TEAR(p_copy = BAD; p_info = 0; p_n = 0))
#define WRITE_P_STATE(place) DO(place, WRITE, P_TRAILER, n = n + 1; p_n = n, )

/* The secondary's: a request. */
#define BLANK_S                                                                                    \
    s_magic = UNSET;                                                                               \
    s_ok = UNSET;                                                                                  \
    s_info = 0
#define TORN_S(magic)                                                                              \
    TEAR(s_magic = magic)                                                                          \
    TEAR(s_magic = magic; s_info = 0)                                                              \
    TEAR(s_magic = magic; s_ok = UNSET)                                                            \
    TEAR(s_magic = magic; s_ok = UNSET; s_info = 0)                                                \
    TEAR_IF(s_ok != UNSET, s_magic = magic; s_ok = BAD)                                            \
    TEAR_IF(s_ok != UNSET, s_magic = magic; s_ok = BAD; s_info = 0)
inline erase_s_trailer(place)
{
    DO(place, ERASE, S_TRAILER, BLANK_S,
       TORN_S(s_magic) TORN_S(UNSET) TORN_S((s_magic == UNSET -> UNSET : BAD)))
}
#define WRITE_S_OK(place) DO(place, WRITE, S_TRAILER, s_ok = SET, TEAR(s_ok = BAD))
#define WRITE_S_INFO(place) DO(place, WRITE, S_TRAILER, s_info = 1, )
#define WRITE_S_MAGIC(place) DO(place, WRITE, S_TRAILER, s_magic = SET, TEAR(s_magic = BAD))

/* Scratch: one unit, whose end is its trailer. The first unit of an image reaches into that. */
#define ERASE_X(place)                                                                             \
    DO(place, ERASE, SCRATCH, X = EMPTY; x_unit = 0; x_magic = UNSET; x_info = 0,                  \
       TEAR_IF(X != EMPTY, X = JUNK; x_unit = 0; x_magic = UNSET; x_info = 0)                      \
       TEAR_IF(X != EMPTY && x_magic != UNSET, X = JUNK; x_unit = 0; x_magic = BAD; x_info = 0)    \
       TEAR_IF(X != EMPTY && x_magic != UNSET, X = EMPTY; x_unit = 0; x_magic = BAD; x_info = 0)   \
       TEAR_IF(x_magic != UNSET, x_magic = BAD; x_info = 0))
#define WRITE_X(place, u, value)                                                                   \
    DO(place, WRITE, SCRATCH, X = value; x_unit = u; x_magic = (u == 0 -> BAD : UNSET),            \
       TEAR_IF(u == 0, X = value; x_unit = u; x_magic = UNSET)                                     \
       TEAR(X = JUNK)                                                                              \
       TEAR_IF(u == 0, X = JUNK; x_magic = BAD)                                                    \
       TEAR_IF(u == 0, x_magic = BAD))
#define WRITE_X_INFO(place) DO(place, WRITE, SCRATCH, x_magic = BAD, )
#define WRITE_X_MAGIC(place, what)                                                                 \
    DO(place, WRITE, SCRATCH, x_magic = SET; x_info = what, TEAR(x_magic = BAD))

/* A record of the log, and the counter, are written or not. */
#define WRITE_LOG(place, what) DO(place, WRITE, LOG, what, )
#define RAISE(place, value) DO(place, WRITE, COUNTER, counter = value, )

/* ---- What is true ---------------------------------------------------------------------------- */

#define IS_WHOLE(slot) (slot[0] == slot[1] && slot[0] >= 1 && slot[0] <= 3)
/* For ota_slot_is_confirmed, only a flag that is set counts as the end of a swap. */
#define IS_CONFIRMED (p_magic != SET || p_copy != SET || p_ok != UNSET)
/* An image whose flag is written, even torn, is not reverted. */
#define SEE_OK                                                                                     \
    kept = (IS_WHOLE(P) && P[0] > kept -> P[0] : kept)
