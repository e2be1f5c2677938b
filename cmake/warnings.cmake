# SPDX-License-Identifier: Apache-2.0
# Warnings are errors, for gcc and clang alike. Targets opt in with ota_warnings(target).
function(ota_warnings target)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
        -Wvla -Wundef -Werror)
endfunction()
