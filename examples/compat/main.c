/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application as one writes it for the original: nothing in it knows libota. It starts the
 * board, confirms itself, and leaves updates to a task.
 */
#include "FreeRTOS.h"
#include "cy_log.h"
#include "cy_ota_api.h"
#include "cy_retarget_io.h"
#include "cybsp.h"
#include "cyhal.h"
#include "task.h"
#include "update_task.h"

#define STACK_SIZE (8 * 1024)
#define PRIORITY (configMAX_PRIORITIES - 3)

/* A product checks its sensors, its radio, its settings here. */
static bool self_test(void)
{
#ifdef EXAMPLE_BROKEN
    return false;
#else
    return true;
#endif
}

int main(void)
{
    static TaskHandle_t task;
    cyhal_wdt_t watchdog;

    /* The bootloader has started it; this application does without. */
    (void)cyhal_wdt_init(&watchdog, cyhal_wdt_get_max_timeout_ms());
    cyhal_wdt_free(&watchdog);
    if (cybsp_init() != CY_RSLT_SUCCESS) {
        return 1;
    }
    __enable_irq();
    (void)cy_retarget_io_init(CYBSP_DEBUG_UART_TX, CYBSP_DEBUG_UART_RX, CY_RETARGET_IO_BAUDRATE);
    (void)cyhal_gpio_init(CYBSP_USER_LED, CYHAL_GPIO_DIR_OUTPUT, CYHAL_GPIO_DRIVE_STRONG,
                          CYBSP_LED_STATE_OFF);
    (void)cy_log_init(CY_LOG_WARNING, NULL, NULL);
    cy_ota_set_log_level(CY_LOG_NOTICE);
    if (!self_test()) {
        printf("self-test failed: not confirmed\n");
        NVIC_SystemReset();
    }
    if (cy_ota_storage_validated() != CY_RSLT_SUCCESS) {
        printf("cannot confirm the image\n");
    }
    printf("self-test passed on " CY_TARGET_BOARD_STRING "\n");
    (void)xTaskCreate(update_task, "UPDATE", STACK_SIZE, NULL, PRIORITY, &task);
    vTaskStartScheduler();
    return 0;
}
