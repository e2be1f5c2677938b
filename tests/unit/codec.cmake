ota_unit_test(chunk)
