# SPDX-License-Identifier: Apache-2.0
# The web page in Chromium. What steers the browser is pinned in tests/web and installed into the
# build tree, in a version for the Node.js 18 of Debian 12.
set(modules ${CMAKE_BINARY_DIR}/web)
file(COPY ${PROJECT_SOURCE_DIR}/tests/web/package.json
    ${PROJECT_SOURCE_DIR}/tests/web/package-lock.json DESTINATION ${modules})
add_test(NAME e2e.web_modules COMMAND npm ci --no-audit --no-fund --ignore-scripts
    WORKING_DIRECTORY ${modules})
set_tests_properties(e2e.web_modules PROPERTIES TIMEOUT 300 LABELS e2e FIXTURES_SETUP web_modules)
add_test(NAME e2e.web COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_web.py
    ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards ${PROJECT_SOURCE_DIR}/web
    ${PROJECT_SOURCE_DIR}/tests/web/browser.mjs ${modules})
set_tests_properties(e2e.web PROPERTIES TIMEOUT 400 LABELS e2e FIXTURES_REQUIRED web_modules)
