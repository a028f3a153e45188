#include "hsm/ckr.h"
#include "hsm/wire_messages.h"

struct name {
	unsigned long value;
	const char *name;
};
#define NAME(constant)                                                                                                 \
	{                                                                                                              \
		constant, #constant                                                                                    \
	}

static const struct name returns[] = {
        NAME(CKR_CANCEL),
        NAME(CKR_HOST_MEMORY),
        NAME(CKR_SLOT_ID_INVALID),
        NAME(CKR_GENERAL_ERROR),
        NAME(CKR_FUNCTION_FAILED),
        NAME(CKR_ARGUMENTS_BAD),
        NAME(CKR_NEED_TO_CREATE_THREADS),
        NAME(CKR_CANT_LOCK),
        NAME(CKR_ATTRIBUTE_READ_ONLY),
        NAME(CKR_ATTRIBUTE_SENSITIVE),
        NAME(CKR_ATTRIBUTE_TYPE_INVALID),
        NAME(CKR_ATTRIBUTE_VALUE_INVALID),
        NAME(CKR_ACTION_PROHIBITED),
        NAME(CKR_DATA_INVALID),
        NAME(CKR_DATA_LEN_RANGE),
        NAME(CKR_DEVICE_ERROR),
        NAME(CKR_DEVICE_MEMORY),
        NAME(CKR_DEVICE_REMOVED),
        NAME(CKR_FUNCTION_CANCELED),
        NAME(CKR_FUNCTION_NOT_SUPPORTED),
        NAME(CKR_KEY_HANDLE_INVALID),
        NAME(CKR_KEY_SIZE_RANGE),
        NAME(CKR_KEY_TYPE_INCONSISTENT),
        NAME(CKR_KEY_CHANGED),
        NAME(CKR_KEY_NEEDED),
        NAME(CKR_KEY_FUNCTION_NOT_PERMITTED),
        NAME(CKR_KEY_UNEXTRACTABLE),
        NAME(CKR_MECHANISM_INVALID),
        NAME(CKR_MECHANISM_PARAM_INVALID),
        NAME(CKR_OBJECT_HANDLE_INVALID),
        NAME(CKR_OPERATION_ACTIVE),
        NAME(CKR_OPERATION_NOT_INITIALIZED),
        NAME(CKR_PIN_INCORRECT),
        NAME(CKR_PIN_INVALID),
        NAME(CKR_PIN_LEN_RANGE),
        NAME(CKR_PIN_EXPIRED),
        NAME(CKR_PIN_LOCKED),
        NAME(CKR_PIN_TOO_WEAK),
        NAME(CKR_SESSION_CLOSED),
        NAME(CKR_SESSION_COUNT),
        NAME(CKR_SESSION_HANDLE_INVALID),
        NAME(CKR_SESSION_PARALLEL_NOT_SUPPORTED),
        NAME(CKR_SESSION_READ_ONLY),
        NAME(CKR_SESSION_EXISTS),
        NAME(CKR_SESSION_READ_ONLY_EXISTS),
        NAME(CKR_SESSION_READ_WRITE_SO_EXISTS),
        NAME(CKR_SIGNATURE_INVALID),
        NAME(CKR_SIGNATURE_LEN_RANGE),
        NAME(CKR_TEMPLATE_INCOMPLETE),
        NAME(CKR_TEMPLATE_INCONSISTENT),
        NAME(CKR_TOKEN_NOT_PRESENT),
        NAME(CKR_TOKEN_NOT_RECOGNIZED),
        NAME(CKR_TOKEN_WRITE_PROTECTED),
        NAME(CKR_USER_ALREADY_LOGGED_IN),
        NAME(CKR_USER_NOT_LOGGED_IN),
        NAME(CKR_USER_PIN_NOT_INITIALIZED),
        NAME(CKR_USER_TYPE_INVALID),
        NAME(CKR_USER_ANOTHER_ALREADY_LOGGED_IN),
        NAME(CKR_USER_TOO_MANY_TYPES),
        NAME(CKR_RANDOM_NO_RNG),
        NAME(CKR_DOMAIN_PARAMS_INVALID),
        NAME(CKR_CURVE_NOT_SUPPORTED),
        NAME(CKR_BUFFER_TOO_SMALL),
        NAME(CKR_INFORMATION_SENSITIVE),
        NAME(CKR_CRYPTOKI_NOT_INITIALIZED),
        NAME(CKR_CRYPTOKI_ALREADY_INITIALIZED),
        NAME(CKR_MUTEX_BAD),
        NAME(CKR_MUTEX_NOT_LOCKED),
        NAME(CKR_FIPS_SELF_TEST_FAILED),
        NAME(CKR_LIBRARY_LOAD_FAILED),
        NAME(CKR_PUBLIC_KEY_INVALID),
        NAME(CKR_EXCEEDED_MAX_ITERATIONS),
        NAME(CKR_FUNCTION_REJECTED),
};

static const struct name mechanisms[] = {
        NAME(CKM_RSA_PKCS_KEY_PAIR_GEN),
        NAME(CKM_RSA_PKCS),
        NAME(CKM_RSA_X_509),
        NAME(CKM_RSA_PKCS_OAEP),
        NAME(CKM_RSA_X9_31_KEY_PAIR_GEN),
        NAME(CKM_RSA_PKCS_PSS),
        NAME(CKM_MD5_RSA_PKCS),
        NAME(CKM_SHA1_RSA_PKCS),
        NAME(CKM_SHA224_RSA_PKCS),
        NAME(CKM_SHA256_RSA_PKCS),
        NAME(CKM_SHA384_RSA_PKCS),
        NAME(CKM_SHA512_RSA_PKCS),
        NAME(CKM_SHA1_RSA_PKCS_PSS),
        NAME(CKM_SHA224_RSA_PKCS_PSS),
        NAME(CKM_SHA256_RSA_PKCS_PSS),
        NAME(CKM_SHA384_RSA_PKCS_PSS),
        NAME(CKM_SHA512_RSA_PKCS_PSS),
        NAME(CKM_RSA_AES_KEY_WRAP),
        NAME(CKM_EC_KEY_PAIR_GEN),
        NAME(CKM_ECDSA),
        NAME(CKM_ECDSA_SHA1),
        NAME(CKM_ECDSA_SHA224),
        NAME(CKM_ECDSA_SHA256),
        NAME(CKM_ECDSA_SHA384),
        NAME(CKM_ECDSA_SHA512),
        NAME(CKM_ECDH1_DERIVE),
        NAME(CKM_ECDH1_COFACTOR_DERIVE),
        NAME(CKM_ECDH_AES_KEY_WRAP),
        NAME(CKM_EC_EDWARDS_KEY_PAIR_GEN),
        NAME(CKM_EDDSA),
        NAME(CKM_DSA_KEY_PAIR_GEN),
        NAME(CKM_DSA_PARAMETER_GEN),
        NAME(CKM_DSA),
        NAME(CKM_DSA_SHA1),
        NAME(CKM_DSA_SHA224),
        NAME(CKM_DSA_SHA256),
        NAME(CKM_DSA_SHA384),
        NAME(CKM_DSA_SHA512),
        NAME(CKM_DH_PKCS_KEY_PAIR_GEN),
        NAME(CKM_DH_PKCS_PARAMETER_GEN),
        NAME(CKM_DH_PKCS_DERIVE),
        NAME(CKM_MD5),
        NAME(CKM_MD5_HMAC),
        NAME(CKM_SHA_1),
        NAME(CKM_SHA_1_HMAC),
        NAME(CKM_SHA224),
        NAME(CKM_SHA224_HMAC),
        NAME(CKM_SHA256),
        NAME(CKM_SHA256_HMAC),
        NAME(CKM_SHA384),
        NAME(CKM_SHA384_HMAC),
        NAME(CKM_SHA512),
        NAME(CKM_SHA512_HMAC),
        NAME(CKM_GENERIC_SECRET_KEY_GEN),
        NAME(CKM_CONCATENATE_BASE_AND_KEY),
        NAME(CKM_XOR_BASE_AND_DATA),
        NAME(CKM_PKCS5_PBKD2),
        NAME(CKM_DES_KEY_GEN),
        NAME(CKM_DES_ECB),
        NAME(CKM_DES_CBC),
        NAME(CKM_DES_CBC_PAD),
        NAME(CKM_DES_ECB_ENCRYPT_DATA),
        NAME(CKM_DES_CBC_ENCRYPT_DATA),
        NAME(CKM_DES2_KEY_GEN),
        NAME(CKM_DES3_KEY_GEN),
        NAME(CKM_DES3_ECB),
        NAME(CKM_DES3_CBC),
        NAME(CKM_DES3_CBC_PAD),
        NAME(CKM_DES3_ECB_ENCRYPT_DATA),
        NAME(CKM_DES3_CBC_ENCRYPT_DATA),
        NAME(CKM_DES3_CMAC),
        NAME(CKM_AES_KEY_GEN),
        NAME(CKM_AES_ECB),
        NAME(CKM_AES_CBC),
        NAME(CKM_AES_CBC_PAD),
        NAME(CKM_AES_CTR),
        NAME(CKM_AES_GCM),
        NAME(CKM_AES_CCM),
        NAME(CKM_AES_CMAC),
        NAME(CKM_AES_ECB_ENCRYPT_DATA),
        NAME(CKM_AES_CBC_ENCRYPT_DATA),
        NAME(CKM_AES_KEY_WRAP),
        NAME(CKM_AES_KEY_WRAP_PAD),
        NAME(CKM_GOSTR3410_KEY_PAIR_GEN),
        NAME(CKM_GOSTR3410),
        NAME(CKM_GOSTR3410_WITH_GOSTR3411),
        NAME(CKM_GOSTR3411),
        NAME(CKM_GOSTR3411_HMAC),
        NAME(CKM_CAMELLIA_KEY_GEN),
        NAME(CKM_CAMELLIA_CBC),
};

static void put_name(const struct name *names, size_t count, unsigned long value, struct bytes *out)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].value == value) {
			bytes_text(out, names[i].name);
			return;
		}
	bytes_printf(out, "0x%08lx", value);
}

void ckr_name(CK_RV rv, struct bytes *out)
{
	put_name(returns, sizeof returns / sizeof returns[0], rv, out);
}

void ckm_name(CK_MECHANISM_TYPE mechanism, struct bytes *out)
{
	put_name(mechanisms, sizeof mechanisms / sizeof mechanisms[0], mechanism, out);
}

bool ckr_gone(CK_RV rv)
{
	switch (rv) {
	case CKR_DEVICE_REMOVED:
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_TOKEN_NOT_RECOGNIZED:
	case CKR_SLOT_ID_INVALID:
	case CKR_SESSION_CLOSED:
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_CRYPTOKI_NOT_INITIALIZED:
		return true;
	default:
		return false;
	}
}

int ckr_error(struct error *e, CK_RV rv, const char *call)
{
	struct bytes name = {0};
	ckr_name(rv, &name);
	if (ckr_gone(rv)) {
		error_set(e, ERROR_MISSING, MSG_TOKEN_GONE, call, bytes_string(&name));
	} else {
		error_set(e, ERROR_TOKEN, MSG_CALL, call, bytes_string(&name));
		if (e)
			e->ckr = rv;
	}
	bytes_free(&name);
	return -1;
}
