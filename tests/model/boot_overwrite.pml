/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader, overwrite: boot/select.c, overwrite.c. */

inline refuse()
{
    GOTO(REFUSING, no_image = (S[0] == EMPTY || S[0] == NO_HEADER));
    if
    :: !no_image ->
        ERASE_S(10, 0);
        ERASE_S(11, 1);
        erase_s_trailer(12)
    :: else -> skip
    fi;
    if
    :: s_magic != UNSET || s_ok != UNSET || s_info -> erase_s_trailer(13)
    :: else -> skip
    fi
}

/* The trailer is copied as it is. */
#define COPY_TRAILER(place)                                                                        \
    DO(place, WRITE, P_TRAILER, p_magic = s_magic; p_ok = s_ok,                                    \
       TEAR(p_magic = BAD) TEAR(p_magic = s_magic))

inline boot()
{
    if
    :: s_magic == SET && s_ok != BAD ->
        GOTO(DECIDED, type = (s_ok == SET -> PERM : TEST));
        if
        :: IS_WHOLE(S) && S[0] >= counter ->
#ifdef DEFECT_REQUEST_FIRST
            erase_s_trailer(26);
#endif
            ERASE_P(20, 0);
            ERASE_P(21, 1);
            ERASE_P_TRAILER(22);
            WRITE_P(23, 0, S[0]);
            WRITE_P(24, 1, S[1]);
            COPY_TRAILER(25);
#ifndef DEFECT_REQUEST_FIRST
            erase_s_trailer(26);
#endif
            ERASE_S(27, 0)
        :: else -> refuse()
        fi
    :: else -> skip
    fi
}

#define IS_SETTLED true
#define IS_TO_STAY true
