# SPDX-License-Identifier: Apache-2.0
# Updates of two images in one archive, end to end: one test for each class. With sanitizers the
# application is larger than the kit's slot.
if(NOT OTA_SANITIZE)
    foreach(class Flow Bad Power Maker)
        string(TOLOWER ${class} name)
        add_test(NAME e2e.archive_${name}
            COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_archive.py
                ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards ${class}Test)
        set_tests_properties(e2e.archive_${name} PROPERTIES TIMEOUT 300 LABELS e2e)
    endforeach()
endif()
