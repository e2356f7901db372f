// Inputs of MapToGroup at which adding the two halves on the Jacobi quartic (ristretto.h) meets an
// exception: a half s is 0 or torsion, or one is the other's inverse up to sign.
#ifndef RAAKVLAK_CRYPTO_BATCH_MAP_EXCEPTIONS_H_
#define RAAKVLAK_CRYPTO_BATCH_MAP_EXCEPTIONS_H_

#include <string_view>

namespace raakvlak::crypto {

inline constexpr std::string_view kMapExceptions[] = {
    // s1 = 0; every input is two lines, a half each.
    // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): no comma is missing between halves.
    "a81b5c4acb2a3075aa6dea0e2da9bccd156eeb739954347597eb7bf45855b305"
    "38b4e652e44da7f2370d9e260e27136550a4a3a6d07f5c0c332f8b1212841f69",
    // s2 = 0
    "38b4e652e44da7f2370d9e260e27136550a4a3a6d07f5c0c332f8b1212841f69"
    "40256ac5e4c73af6057c6d5120f90c4362ab4ad9015bc365598daca048bac400",
    // both 0
    "a81b5c4acb2a3075aa6dea0e2da9bccd156eeb739954347597eb7bf45855b305"
    "40256ac5e4c73af6057c6d5120f90c4362ab4ad9015bc365598daca048bac400",
    // s1 = 1 or -1: torsion
    "a2ce3011a78ef573098dfffa7c6319a2973184a23f8c7e4fb28a95abee32615f"
    "38b4e652e44da7f2370d9e260e27136550a4a3a6d07f5c0c332f8b1212841f69",
    // s2 = 1 or -1
    "38b4e652e44da7f2370d9e260e27136550a4a3a6d07f5c0c332f8b1212841f69"
    "068c5b499d860a72cba9a67991e93e203e07f2cecac35ff78ba286490a9d647f",
    // torsion twice
    "a2ce3011a78ef573098dfffa7c6319a2973184a23f8c7e4fb28a95abee32615f"
    "a2ce3011a78ef573098dfffa7c6319a2973184a23f8c7e4fb28a95abee32615f",
    // torsion twice
    "a2ce3011a78ef573098dfffa7c6319a2973184a23f8c7e4fb28a95abee32615f"
    "068c5b499d860a72cba9a67991e93e203e07f2cecac35ff78ba286490a9d647f",
    // a double
    "38b4e652e44da7f2370d9e260e27136550a4a3a6d07f5c0c332f8b1212841f69"
    "38b4e652e44da7f2370d9e260e27136550a4a3a6d07f5c0c332f8b1212841f69",
    // t and -t
    "38b4e652e44da7f2370d9e260e27136550a4a3a6d07f5c0c332f8b1212841f69"
    "b54b19ad1bb2580dc8f261d9f1d8ec9aaf5b5c592f80a3f3ccd074eded7be016",
    // zero twice
    "0000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000",
    // s2 = 1/s1
    "2b902f8911e81818f8c99d5d5d9831957504d90e945de2e8f54ee781e63a7b1b"
    "3407a11966ffbe1ecd445f36ec01bcb4f8b44cade12473d1034e33617ba7b908",
    // s2 = 1/s1
    "d85099095aa300165a67036f9b540d6b8f0be21124179c3dd9f7381767b78846"
    "c2a09ce5ea3ceabb040dd96b166f0c49bc1f14b2127a13e6609bbb5a4697ff2e",
    // s2 = 1/s1
    "d85099095aa300165a67036f9b540d6b8f0be21124179c3dd9f7381767b78846"
    "42b89499fcc5d6c2bea48a10347b5ccb60970c890723d8e00e37d28394ba6c4c",
    // s2 = -1/s1
    "264aad6cb6dd210faf94acd3cf92c190237cb11f5d108cf2593026399c59b850"
    "8a31a9627e00044af0f11c7d4fd9293701ec82cc1847a553d60aee939caa757f",
    // s2 = -1/s1
    "a4e6ed24ec636a8ac0a1271e5866279238aaf84e58056d8f2fa8edd04add4b57"
    "20891db5fa953765b590bb89b1252bec09119ec10169d9d26e64a13cec750f0f",
    // s2 = -1/s1
    "a4e6ed24ec636a8ac0a1271e5866279238aaf84e58056d8f2fa8edd04add4b57"
    "c414f35878fc6a7cb7a73889b903cb5b3004ccdd0ec020a17c86185b80325610",
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_MAP_EXCEPTIONS_H_
