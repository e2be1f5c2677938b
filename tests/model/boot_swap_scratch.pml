/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader, swap using scratch: boot/select.c, swap_scratch.c, status_trailer.c. */

#define IS_IN_PRIMARY (p_magic == SET && p_info >= TEST && p_copy == UNSET)
#define IS_ANNOUNCED (x_magic == SET && x_info >= TEST)

inline find_swap()
{
    if
    :: IS_IN_PRIMARY -> GOTO(DECIDED, info_in = PRIMARY; type = p_info; n = p_n)
    :: !IS_IN_PRIMARY && IS_ANNOUNCED -> GOTO(DECIDED, info_in = IN_SCRATCH; type = x_info)
    :: else -> skip
    fi
}

#ifdef DEFECT_TORN_END
#define IS_OVER (p_copy == SET)
#else
#define IS_OVER (p_copy != UNSET)
#endif

/* The table of the trailers. */
inline decide()
{
    if
    :: s_magic == SET && s_ok == UNSET -> GOTO(DECIDED, type = TEST)
    :: s_magic == SET && s_ok == SET -> GOTO(DECIDED, type = PERM)
    :: (s_magic != SET || s_ok == BAD) && p_magic == SET && IS_OVER && p_ok == UNSET ->
        GOTO(DECIDED, type = REVERT)
    :: else -> skip
    fi
}

/* Erases the request, unless there is nothing of it. */
#define CLEAR_S(place)                                                                             \
    if                                                                                             \
    :: s_magic != UNSET || s_ok != UNSET || s_info -> erase_s_trailer(place)                       \
    :: else -> skip                                                                                \
    fi
#define CLEAR_X(place)                                                                             \
    if                                                                                             \
    :: x_magic != UNSET -> ERASE_X(place)                                                          \
    :: else -> skip                                                                                \
    fi

/* The image in the secondary slot is not what it should be. */
inline refuse()
{
    GOTO(REFUSING, no_image = (S[0] == EMPTY || S[0] == NO_HEADER));
    if
#ifdef DEFECT_ANNOUNCEMENT_STAYS
    :: info_in == IN_SCRATCH -> CLEAR_X(10)
#else
    :: info_in != NOWHERE -> CLEAR_X(10)
#endif
    :: else -> skip
    fi;
    if
    :: (info_in != NOWHERE || type == REVERT) && p_magic == SET ->
        if
        :: p_ok == UNSET -> WRITE_P_OK(11)
        :: else -> skip
        fi;
        if
        :: p_copy == UNSET -> WRITE_P_COPY(12)
        :: else -> skip
        fi
    :: else -> skip
    fi;
    if
    :: !no_image ->
        ERASE_S(13, 0);
        ERASE_S(14, 1);
        erase_s_trailer(15)
    :: else -> skip
    fi;
    CLEAR_S(16)
}

/* Records in the primary's trailer what is about to begin. */
inline prepare()
{
#ifndef DEFECT_NO_COPY
    if
    :: info_in == NOWHERE && type == REVERT ->
        ERASE_X(20);
        WRITE_X_INFO(21);
        WRITE_X_MAGIC(22, REVERT)
    :: else -> skip
    fi;
#endif
    ERASE_P_TRAILER(23);
    WRITE_P_INFO(24);
    if
    :: type == PERM ->
        WRITE_P_INFO(25);
        WRITE_P_MAGIC(26, PERM, SET)
    :: else -> WRITE_P_MAGIC(26, type, UNSET)
    fi
}

/* Three states for each unit, from the end of the image to its start. */
#define U (1 - n / 3)
#ifdef DEFECT_EARLY_RECORD
#define RECORD_EARLY WRITE_P_STATE(39);
#define RECORD
#define U_NEW (1 - (n - 1) / 3)
#else
#define RECORD_EARLY
#define RECORD ; WRITE_P_STATE(39)
#define U_NEW U
#endif
inline exchange()
{
    do
    :: n == 6 -> break
    :: n == 0 || n == 3 ->
        ERASE_X(30);
        WRITE_X(31, U, S[U]);
        WRITE_P_STATE(32)
    :: n == 1 || n == 4 ->
        ERASE_S(33, U);
        WRITE_S(34, U, P[U]);
        if
        :: n == 1 -> CLEAR_S(35)
        :: else -> skip
        fi;
        WRITE_P_STATE(36)
    :: n == 2 || n == 5 ->
        RECORD_EARLY
        ERASE_P(37, U_NEW);
        WRITE_P(38, U_NEW, X)
        RECORD
    od
}

inline finish()
{
    if
    :: type != TEST && p_ok == UNSET -> WRITE_P_OK(40)
    :: else -> skip
    fi;
    if
    :: p_copy == UNSET -> WRITE_P_COPY(41)
    :: else -> skip
    fi
}

inline boot()
{
    find_swap();
    if
    :: info_in != NOWHERE && n > 0 ->
        if
        :: n == 3 -> CLEAR_X(17)
        :: else -> skip
        fi;
        exchange();
        finish()
    :: else ->
        if
        :: info_in == NOWHERE -> decide()
        :: else -> skip
        fi;
        if
        :: type == 0 -> skip
        :: type != 0 && !(IS_WHOLE(S) && S[0] >= counter) -> refuse()
        :: else ->
            assert(IS_WHOLE(P));
            if
            :: info_in != PRIMARY -> prepare()
            :: else -> skip
            fi;
            exchange();
            finish()
        fi
    fi
}

#ifdef DEFECT_EARLY_COUNTER
#define IS_SETTLED true
#else
#define IS_SETTLED (p_magic != SET || p_ok == SET)
#endif
#define IS_TO_STAY p_magic != SET || p_ok != UNSET
