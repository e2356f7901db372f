// Test vectors of RFC 9380, appendix K.3: expand_message_xmd with SHA-512.
#ifndef RAAKVLAK_CRYPTO_OPRF_RFC9380_VECTORS_H_
#define RAAKVLAK_CRYPTO_OPRF_RFC9380_VECTORS_H_

namespace raakvlak::crypto {

inline constexpr char kExpandDst[] = "QUUX-V01-CS02-with-expander-SHA512-256";
struct ExpandValue {
  const char* message;
  const char* uniform;
};
// 32 and 128 bytes.
inline constexpr ExpandValue kExpandValues[] = {
    {"", "6b9a7312411d92f921c6f68ca0b6380730a1a4d982c507211a90964c394179ba"},
    {"abc", "0da749f12fbe5483eb066a5f595055679b976e93abe9be6f0f6318bce7aca8dc"},
    {"abcdef0123456789", "087e45a86e2939ee8b91100af1583c4938e0f5fc6c9db4b107b83346bc967f58"},
    {"",
     "41b037d1734a5f8df225dd8c7de38f851efdb45c372887be655212d07251b921"
     "b052b62eaed99b46f72f2ef4cc96bfaf254ebbbec091e1a3b9e4fb5e5b619d2e"
     "0c5414800a1d882b62bb5cd1778f098b8eb6cb399d5d9d18f5d5842cf5d13d7e"
     "b00a7cff859b605da678b318bd0e65ebff70bec88c753b159a805d2c89c55961"},
    {"abc",
     "7f1dddd13c08b543f2e2037b14cefb255b44c83cc397c1786d975653e36a6b11"
     "bdd7732d8b38adb4a0edc26a0cef4bb45217135456e58fbca1703cd6032cb134"
     "7ee720b87972d63fbf232587043ed2901bce7f22610c0419751c065922b48843"
     "1851041310ad659e4b23520e1772ab29dcdeb2002222a363f0c2b1c972b3efe1"},
    {"abcdef0123456789",
     "3f721f208e6199fe903545abc26c837ce59ac6fa45733f1baaf0222f8b7acb04"
     "24814fcb5eecf6c1d38f06e9d0a6ccfbf85ae612ab8735dfdf9ce84c372a77c8"
     "f9e1c1e952c3a61b7567dd0693016af51d2745822663d0c2367e3f4f0bed827f"
     "eecc2aaf98c949b5ed0d35c3f1023d64ad1407924288d366ea159f46287e61ac"},
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_RFC9380_VECTORS_H_
