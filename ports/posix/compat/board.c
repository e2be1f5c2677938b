/* SPDX-License-Identifier: Apache-2.0 */
/* The board's stand-ins: pins, console, watchdog, network. */
#include <stdlib.h>

#include "cy_http_client_api.h"
#include "cy_iot_network_secured_socket.h"
#include "cy_mqtt_api.h"
#include "cy_retarget_io.h"
#include "cy_tcpip_port_secure_sockets.h"
#include "cy_wcm.h"
#include "cyabs_rtos.h"
#include "cybsp.h"
#include "flash_qspi.h"
#include "internal.h"
#include "iot_init.h"
#include "iot_mqtt.h"
#include "ota_serial_flash.h"

#define KICK_MS 100u

/* ---- Pins -------------------------------------------------------------------------------------
 */

static uint32_t pins; /* atomic access only */

static uint32_t bit(cyhal_gpio_t pin)
{
    return (uint32_t)1 << (pin & 31u);
}

cy_rslt_t cyhal_gpio_init(cyhal_gpio_t pin, cyhal_gpio_direction_t direction,
                          cyhal_gpio_drive_mode_t drive_mode, bool init_val)
{
    (void)direction;
    (void)drive_mode;
    cyhal_gpio_write(pin, init_val);
    return CY_RSLT_SUCCESS;
}

void cyhal_gpio_write(cyhal_gpio_t pin, bool value)
{
    if (value) {
        (void)__atomic_fetch_or(&pins, bit(pin), __ATOMIC_RELAXED);
    } else {
        (void)__atomic_fetch_and(&pins, ~bit(pin), __ATOMIC_RELAXED);
    }
}

bool cyhal_gpio_read(cyhal_gpio_t pin)
{
    return (__atomic_load_n(&pins, __ATOMIC_RELAXED) & bit(pin)) != 0;
}

void cyhal_gpio_toggle(cyhal_gpio_t pin)
{
    (void)__atomic_fetch_xor(&pins, bit(pin), __ATOMIC_RELAXED);
}

void cyhal_gpio_free(cyhal_gpio_t pin)
{
    (void)pin;
}

cy_rslt_t cyhal_pwm_init(cyhal_pwm_t *obj, cyhal_gpio_t pin, const cyhal_clock_t *clock)
{
    (void)clock;
    obj->pin = pin;
    return CY_RSLT_SUCCESS;
}

/* The pin shows whether there are pulses at all. */
cy_rslt_t cyhal_pwm_set_duty_cycle(cyhal_pwm_t *obj, float duty_cycle, uint32_t frequency_hz)
{
    (void)frequency_hz;
    cyhal_gpio_write(obj->pin, duty_cycle > 0);
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cyhal_pwm_start(cyhal_pwm_t *obj)
{
    (void)obj;
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cyhal_pwm_stop(cyhal_pwm_t *obj)
{
    cyhal_gpio_write(obj->pin, false);
    return CY_RSLT_SUCCESS;
}

/* ---- Board, console, flash --------------------------------------------------------------------
 */

cy_rslt_t cybsp_init(void)
{
    return ota_posix_compat_board() != NULL
               ? CY_RSLT_SUCCESS
               : CY_RSLT_CREATE(CY_RSLT_TYPE_FATAL, CY_RSLT_MODULE_ABSTRACTION_OS, 1u);
}

cy_rslt_t cy_retarget_io_init(cyhal_gpio_t tx, cyhal_gpio_t rx, uint32_t baudrate)
{
    (void)tx;
    (void)rx;
    (void)baudrate;
    return CY_RSLT_SUCCESS;
}

int psoc6_qspi_init(void)
{
    return 0;
}

cy_rslt_t ota_smif_initialize(void)
{
    return CY_RSLT_SUCCESS;
}

void NVIC_SystemReset(void)
{
    struct ota_sim_device *d = ota_posix_compat_board();

    if (d != NULL) {
        d->system.ops->reset(d->system.ctx);
    }
    abort();
}

/* ---- Watchdog ---------------------------------------------------------------------------------
 * A board's cannot be stopped; a thread that kicks it for good is as much. */

static void kick(void)
{
    struct ota_sim_device *d = ota_posix_compat_board();

    if (d != NULL) {
        ota_sim_watchdog_kick(d);
    }
}

static void keep_kicking(cy_thread_arg_t arg)
{
    (void)arg;
    for (;;) {
        kick();
        (void)cy_rtos_delay_milliseconds(KICK_MS);
    }
}

cy_rslt_t cyhal_wdt_init(cyhal_wdt_t *obj, uint32_t timeout_ms)
{
    obj->timeout_ms = timeout_ms;
    kick();
    return CY_RSLT_SUCCESS;
}

void cyhal_wdt_kick(cyhal_wdt_t *obj)
{
    (void)obj;
    kick();
}

void cyhal_wdt_stop(cyhal_wdt_t *obj)
{
    static uint8_t is_stopped; /* atomic access only */
    static cy_thread_t thread;

    (void)obj;
    if (__atomic_exchange_n(&is_stopped, 1, __ATOMIC_ACQ_REL) == 0) {
        (void)cy_rtos_create_thread(&thread, keep_kicking, NULL, NULL, 0, CY_RTOS_PRIORITY_MIN,
                                    NULL);
    }
}

void cyhal_wdt_free(cyhal_wdt_t *obj)
{
    cyhal_wdt_stop(obj);
}

uint32_t cyhal_wdt_get_max_timeout_ms(void)
{
    return 6000;
}

/* ---- Network: the host's ----------------------------------------------------------------------
 */

cy_rslt_t cy_wcm_init(cy_wcm_config_t *config)
{
    (void)config;
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_wcm_connect_ap(cy_wcm_connect_params_t *params, cy_wcm_ip_address_t *address)
{
    (void)params;
    if (address != NULL) {
        address->version = CY_WCM_IP_VER_V4;
        address->ip.v4 = 0x0100007fu;
    }
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_awsport_network_init(void)
{
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_awsport_network_deinit(void)
{
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_mqtt_init(void)
{
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_mqtt_deinit(void)
{
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_http_client_init(void)
{
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_http_client_deinit(void)
{
    return CY_RSLT_SUCCESS;
}

/* ---- The same before 3.x ----------------------------------------------------------------------
 */

bool IotSdk_Init(void)
{
    return true;
}

IotNetworkError_t IotNetworkSecureSockets_Init(void)
{
    return IOT_NETWORK_SUCCESS;
}

IotMqttError_t IotMqtt_Init(void)
{
    return IOT_MQTT_SUCCESS;
}
