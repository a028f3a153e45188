#include "../base/check.h"

#include <string.h>

#include "record/tree.h"

/* The tree of RFC 6962 that the first Certificate Transparency implementation was tested with
 * (google/certificate-transparency, merkle tree tests): leaves in hex, and the root after each. */
static void roots_are_those_of_certificate_transparency(void **state)
{
	static const struct {
		const char *leaf, *root;
	} known[] = {
	        {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
	        {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
	        {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
	        {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
	        {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
	        {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
	        {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
	        {"606162636465666768696a6b6c6d6e6f",
	                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
	};
	struct tree t = {0};
	uint8_t leaf[16], root[32];

	(void)state;
	assert_int_equal(tree_root(&t, root), 0);
	check_hex(root, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		size_t len = strlen(known[i].leaf) / 2;

		assert_int_equal(hex_decode(known[i].leaf, 2 * len, leaf, len), 0);
		assert_int_equal(tree_add(&t, leaf, len), 0);
		assert_int_equal(tree_root(&t, root), 0);
		check_hex(root, 32, known[i].root);
		assert_int_equal(t.size, i + 1);
	}
}

static void the_known_answer_of_the_record_format_holds(void **state)
{
	static const char *const lines[] = {"{\"seq\":0,\"event\":\"open\"}", "{\"seq\":1,\"event\":\"keygen\"}",
	        "{\"seq\":2,\"event\":\"close\"}"};
	struct tree t = {0};
	struct bytes text = {0};
	uint8_t root[32];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(tree_add(&t, lines[i], strlen(lines[i])), 0);
	assert_int_equal(tree_root(&t, root), 0);
	bytes_base64(&text, root, 32);
	assert_string_equal(bytes_string(&text), "i1BteKDnfUQO3Ou9yiFuptxAy6C6yMugv3aC/PRvmCs=");
	bytes_free(&text);
}

/* RFC 6962 section 2.1 as it is written, recursively: the largest power of two below n to the left. */
static void recursive_root(const uint16_t *leaves, size_t count, uint8_t out[32])
{
	uint8_t node[65] = {1};
	size_t k = 1;

	if (count == 1) {
		uint8_t leaf[3] = {0, (uint8_t)(leaves[0] >> 8), (uint8_t)leaves[0]};

		assert_int_equal(sha256(leaf, 3, out), 0);
		return;
	}
	while (2 * k < count)
		k *= 2;
	recursive_root(leaves, k, node + 1);
	recursive_root(leaves + k, count - k, node + 33);
	assert_int_equal(sha256(node, 65, out), 0);
}

static void every_size_has_the_root_of_the_definition(void **state)
{
	uint16_t leaves[300];
	uint8_t root[32], want[32];
	struct tree t = {0};

	(void)state;
	for (uint16_t i = 0; i < 300; i++) {
		uint8_t leaf[2] = {(uint8_t)(i * 7 >> 8), (uint8_t)(i * 7)};

		leaves[i] = (uint16_t)(i * 7);
		assert_int_equal(tree_add(&t, leaf, 2), 0);
		assert_int_equal(tree_root(&t, root), 0);
		recursive_root(leaves, i + 1u, want);
		assert_memory_equal(root, want, 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(roots_are_those_of_certificate_transparency),
	        cmocka_unit_test(the_known_answer_of_the_record_format_holds),
	        cmocka_unit_test(every_size_has_the_root_of_the_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
