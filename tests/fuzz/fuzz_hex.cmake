# SPDX-License-Identifier: Apache-2.0
set(FUZZ_LIBS ota_tool_file)
set(FUZZ_SOURCES ${PROJECT_SOURCE_DIR}/tools/ota-imgtool/hex.c)
