/* The sentences of console and helper about the HSM. They cross the socket as numbers, in this order. */
#ifndef HSM_WIRE_MESSAGES_H
#define HSM_WIRE_MESSAGES_H

#include "base/message.h"

/* of the console's side */
#define MSG_START N_("The HSM helper program %s cannot be started: %s")
#define MSG_GONE                                                                                                       \
	N_("The HSM helper has ended. What the token did last is not known: pause the ceremony and resume it from "    \
	   "its record.")
#define MSG_STUCK     N_("The HSM helper takes nothing more. Pause the ceremony and resume it from its record.")
#define MSG_FRAME     N_("This is too long for the HSM helper.")
#define MSG_PASS      N_("Memory for the HSM helper cannot be made (%s): %s")
#define MSG_BUSY      N_("The HSM helper has not answered the request before this one yet.")
#define MSG_NOT_ASKED N_("The HSM helper was not asked anything.")
#define MSG_LATE      N_("The HSM helper has not answered within %u seconds.")

/* of the record's lines */
#define MSG_NO_RECORD         N_("The HSM helper has not seen entry 0 of the record yet.")
#define MSG_LINE_SEQ          N_("The HSM helper was given entry %llu where entry %llu should have come.")
#define MSG_INITIALISED_FACTS N_("The facts of initialise-hsm do not name the token that was initialised.")
#define MSG_NO_HSM            N_("The record names no HSM \"%s\".")
#define MSG_VERB              N_("The HSM helper does not know what it was asked to do.")

/* of modules and tokens */
#define MSG_MODULE_PATH    N_("The PKCS#11 module \"%s\" must be given by its full path.")
#define MSG_MODULE_MISSING N_("The PKCS#11 module %s cannot be found: %s")
#define MSG_MODULE_HASH                                                                                                \
	N_("The PKCS#11 module %s has changed: its SHA-256 is %s, the record says %s. It was not loaded.")
#define MSG_MODULE_LOAD                                                                                                \
	N_("The PKCS#11 module %s cannot be loaded. Check that it is installed for this machine and that its device "  \
	   "is attached.")
#define MSG_MODULE_SLOTS N_("The PKCS#11 module %s does not list its slots. Check that its device is attached.")
#define MSG_MODULES_MANY N_("The record names more PKCS#11 modules than the HSM helper can load.")
#define MSG_TOKEN_NONE                                                                                                 \
	N_("There is no token with label \"%s\" and serial \"%s\" for HSM %s. These are there (label / serial): %s. "  \
	   "Attach the right one.")
#define MSG_TOKEN_NONE_FRESH                                                                                           \
	N_("There is no uninitialised token with serial \"%s\" for HSM %s. These are there (label / serial): %s. "     \
	   "Attach the right one.")
#define MSG_TOKEN_NO_TOKENS N_("There is no token at all for HSM %s. Attach it.")
#define MSG_TOKEN_TWO       N_("Two tokens have label \"%s\" and serial \"%s\". Remove the one that is not HSM %s.")
#define MSG_TOKEN_REAL                                                                                                 \
	N_("The token \"%s\" of HSM %s was not made for a rehearsal: its label does not begin with REHEARSAL.")
#define MSG_TOKEN_SOFTWARE N_("HSM %s is a software token (%s, %s), which the script does not allow.")
#define MSG_TOKEN_SWAPPED                                                                                              \
	N_("Another token is in the place of HSM %s. It was locked; put the right one back and unlock it again.")
#define MSG_TOKEN_GONE   N_("The token is gone (%s: %s). Put it back, and unlock it again.")
#define MSG_CALL         N_("The token refused %s: %s.")
#define MSG_OBJECTS_MANY N_("HSM %s holds more objects than can be listed.")

/* of authority */
#define MSG_NOT_INTENDED N_("Nothing was done: no act is intended, so there is no authority for %s.")
#define MSG_OTHER_INTENT N_("Nothing was done: the act that is open was intended at entry %llu, not at entry %llu.")
#define MSG_OTHER_ACT    N_("Nothing was done: the approval is for %s, not for %s.")
#define MSG_ORDER_FIELD  N_("Nothing was done: the approved order says %s is \"%s\", but the HSM helper finds \"%s\".")
#define MSG_ORDER_FORM   N_("Nothing was done: \"%s\" is missing or not of its form.")

/* of PINs and initialising */
#define MSG_PIN_NONE  N_("No %s PIN was given for HSM %s.")
#define MSG_PIN_SHORT N_("The %s PIN is too short for HSM %s: it takes at least %llu characters.")
#define MSG_PIN_LONG  N_("The %s PIN is too long for HSM %s: it takes at most %llu characters.")
#define MSG_PIN_LENGTH                                                                                                 \
	N_("The %s PIN has a length that HSM %s does not take: %zu characters. Change prefix or length in the site "   \
	   "file.")
#define MSG_PIN_CUT                                                                                                    \
	N_("The %s PIN is cut by HSM %s: it opened without the last of its %zu characters. Shorten \"length\" in the " \
	   "site "                                                                                                     \
	   "file until it does not.")
#define MSG_PIN_SAME     N_("Nothing was done: the new %s PIN of HSM %s is the old one.")
#define MSG_OLD_PIN_OPEN N_("The old %s PIN of HSM %s still opens it, though the new one was set and opens it too.")
#define MSG_OLD_PIN_ODD                                                                                                \
	N_("The old %s PIN of HSM %s was tried after the change, and the answer was %s instead of a refusal.")
#define MSG_BOTH_OPEN N_("Both the new and the old %s PIN open HSM %s. Nobody can say which shares are valid.")
#define MSG_NONE_OPENS                                                                                                 \
	N_("Neither the new nor the old %s PIN opens HSM %s. Check that the shares are of these two sets.")
#define MSG_NO_PATH                                                                                                    \
	N_("HSM %s has no PIN pad or the like (CKF_PROTECTED_AUTHENTICATION_PATH), though the site says "              \
	   "protected-path.")
#define MSG_PIN_WRONG N_("The %s PIN of HSM %s is wrong.")
#define MSG_PIN_WRONG_LOW                                                                                              \
	N_("The %s PIN of HSM %s is wrong. The token says that wrong tries have been counted and few are left.")
#define MSG_PIN_WRONG_FINAL     N_("The %s PIN of HSM %s is wrong. One try is left before the token locks it.")
#define MSG_PIN_LOCKED          N_("The %s PIN of HSM %s is locked by the token. It was not tried.")
#define MSG_PIN_NOW_LOCKED      N_("The %s PIN of HSM %s was not taken: the token has locked it.")
#define MSG_LABEL_LONG          N_("The label or serial of HSM %s in the record is too long.")
#define MSG_LABEL_FORM          N_("\"%s\" cannot be a token's label: it must be 1 to 32 bytes, without a blank at either end.")
#define MSG_LABEL_NOT_REHEARSAL N_("In a rehearsal a token's label must begin with \"REHEARSAL \"; \"%s\" does not.")
#define MSG_LABEL_REHEARSAL     N_("The label \"%s\" is for rehearsals only.")
#define MSG_LABEL_TWO           N_("Another token has the label \"%s\". Remove it.")
#define MSG_LABEL_LOST          N_("The token was initialised but is not found again by its new label \"%s\".")
#define MSG_NOT_ERASED                                                                                                 \
	N_("Nothing was done: the object \"%s\" on HSM %s would be erased, and the order does not name it.")
#define MSG_UNLOCKED N_("HSM %s is unlocked. Lock it first.")
#define MSG_LOCKED   N_("HSM %s is locked. Unlock it first.")

/* of keys and signatures */
#define MSG_ALGORITHM N_("The algorithm \"%s\" is not known here.")
#define MSG_ALGORITHM_PARAMETERS                                                                                       \
	N_("The parameters of the signature algorithm %s are not those that the standards ask for.")
#define MSG_ALGORITHM_KEY N_("The key cannot make a signature of the algorithm %s.")
#define MSG_NOT_ABLE      N_("HSM %s cannot generate a key of the algorithm %s.")
#define MSG_CHALLENGE     N_("A challenge must be %d to %d bytes.")
#define MSG_LABEL_USED    N_("A %s on HSM %s has the label \"%s\" already. Choose another, or remove the object.")
#define MSG_ID_USED       N_("A %s on HSM %s has the CKA_ID %s already. Draw another.")
#define MSG_READ_BACK     N_("The new key is not as asked: %s reads back as %s, not as %s. It was destroyed.")
#define MSG_KEY_ATTRIBUTE N_("The key's %s reads as %s, and must be %s. It was not used.")
#define MSG_NOT_DESTROYED                                                                                              \
	N_("The new key could not be destroyed and is still on HSM %s, though it must not be used: %s")
#define MSG_PUBLIC_KEY N_("The public key cannot be read from the token: its %s is missing or wrong.")
#define MSG_KEY_COUNT  N_("HSM %s has %zu private and %zu public keys of CKA_ID %s; there must be one of each.")
#define MSG_ALWAYS_AUTHENTICATE                                                                                        \
	N_("The key on HSM %s asks for the PIN at every signature (CKA_ALWAYS_AUTHENTICATE), which this version "      \
	   "cannot do.")
#define MSG_SIGNATURE_LENGTH N_("The token returned an ECDSA signature of %zu bytes.")
#define MSG_SIGNATURE_BAD    N_("The token's signature (%s) does not verify under its public key. It was not used.")
#define MSG_DOCUMENT         N_("The bytes to be signed are not the signed attributes of a CMS and its content.")
#define MSG_LEAVES           N_("What was given to be signed in a batch is cut short, or too much.")
#define MSG_LEAVES_COUNT     N_("Nothing was done: %zu things are to be signed, and the approval is for %lld.")
#define MSG_LEAVES_NONE      N_("Nothing was done: the list of what was approved was not given for this act.")
#define MSG_LEAF_FORM        N_("Number %zu of the batch is no response data (RFC 6960). It was not signed.")
#define MSG_LEAF_OTHER       N_("Number %zu of the batch is not what was approved. It was not signed.")
#define MSG_LEAF_TWICE       N_("Number %zu of the batch was signed already. It is not signed again.")
#define MSG_TBS_LIST         N_("The bytes to be signed are not the DER of a TBSCertList (RFC 5280 section 5.1).")
#define MSG_TBS              N_("The bytes to be signed are not the DER of a TBSCertificate.")
#define MSG_CRI              N_("The bytes to be signed are not the DER of a CertificationRequestInfo.")
#define MSG_CRI_KEY          N_("The request to be signed is for another key than the one that would sign it.")

/* of people's smart cards */
#define MSG_CARD_HELPER   N_("A helper that has the record drives no card, and one that drives a card takes no record.")
#define MSG_CARD_NO_CARDS N_("No card is in a reader. Insert the card of %s: label \"%s\", serial \"%s\".")
#define MSG_CARD_NONE                                                                                                  \
	N_("The card of %s (label \"%s\", serial \"%s\") is not there. These are (label / serial): %s. Insert the "    \
	   "right one.")
#define MSG_CARD_TWO        N_("Two cards have label \"%s\" and serial \"%s\". Remove the one that is not the card of %s.")
#define MSG_CARD_MESSAGE    N_("Nothing was signed: the card of %s signs only the message of a cosignature.")
#define MSG_CARD_TIME       N_("Nothing was signed: the signing time for the card of %s is not that of the cosignature.")
#define MSG_CARD_PIN_NONE   N_("No PIN was given for the card of %s, and its reader has no PIN pad.")
#define MSG_CARD_PIN_LENGTH N_("The PIN of the card of %s has %llu to %llu characters. What was typed was not tried.")
#define MSG_CARD_PIN_FEW                                                                                               \
	N_("The PIN was not tried yet: the card of %s says that few tries are left. Type it once more, with care.")
#define MSG_CARD_PIN_LAST                                                                                              \
	N_("The PIN was not tried yet: the card of %s says that one try is left before it locks. Type it once more, "  \
	   "with care.")
#define MSG_CARD_PIN_WRONG        N_("The PIN of the card of %s is wrong.")
#define MSG_CARD_PIN_WRONG_LOW    N_("The PIN of the card of %s is wrong. The card says that few tries are left.")
#define MSG_CARD_PIN_WRONG_FINAL  N_("The PIN of the card of %s is wrong. One try is left before the card locks it.")
#define MSG_CARD_PIN_LOCKED       N_("The PIN of the card of %s is locked by the card. It was not tried.")
#define MSG_CARD_PIN_NOW_LOCKED   N_("The PIN of the card of %s was not taken: the card has locked it.")
#define MSG_CARD_CERTIFICATE_NONE N_("The card of %s does not hold the certificate that the script pins (SHA-256 %s).")
#define MSG_CARD_CERTIFICATE_TWO                                                                                       \
	N_("The card of %s holds its certificate %zu times. Name one in the site file by its CKA_ID (certificate).")
#define MSG_CARD_CERTIFICATE_BAD N_("The certificate on the card of %s does not parse, or its key cannot sign by %s.")
#define MSG_CARD_KEY_COUNT                                                                                             \
	N_("The card of %s has %zu private keys of the CKA_ID %s of its certificate; there must be one.")

#define WIRE_MESSAGES                                                                                                  \
	MSG_START, MSG_GONE, MSG_STUCK, MSG_FRAME, MSG_BUSY, MSG_NOT_ASKED, MSG_LATE, MSG_NO_RECORD, MSG_LINE_SEQ,     \
	        MSG_INITIALISED_FACTS, MSG_NO_HSM, MSG_VERB, MSG_MODULE_PATH, MSG_MODULE_MISSING, MSG_MODULE_HASH,     \
	        MSG_MODULE_LOAD, MSG_MODULE_SLOTS, MSG_MODULES_MANY, MSG_TOKEN_NONE, MSG_TOKEN_NONE_FRESH,             \
	        MSG_TOKEN_NO_TOKENS, MSG_TOKEN_TWO, MSG_TOKEN_REAL, MSG_TOKEN_SOFTWARE, MSG_TOKEN_SWAPPED,             \
	        MSG_TOKEN_GONE, MSG_CALL, MSG_OBJECTS_MANY, MSG_NOT_INTENDED, MSG_OTHER_INTENT, MSG_OTHER_ACT,         \
	        MSG_ORDER_FIELD, MSG_ORDER_FORM, MSG_PIN_NONE, MSG_PIN_SHORT, MSG_PIN_LONG, MSG_PIN_LENGTH,            \
	        MSG_PIN_CUT, MSG_PIN_SAME, MSG_OLD_PIN_OPEN, MSG_OLD_PIN_ODD, MSG_BOTH_OPEN, MSG_NONE_OPENS,           \
	        MSG_NO_PATH, MSG_PIN_WRONG, MSG_PIN_WRONG_LOW, MSG_PIN_WRONG_FINAL, MSG_PIN_LOCKED,                    \
	        MSG_PIN_NOW_LOCKED, MSG_LABEL_LONG, MSG_LABEL_FORM, MSG_LABEL_NOT_REHEARSAL, MSG_LABEL_REHEARSAL,      \
	        MSG_LABEL_TWO, MSG_LABEL_LOST, MSG_NOT_ERASED, MSG_UNLOCKED, MSG_LOCKED, MSG_ALGORITHM,                \
	        MSG_ALGORITHM_PARAMETERS, MSG_ALGORITHM_KEY, MSG_NOT_ABLE, MSG_CHALLENGE, MSG_LABEL_USED, MSG_ID_USED, \
	        MSG_READ_BACK, MSG_NOT_DESTROYED, MSG_PUBLIC_KEY, MSG_KEY_COUNT, MSG_ALWAYS_AUTHENTICATE,              \
	        MSG_SIGNATURE_LENGTH, MSG_SIGNATURE_BAD, MSG_TBS, MSG_TBS_LIST, MSG_CRI, MSG_CRI_KEY,                  \
	        MSG_KEY_ATTRIBUTE, MSG_PASS, MSG_LEAVES, MSG_LEAVES_COUNT, MSG_LEAVES_NONE, MSG_LEAF_FORM,             \
	        MSG_LEAF_OTHER, MSG_LEAF_TWICE, MSG_DOCUMENT, MSG_CARD_HELPER, MSG_CARD_NO_CARDS, MSG_CARD_NONE,       \
	        MSG_CARD_TWO, MSG_CARD_MESSAGE, MSG_CARD_TIME, MSG_CARD_PIN_NONE, MSG_CARD_PIN_LENGTH,                 \
	        MSG_CARD_PIN_FEW, MSG_CARD_PIN_LAST, MSG_CARD_PIN_WRONG, MSG_CARD_PIN_WRONG_LOW,                       \
	        MSG_CARD_PIN_WRONG_FINAL, MSG_CARD_PIN_LOCKED, MSG_CARD_PIN_NOW_LOCKED, MSG_CARD_CERTIFICATE_NONE,     \
	        MSG_CARD_CERTIFICATE_TWO, MSG_CARD_CERTIFICATE_BAD, MSG_CARD_KEY_COUNT

#endif
