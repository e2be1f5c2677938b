/* SPDX-License-Identifier: Apache-2.0 */
#include "http_codec.h"

#include <stdio.h>
#include <string.h>

#include "ota/err.h"
#include "unit/guard.h"

#define ROOM 256u

/* What an answer was found to say. */
struct answer {
    int rc;
    bool is_head;
    bool is_end;
    struct ota_http_event head;
    char body[512];
    size_t body_len;
    size_t used; /* of what was given */
};

static char text[ROOM];
static struct ota_http_codec codec;

/* Gives the codec an answer in pieces of so many bytes, each at a guard page. */
static struct answer read_answer(const char *bytes, size_t len, size_t cut)
{
    struct answer a = {0};
    struct guard g;
    size_t off = 0;

    guard_init(&g, cut);
    memset(text, 'x', sizeof text);
    ota_http_codec_init(&codec, text, sizeof text);
    while (!a.is_end && a.rc == 0) {
        size_t n = len - off < cut ? len - off : cut;
        struct ota_http_piece piece;

        memcpy(g.end - n, bytes + off, n);
        a.rc = ota_http_codec_next(&codec, g.end - n, n, &piece);
        if (a.rc != 0) {
            break;
        }
        assert_true(piece.used <= n);
        off += piece.used;
        if (piece.kind == OTA_HTTP_PIECE_HEAD) {
            a.is_head = true;
            ota_http_codec_head(&codec, &a.head);
        } else if (piece.kind == OTA_HTTP_PIECE_BODY) {
            assert_true(piece.len > 0 && piece.len <= n - piece.used);
            assert_true(a.is_head && piece.len <= sizeof a.body - a.body_len);
            memcpy(a.body + a.body_len, piece.data, piece.len);
            a.body_len += piece.len;
            off += piece.len;
            ota_http_codec_taken(&codec, piece.len);
        } else if (piece.kind == OTA_HTTP_PIECE_END) {
            a.is_end = true;
        } else if (off == len) {
            break;
        }
    }
    a.used = off;
    guard_free(&g);
    return a;
}

static struct answer read_text(const char *bytes)
{
    return read_answer(bytes, strlen(bytes), 1000);
}

static void expect_error(const char *bytes, int err)
{
    size_t len = strlen(bytes);

    for (size_t cut = 1; cut <= len; cut++) {
        struct answer a = read_answer(bytes, len, cut);

        if (a.rc != err) {
            fail_msg("%d instead of %d for %s", a.rc, err, bytes);
        }
    }
}

/* ---- Requests -------------------------------------------------------------------------------- */

static char buf[ROOM];
static const struct ota_http_place home = {.host = "ota.example", .path = "/a", .port = 80};

static void expect_request(const struct ota_http_request *req, const struct ota_http_place *place,
                           const char *expected)
{
    int rc = ota_http_request_write(req, place, buf, sizeof buf);

    assert_int_equal(rc, strlen(expected));
    assert_string_equal(buf, expected);
}

static void test_get_names_path_and_host(void **state)
{
    const struct ota_http_request req = {0};

    (void)state;
    expect_request(&req, &home,
                   "GET /a HTTP/1.1\r\nHost: ota.example\r\nUser-Agent: libota\r\nAccept: */*\r\n"
                   "Accept-Encoding: identity\r\n\r\n");
}

static void test_unusual_port_and_ipv6_are_in_the_host(void **state)
{
    const struct ota_http_place place = {.host = "::1", .path = "/?q", .port = 80, .tls = true};
    const struct ota_http_request req = {0};

    (void)state;
    assert_true(ota_http_request_write(&req, &place, buf, sizeof buf) > 0);
    assert_non_null(strstr(buf, "GET /?q HTTP/1.1\r\nHost: [::1]:80\r\n"));
}

static void test_range_has_its_first_and_last_byte(void **state)
{
    struct ota_http_request req = {
        .is_range = true, .range_off = 100, .range_len = 50, .if_range = "\"tag\""};

    (void)state;
    assert_true(ota_http_request_write(&req, &home, buf, sizeof buf) > 0);
    assert_non_null(strstr(buf, "\r\nRange: bytes=100-149\r\nIf-Range: \"tag\"\r\n\r\n"));
    req.range_len = 0;
    assert_true(ota_http_request_write(&req, &home, buf, sizeof buf) > 0);
    assert_non_null(strstr(buf, "\r\nRange: bytes=100-\r\n"));
    req.range_off = UINT32_MAX;
    req.range_len = UINT32_MAX;
    assert_true(ota_http_request_write(&req, &home, buf, sizeof buf) > 0);
    assert_non_null(strstr(buf, "\r\nRange: bytes=4294967295-4294967295\r\n"));
}

static void test_post_has_type_and_length(void **state)
{
    const struct ota_http_request req = {
        .body = "{}", .body_len = 2, .content_type = "application/json", .is_range = true};

    (void)state;
    assert_true(ota_http_request_write(&req, &home, buf, sizeof buf) > 0);
    assert_memory_equal(buf, "POST /a HTTP/1.1\r\n", 18);
    assert_non_null(strstr(buf, "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"));
    assert_null(strstr(buf, "Range"));
}

static void test_request_that_does_not_fit_is_refused(void **state)
{
    const struct ota_http_request req = {0};
    int len = ota_http_request_write(&req, &home, buf, sizeof buf);

    (void)state;
    assert_int_equal(ota_http_request_write(&req, &home, buf, (size_t)len), OTA_ENOSPC);
    assert_int_equal(ota_http_request_write(&req, &home, buf, (size_t)len + 1), len);
}

static void test_texts_cannot_add_lines_to_a_request(void **state)
{
    static const char *const paths[] = {"", "a", "/a b", "/a\r\nX: y", "/\x7f", "/\xe4"};
    const struct ota_http_request plain = {0};
    const struct ota_http_request tagged = {.is_range = true, .if_range = "\"a\"\r\nX: y"};
    const struct ota_http_request typed = {.body = "", .content_type = "a\nb"};
    const struct ota_http_request untyped = {.body = ""};
    struct ota_http_place place = home;

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        place.path = paths[i];
        assert_int_equal(ota_http_request_write(&plain, &place, buf, sizeof buf), OTA_EARG);
    }
    place.path = "/";
    place.host = "a\r\nb";
    assert_int_equal(ota_http_request_write(&plain, &place, buf, sizeof buf), OTA_EARG);
    assert_int_equal(ota_http_request_write(&tagged, &home, buf, sizeof buf), OTA_EARG);
    assert_int_equal(ota_http_request_write(&typed, &home, buf, sizeof buf), OTA_EARG);
    assert_int_equal(ota_http_request_write(&untyped, &home, buf, sizeof buf), OTA_EARG);
}

/* ---- Redirections ---------------------------------------------------------------------------- */

static char room[64];
static struct ota_http_place place;

static void expect_place(const char *location, const char *host, uint16_t port, bool tls,
                         const char *path)
{
    int rc = ota_http_place_follow(&place, location, room, sizeof room);

    if (rc != 0) {
        fail_msg("%d for %s", rc, location);
    }
    assert_string_equal(place.host, host);
    assert_string_equal(place.path, path);
    assert_int_equal(place.port, port);
    assert_int_equal(place.tls, tls);
}

static void start_at(const char *path, bool tls)
{
    place = (struct ota_http_place){.host = "a.example", .path = path, .port = 8080, .tls = tls};
}

static void test_url_leads_to_another_server(void **state)
{
    (void)state;
    start_at("/x", false);
    expect_place("https://b.example/y?z#f", "b.example", 443, true, "/y?z");
    start_at("/x", false);
    expect_place("HTTP://b.example:81", "b.example", 81, false, "/");
    start_at("/x", false);
    expect_place("http://b.example?q", "b.example", 80, false, "/?q");
    start_at("/x", true);
    expect_place("//c.example/y", "c.example", 443, true, "/y");
    start_at("/x", false);
    expect_place("http://[::1]:81/y", "::1", 81, false, "/y");
}

static void test_reference_is_seen_from_the_old_path(void **state)
{
    /* Those of RFC 3986, 5.4, that stay on the server. */
    static const char *const pairs[][2] = {
        {"g", "/b/c/g"},
        {"./g", "/b/c/g"},
        {"g/", "/b/c/g/"},
        {"/g", "/g"},
        {"?y", "/b/c/d;p?y"},
        {"g?y", "/b/c/g?y"},
        {"g;x", "/b/c/g;x"},
        {".", "/b/c/"},
        {"./", "/b/c/"},
        {"..", "/b/"},
        {"../", "/b/"},
        {"../g", "/b/g"},
        {"../..", "/"},
        {"../../", "/"},
        {"../../g", "/g"},
        {"../../../g", "/g"},
        {"../../../../g", "/g"},
        {"/./g", "/g"},
        {"/../g", "/g"},
        {"g.", "/b/c/g."},
        {".g", "/b/c/.g"},
        {"g..", "/b/c/g.."},
        {"..g", "/b/c/..g"},
        {"./../g", "/b/g"},
        {"./g/.", "/b/c/g/"},
        {"g/./h", "/b/c/g/h"},
        {"g/../h", "/b/c/h"},
        {"g;x=1/./y", "/b/c/g;x=1/y"},
        {"g?y/./x", "/b/c/g?y/./x"},
        {"g?y/../x", "/b/c/g?y/../x"},
        {"g#s/../x", "/b/c/g"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        start_at("/b/c/d;p?q", false);
        expect_place(pairs[i][0], "a.example", 8080, false, pairs[i][1]);
    }
}

static void test_places_follow_each_other_in_the_same_room(void **state)
{
    (void)state;
    start_at("/x", false);
    expect_place("http://b.example/1/2/3", "b.example", 80, false, "/1/2/3");
    expect_place("4", "b.example", 80, false, "/1/2/4");
    expect_place("https://longer.example/5/6", "longer.example", 443, true, "/5/6");
    expect_place("../7?q", "longer.example", 443, true, "/7?q");
    expect_place("?r", "longer.example", 443, true, "/7?r");
    expect_place("https://c/", "c", 443, true, "/");
    expect_place("8", "c", 443, true, "/8");
}

static void test_bad_places_are_refused(void **state)
{
    static const char *const bad[] = {
        "",          "#f",     "ftp://a/b",      "mailto:a",    "http://",
        "http:///x", "//",     "http://u:p@a/b", "http://a:0/", "http://a:99999/",
        "mqtt://a/", "a b",    "/a\tb",          "/\"",         "/\\",
        "x:y",       "//a@b/", "//http://a/",    "/\xe4",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        start_at("/x", false);
        if (ota_http_place_follow(&place, bad[i], room, sizeof room) != OTA_EREDIRECT) {
            fail_msg("%s is followed", bad[i]);
        }
        assert_string_equal(place.path, "/x");
    }
}

static void test_tls_is_not_left(void **state)
{
    (void)state;
    start_at("/x", true);
    assert_int_equal(ota_http_place_follow(&place, "http://a.example:8080/", room, sizeof room),
                     OTA_EREDIRECT);
}

static void test_place_without_room_is_refused(void **state)
{
    const size_t need = sizeof "a.example" + sizeof "/b/cd";

    (void)state;
    start_at("/b/x", false);
    assert_int_equal(ota_http_place_follow(&place, "cd", room, need - 1), OTA_EREDIRECT);
    assert_int_equal(ota_http_place_follow(&place, "cd", room, 5), OTA_EREDIRECT);
    assert_int_equal(ota_http_place_follow(&place, "cd", room, need), 0);
    start_at("/b/x", false);
    assert_int_equal(
        ota_http_place_follow(&place, "http://a.example", room, sizeof "a.example" + 1),
        OTA_EREDIRECT);
    assert_int_equal(
        ota_http_place_follow(&place, "http://a.example", room, sizeof "a.example" + 2), 0);
}

static void test_origin_is_scheme_host_and_port(void **state)
{
    struct ota_http_place a = {.host = "A.example", .path = "/", .port = 80};
    struct ota_http_place b = {.host = "a.EXAMPLE", .path = "/b", .port = 80};

    (void)state;
    assert_true(ota_http_place_is_same(&a, &b));
    b.port = 81;
    assert_false(ota_http_place_is_same(&a, &b));
    b.port = 80;
    b.tls = true;
    assert_false(ota_http_place_is_same(&a, &b));
    b.tls = false;
    b.host = "a.exampl";
    assert_false(ota_http_place_is_same(&a, &b));
}

/* ---- Heads ----------------------------------------------------------------------------------- */

static void test_head_tells_what_the_user_wants_to_know(void **state)
{
    static const char bytes[] = "HTTP/1.1 206 Partial Content\r\nServer: x\r\n"
                                "content-RANGE:bytes 0-2/9 \t\r\nContent-Type: a/b\r\n"
                                "ETag: \"tag\"\r\nLast-Modified: then\r\nContent-Length: 3\r\n"
                                "Retry-After: 7\r\n\r\nabcX";

    (void)state;
    for (size_t cut = 1; cut < sizeof bytes; cut++) {
        struct answer a = read_answer(bytes, sizeof bytes - 1, cut);

        assert_int_equal(a.rc, 0);
        assert_true(a.is_end);
        assert_int_equal(a.used, sizeof bytes - 2);
        assert_int_equal(a.head.status, 206);
        assert_string_equal(a.head.content_range, "bytes 0-2/9");
        assert_string_equal(a.head.content_type, "a/b");
        assert_string_equal(a.head.validator, "\"tag\"");
        assert_int_equal(a.head.content_length, 3);
        assert_int_equal(a.head.retry_after_s, 7);
        assert_int_equal(a.body_len, 3);
        assert_memory_equal(a.body, "abc", 3);
        assert_true(ota_http_codec_is_kept_alive(&codec));
    }
}

static void test_weak_tag_is_no_validator(void **state)
{
    struct answer a = read_text("HTTP/1.1 200 OK\r\nETag: W/\"t\"\r\nLast-Modified: then\r\n\r\n");

    (void)state;
    assert_string_equal(a.head.validator, "then");
    a = read_text("HTTP/1.1 200 OK\r\nETag: W/\"t\"\r\n\r\n");
    assert_null(a.head.validator);
    assert_int_equal(a.head.content_length, -1);
}

static void test_last_field_of_a_name_counts(void **state)
{
    struct answer a = read_text("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nETag: \"b\"\r\n\r\n");

    (void)state;
    assert_string_equal(a.head.validator, "\"b\"");
}

static void test_lines_may_end_without_carriage_return(void **state)
{
    struct answer a = read_text("HTTP/1.1 200\nContent-Length: 1\n\nx");

    (void)state;
    assert_true(a.is_end);
    assert_int_equal(a.body_len, 1);
}

static void test_interim_answers_are_passed_over(void **state)
{
    struct answer a = read_text("HTTP/1.1 100 Continue\r\nETag: \"no\"\r\n\r\n"
                                "HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n"
                                "HTTP/1.1 204 No Content\r\n\r\n");

    (void)state;
    assert_true(a.is_end);
    assert_int_equal(a.head.status, 204);
    assert_null(a.head.validator);
}

static void test_date_to_come_back_at_becomes_seconds(void **state)
{
    static const struct {
        const char *date;
        const char *again;
        uint32_t s;
    } cases[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:07 GMT", 30},
        {"Sat, 31 Dec 2022 23:59:30 GMT", "Sun, 01 Jan 2023 00:00:30 GMT", 60},
        {"Wed, 28 Feb 2024 12:00:00 GMT", "Fri, 01 Mar 2024 12:00:00 GMT", 2 * 86400},
        {"Tue, 28 Feb 2023 12:00:00 GMT", "Wed, 01 Mar 2023 12:00:00 GMT", 86400},
        {"Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:00 GMT", 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 2194 08:49:00 GMT", 365 * 86400},
        {"Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Now 1994 08:59:00 GMT", 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:xx:00 GMT", 0},
        {"yesterday", "Sun, 06 Nov 1994 08:49:37 GMT", 0},
        {"yesterday", "99999999999", 365 * 86400},
        {"yesterday", "soon", 0},
    };
    char bytes[300];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int is_swapped = 0; is_swapped < 2; is_swapped++) {
            (void)snprintf(
                bytes, sizeof bytes, "HTTP/1.1 503 x\r\n%s: %s\r\n%s: %s\r\n\r\n",
                is_swapped ? "Retry-After" : "Date", is_swapped ? cases[i].again : cases[i].date,
                is_swapped ? "Date" : "Retry-After", is_swapped ? cases[i].date : cases[i].again);
            if (read_text(bytes).head.retry_after_s != cases[i].s) {
                fail_msg("%s", bytes);
            }
        }
    }
}

static void test_what_is_not_http_is_refused(void **state)
{
    static const char *const bad[] = {
        "SSH-2.0-x\r\n",
        "HTTP/2 200 OK\r\n",
        "HTTP/1.1 20 OK\r\n",
        "HTTP/1.1 2000 OK\r\n",
        "HTTP/1.1 099 OK\r\n",
        "HTTP/1.1 600 OK\r\n",
        "HTTP/1.1 2x0 OK\r\n",
        "\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n",
        "HTTP/1.1 200 OK\r\n: x\r\n",
        "HTTP/1.1 200 OK\r\nName : x\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n",
        "HTTP/1.1 200 OK\r\nA: b\rc\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_error(bad[i], OTA_EPROTO);
    }
    assert_int_equal(read_answer("HTTP/1.1 200 OK\r\nA: \0\r\n", 23, 7).rc, OTA_EPROTO);
}

/* A head whose field has a value of so many bytes. */
static struct answer read_long(const char *name, size_t len)
{
    static char bytes[20000];
    int n = snprintf(bytes, sizeof bytes, "HTTP/1.1 200 OK\r\n%s: ", name);

    memset(bytes + n, 'v', len);
    memcpy(bytes + (size_t)n + len, "\r\n\r\n", 5);
    return read_answer(bytes, (size_t)n + len + 4, 1000);
}

static void test_long_fields_matter_only_if_they_say_something(void **state)
{
    (void)state;
    assert_true(read_long("X-Whatever", 3000).is_head);
    assert_null(read_long("ETag", 3000).head.validator);
    assert_int_equal(read_long("Location", 3000).rc, OTA_ELIMIT);
    assert_int_equal(read_long("Content-Range", 3000).rc, OTA_ELIMIT);
    assert_int_equal(read_long("Content-Length", 3000).rc, OTA_ELIMIT);
    assert_int_equal(read_long("Location", 200).rc, 0);
}

static void test_head_without_end_is_refused(void **state)
{
    static char bytes[OTA_HTTP_HEAD_MAX + 1000];
    int n = snprintf(bytes, sizeof bytes, "HTTP/1.1 200 OK\r\n");

    (void)state;
    assert_int_equal(read_long("X-Whatever", 17000).rc, OTA_ELIMIT);
    for (size_t i = (size_t)n; i + 5 <= sizeof bytes; i += 5) {
        memcpy(bytes + i, "a: b\n", 5);
    }
    assert_int_equal(read_answer(bytes, sizeof bytes, 1000).rc, OTA_ELIMIT);
    for (size_t i = 0; i + 18 <= sizeof bytes; i += 18) {
        memcpy(bytes + i, "HTTP/1.1 100 OK\n\n\n", 17); /* interim answers for ever */
    }
    assert_true(read_answer(bytes, sizeof bytes, 1000).rc < 0);
}

/* ---- Bodies ---------------------------------------------------------------------------------- */

static void test_chunks_are_put_together(void **state)
{
    static const char bytes[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
                                "3\r\nabc\r\n0A;ext=\"1\"\r\n0123456789\r\n2 \r\nde\r\n"
                                "000\r\nTrailer: x\r\nETag: \"late\"\r\n\r\nX";

    (void)state;
    for (size_t cut = 1; cut < sizeof bytes; cut++) {
        struct answer a = read_answer(bytes, sizeof bytes - 1, cut);

        assert_int_equal(a.rc, 0);
        assert_true(a.is_end);
        assert_int_equal(a.used, sizeof bytes - 2);
        assert_int_equal(a.body_len, 15);
        assert_memory_equal(a.body, "abc0123456789de", 15);
        assert_int_equal(a.head.content_length, -1);
        assert_true(ota_http_codec_is_kept_alive(&codec));
    }
}

static void test_broken_chunks_are_refused(void **state)
{
    static const char *const bad[] = {"\r\n",   "x\r\n",       "-1\r\n",      "123456789\r\n",
                                      "3x\r\n", "1\r\nab\r\n", "1\r\naXX\r\n"};
    char bytes[200];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(bytes, sizeof bytes,
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s", bad[i]);
        expect_error(bytes, OTA_EPROTO);
    }
}

static void test_endless_lines_between_chunks_are_refused(void **state)
{
    static char bytes[20000];
    int n =
        snprintf(bytes, sizeof bytes, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;");

    (void)state;
    memset(bytes + n, 'e', sizeof bytes - (size_t)n);
    assert_int_equal(read_answer(bytes, sizeof bytes, 1000).rc, OTA_ELIMIT);
}

static void test_body_without_length_lasts_until_the_end(void **state)
{
    struct answer a = read_text("HTTP/1.1 200 OK\r\n\r\nabc");

    (void)state;
    assert_false(a.is_end);
    assert_int_equal(a.body_len, 3);
    assert_int_equal(ota_http_codec_close(&codec), 0);
    assert_false(ota_http_codec_is_kept_alive(&codec));
}

static void test_early_end_is_noticed(void **state)
{
    static const char bytes[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";

    (void)state;
    for (size_t len = 0; len < sizeof bytes - 1; len++) {
        assert_false(read_answer(bytes, len, 1000).is_end);
        assert_int_equal(ota_http_codec_is_fresh(&codec), len == 0);
        assert_int_equal(ota_http_codec_close(&codec), OTA_EDROPPED);
    }
}

static void test_statuses_without_body_have_none(void **state)
{
    (void)state;
    assert_true(read_text("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n").is_end);
    assert_true(read_text("HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n\r\n").is_end);
    assert_true(read_text("HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n").is_end);
}

static void test_connection_is_kept_unless_somebody_says_otherwise(void **state)
{
    static const struct {
        const char *text;
        bool is_kept;
    } cases[] = {
        {"HTTP/1.1 204 x\r\n\r\n", true},
        {"HTTP/1.0 204 x\r\n\r\n", false},
        {"HTTP/1.1 204 x\r\nConnection: close\r\n\r\n", false},
        {"HTTP/1.1 204 x\r\nConnection: keep-alive\r\n\r\n", true},
        {"HTTP/1.1 204 x\r\nConnection: foo , CLOSE\t,bar\r\n\r\n", false},
        {"HTTP/1.1 204 x\r\nConnection: closed,, close2\r\n\r\n", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(read_text(cases[i].text).is_end);
        assert_int_equal(ota_http_codec_is_kept_alive(&codec), cases[i].is_kept);
    }
}

static void test_only_the_five_statuses_lead_elsewhere(void **state)
{
    char bytes[100];

    (void)state;
    for (unsigned status = 200; status < 600; status++) {
        bool leads =
            status == 301 || status == 302 || status == 303 || status == 307 || status == 308;

        (void)snprintf(bytes, sizeof bytes, "HTTP/1.1 %u x\r\nLocation: /y\r\n\r\n", status);
        assert_true(read_text(bytes).is_head);
        assert_int_equal(ota_http_codec_is_redirection(&codec), leads);
        assert_string_equal(codec.fields[OTA_HTTP_FIELD_LOCATION], "/y");
    }
}

static void test_piece_comes_again_until_it_is_taken(void **state)
{
    static const uint8_t bytes[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde";
    struct ota_http_piece piece;
    size_t off;

    (void)state;
    ota_http_codec_init(&codec, text, sizeof text);
    assert_int_equal(ota_http_codec_next(&codec, bytes, sizeof bytes - 1, &piece), 0);
    assert_int_equal(piece.kind, OTA_HTTP_PIECE_HEAD);
    off = piece.used;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ota_http_codec_next(&codec, bytes + off, sizeof bytes - 1 - off, &piece),
                         0);
        assert_int_equal(piece.kind, OTA_HTTP_PIECE_BODY);
        assert_int_equal(piece.used, 0);
        assert_int_equal(piece.len, 5);
    }
    ota_http_codec_taken(&codec, 2);
    assert_int_equal(ota_http_codec_next(&codec, bytes + off + 2, sizeof bytes - 3 - off, &piece),
                     0);
    assert_int_equal(piece.len, 3);
    ota_http_codec_taken(&codec, 3);
    assert_int_equal(ota_http_codec_next(&codec, NULL, 0, &piece), 0);
    assert_int_equal(piece.kind, OTA_HTTP_PIECE_END);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_names_path_and_host),
        cmocka_unit_test(test_unusual_port_and_ipv6_are_in_the_host),
        cmocka_unit_test(test_range_has_its_first_and_last_byte),
        cmocka_unit_test(test_post_has_type_and_length),
        cmocka_unit_test(test_request_that_does_not_fit_is_refused),
        cmocka_unit_test(test_texts_cannot_add_lines_to_a_request),
        cmocka_unit_test(test_url_leads_to_another_server),
        cmocka_unit_test(test_reference_is_seen_from_the_old_path),
        cmocka_unit_test(test_places_follow_each_other_in_the_same_room),
        cmocka_unit_test(test_bad_places_are_refused),
        cmocka_unit_test(test_tls_is_not_left),
        cmocka_unit_test(test_place_without_room_is_refused),
        cmocka_unit_test(test_origin_is_scheme_host_and_port),
        cmocka_unit_test(test_head_tells_what_the_user_wants_to_know),
        cmocka_unit_test(test_weak_tag_is_no_validator),
        cmocka_unit_test(test_last_field_of_a_name_counts),
        cmocka_unit_test(test_lines_may_end_without_carriage_return),
        cmocka_unit_test(test_interim_answers_are_passed_over),
        cmocka_unit_test(test_date_to_come_back_at_becomes_seconds),
        cmocka_unit_test(test_what_is_not_http_is_refused),
        cmocka_unit_test(test_long_fields_matter_only_if_they_say_something),
        cmocka_unit_test(test_head_without_end_is_refused),
        cmocka_unit_test(test_chunks_are_put_together),
        cmocka_unit_test(test_broken_chunks_are_refused),
        cmocka_unit_test(test_endless_lines_between_chunks_are_refused),
        cmocka_unit_test(test_body_without_length_lasts_until_the_end),
        cmocka_unit_test(test_early_end_is_noticed),
        cmocka_unit_test(test_statuses_without_body_have_none),
        cmocka_unit_test(test_connection_is_kept_unless_somebody_says_otherwise),
        cmocka_unit_test(test_only_the_five_statuses_lead_elsewhere),
        cmocka_unit_test(test_piece_comes_again_until_it_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
