/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: joining a network succeeds at once, with the host's own. */
#ifndef CY_WCM_H
#define CY_WCM_H

#include "cy_result.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CY_WCM_MAX_SSID_LEN 32
#define CY_WCM_MAX_PASSPHRASE_LEN 63

typedef enum { CY_WCM_INTERFACE_TYPE_STA, CY_WCM_INTERFACE_TYPE_AP } cy_wcm_interface_t;
typedef enum { CY_WCM_IP_VER_V4 = 4, CY_WCM_IP_VER_V6 = 6 } cy_wcm_ip_version_t;
typedef enum {
    CY_WCM_SECURITY_OPEN,
    CY_WCM_SECURITY_WPA2_AES_PSK,
    CY_WCM_SECURITY_WPA3_SAE
} cy_wcm_security_t;

typedef struct {
    cy_wcm_interface_t interface;
} cy_wcm_config_t;

typedef struct {
    uint8_t SSID[CY_WCM_MAX_SSID_LEN + 1];
    uint8_t password[CY_WCM_MAX_PASSPHRASE_LEN + 1];
    cy_wcm_security_t security;
} cy_wcm_ap_credentials_t;

typedef struct {
    cy_wcm_ap_credentials_t ap_credentials;
} cy_wcm_connect_params_t;

typedef struct {
    cy_wcm_ip_version_t version;
    union {
        uint32_t v4; /* first byte of the address lowest */
        uint32_t v6[4];
    } ip;
} cy_wcm_ip_address_t;

cy_rslt_t cy_wcm_init(cy_wcm_config_t *config);
cy_rslt_t cy_wcm_connect_ap(cy_wcm_connect_params_t *params, cy_wcm_ip_address_t *address);

#ifdef __cplusplus
}
#endif
#endif
