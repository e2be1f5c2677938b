/* SPDX-License-Identifier: Apache-2.0 */
/* The scan of JSON beside jansson: what is an object there is one here, with the same members. */
#include "unit/test.h"

#include <jansson.h>
#include <string.h>

#include "codec/json.h"

#define ROUNDS 300000

static const char *const seeds[] = {
    "{\"Message\":\"Update Available\",\"Version\":\"2.0.0\",\"Port\":8883,\"x\":[1,-2.5e+3,{}]}",
    "{ \"a\" : { \"b\" : [ \"]\", \"\\\"\", true, null ] } , \"c\" : \"\\u00e9\\\\\" }",
    "{\"n\":[[[[{\"m\":{}}]]]],\"\":0,\"o\":false}",
};

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Changes, removes or doubles some bytes. */
static size_t mutate(char *text, size_t len, uint32_t *state)
{
    static const char bytes[] = "{}[]:,\"\\ \n01.-eEtrufalsn";

    for (uint32_t n = next_random(state) % 4; n > 0 && len > 1; n--) {
        size_t at = next_random(state) % len;

        switch (next_random(state) % 3) {
        case 0:
            text[at] = bytes[next_random(state) % (sizeof bytes - 1)];
            break;
        case 1:
            memmove(text + at, text + at + 1, --len - at);
            break;
        default:
            memmove(text + at + 1, text + at, len++ - at);
            break;
        }
    }
    return len;
}

struct pair {
    json_t *object;
    size_t n;
};

static int compare(void *arg, const struct ota_json_member *m)
{
    struct pair *p = arg;
    const json_t *value;
    char name[128], text[128];
    struct ota_json_member as_value = {
        .type = OTA_JSON_STRING, .value = m->name, .value_len = m->name_len};

    p->n++;
    assert_true(ota_json_copy(&as_value, name, sizeof name) >= 0);
    value = json_object_get(p->object, name);
    assert_non_null(value);
    assert_int_equal(m->type == OTA_JSON_STRING, json_is_string(value));
    assert_int_equal(m->type == OTA_JSON_NESTED, json_is_object(value) || json_is_array(value));
    if (m->type == OTA_JSON_STRING) {
        assert_true(ota_json_copy(m, text, sizeof text) >= 0);
        assert_string_equal(text, json_string_value(value));
    }
    return 0;
}

static void test_objects_have_the_same_members(void **state)
{
    uint32_t random = 1;
    size_t taken = 0;

    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        const char *seed = seeds[round % (sizeof seeds / sizeof seeds[0])];
        size_t len = strlen(seed);
        char text[256];
        struct pair p = {.n = 0};

        memcpy(text, seed, len);
        len = mutate(text, len, &random);
        p.object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
        if (json_is_object(p.object)) {
            taken++;
            assert_int_equal(ota_json_object(text, len, compare, &p), 0);
            assert_int_equal(p.n, json_object_size(p.object));
        }
        json_decref(p.object);
    }
    assert_in_range(taken, ROUNDS / 4, ROUNDS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects_have_the_same_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
