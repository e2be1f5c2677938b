# SPDX-License-Identifier: Apache-2.0
set(FUZZ_LIBS ota_lwip_codec)
