# SPDX-License-Identifier: Apache-2.0
# Compares what PROGRAM --table prints with the file PAGE.
execute_process(COMMAND ${PROGRAM} --table OUTPUT_VARIABLE printed RESULT_VARIABLE rc)
file(READ ${PAGE} page)
if(NOT rc EQUAL 0 OR NOT printed STREQUAL page)
    message(FATAL_ERROR "${PAGE} is not what the code says; run: ${PROGRAM} --table > ${PAGE}")
endif()
