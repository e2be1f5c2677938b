# SPDX-License-Identifier: Apache-2.0
# The example application, updated over a real broker. Most of it waits: one test for each class.
foreach(class Flow Broker Job Image Power)
    string(TOLOWER ${class} name)
    add_test(NAME e2e.update_${name}
        COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_update.py
            ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards ${class}Test)
    set_tests_properties(e2e.update_${name} PROPERTIES TIMEOUT 300 LABELS e2e)
    if(OTA_SANITIZE)
        set_tests_properties(e2e.update_${name} PROPERTIES ENVIRONMENT SANITIZED=1)
    endif()
endforeach()

# With the core as it is built for the smallest devices: what docs/size.md measures is what works.
if(NOT OTA_SANITIZE)
    add_test(NAME e2e.update_small
        COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_update.py
            ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards FlowTest.test_job_flow
            FlowTest.test_broken_image_goes_back_and_is_reported
            FlowTest.test_outcome_reaches_the_server_after_the_reset
            PowerTest.test_power_cuts_during_downloads ImageTest.test_image_of_another_key)
    set_tests_properties(e2e.update_small PROPERTIES TIMEOUT 300 LABELS e2e
        ENVIRONMENT "APPS=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/small;CUTS=8")

    add_test(NAME e2e.update_smallest
        COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_update.py
            ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards SmallestTest)
    set_tests_properties(e2e.update_smallest PROPERTIES TIMEOUT 300 LABELS e2e
        ENVIRONMENT "APPS=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/smallest;CUTS=8")
endif()

add_test(NAME e2e.update_encrypted
    COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_update_encrypted.py
        ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards)
set_tests_properties(e2e.update_encrypted PROPERTIES TIMEOUT 300 LABELS e2e)
if(OTA_SANITIZE)
    set_tests_properties(e2e.update_encrypted PROPERTIES ENVIRONMENT SANITIZED=1)
endif()
