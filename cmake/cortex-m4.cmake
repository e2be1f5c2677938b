# SPDX-License-Identifier: Apache-2.0
# Bare-metal Cortex-M4, as on the smallest supported devices.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR cortex-m4)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
find_program(OTA_ARM_GCC arm-none-eabi-gcc)
if(NOT OTA_ARM_GCC)
    message(FATAL_ERROR "arm-none-eabi-gcc is not installed: apt install gcc-arm-none-eabi")
endif()
set(CMAKE_C_COMPILER ${OTA_ARM_GCC})
# Not CMAKE_C_FLAGS_INIT, which a preset or command line that sets CMAKE_C_FLAGS replaces.
add_compile_options(-mcpu=cortex-m4 -mthumb)
add_link_options(-mcpu=cortex-m4 -mthumb)
