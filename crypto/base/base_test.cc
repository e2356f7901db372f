// Secrets, byte strings, hashes, signatures, key agreement, sealing and the keys of a run.
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <concepts>
#include <sstream>
#include <type_traits>

#include "crypto/base/aead.h"
#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"
#include "crypto/base/key_exchange.h"
#include "crypto/base/linkage_keys.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/base/signing.h"

namespace raakvlak::crypto {
namespace {

template <typename T>
concept Printable = requires(std::ostream& os, const T& value) {
  os << value;
};
static_assert(!Printable<Secret<32>> && !Printable<SecretBytes>);
static_assert(!std::is_copy_constructible_v<Secret<32>> && !std::is_copy_assignable_v<Secret<32>>);
static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<Secret<32>>);

template <size_t N>
Secret<N> Filled(uint8_t value) {
  Secret<N> out;
  for (uint8_t& b : out.Mutable(SecretAccess{})) b = value;
  return out;
}

TEST(SecretTest, MovingLeavesZerosBehind) {
  Secret<32> a = Filled<32>(7);
  Secret<32> b = std::move(a);
  EXPECT_EQ(a, Secret<32>());  // NOLINT: a moved-from secret is specified to be zeros
  EXPECT_EQ(b, Filled<32>(7));
  b = Filled<32>(9);
  EXPECT_EQ(b, Filled<32>(9));
  EXPECT_FALSE(b == Filled<32>(7));
}

TEST(SecretTest, DestructionZeroes) {
  alignas(Secret<32>) unsigned char storage[sizeof(Secret<32>)];
  auto* secret = new (storage) Secret<32>(Filled<32>(0xab));
  EXPECT_EQ(storage[5], 0xab);
  secret->~Secret<32>();
  // Read through volatile, since the object's lifetime is over.
  const volatile unsigned char* bytes = storage;
  for (size_t i = 0; i < 32; ++i) EXPECT_EQ(bytes[i], 0) << i;
}

TEST(SecretTest, GoogleTestPrintsNoContents) {
  EXPECT_EQ(testing::PrintToString(Filled<16>(0x41)), "(secret)");
  EXPECT_EQ(testing::PrintToString(SecretBytes(AsBytes("hush"))), "(secret)");
}

TEST(SecretTest, BytesCompareAndMove) {
  SecretBytes a(AsBytes("hush"));
  SecretBytes b = a.Clone(SecretAccess{});
  EXPECT_TRUE(a == b);
  EXPECT_FALSE(a == SecretBytes(AsBytes("husH")));
  EXPECT_FALSE(a == SecretBytes(AsBytes("hush!")));
  SecretBytes c = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT
  EXPECT_TRUE(c == b);
}

TEST(BytesTest, WriterAndReaderAgree) {
  ByteWriter writer;
  writer.U8(1).U16(0x0203).U32(0x04050607).U64(0x08090a0b0c0d0e0f).Lp("ab").Lp32(AsBytes("cde"));
  EXPECT_EQ(ToHex(writer.view()), "0102030405060708090a0b0c0d0e0f0002616200000003636465");
  ByteReader reader(writer.view());
  EXPECT_EQ(reader.U8(), 1);
  EXPECT_EQ(reader.U16(), 0x0203);
  EXPECT_EQ(reader.U32(), 0x04050607u);
  EXPECT_EQ(reader.U64(), 0x08090a0b0c0d0e0fu);
  EXPECT_EQ(ToString(reader.Lp()), "ab");
  EXPECT_EQ(ToString(reader.Lp32(3)), "cde");
  EXPECT_TRUE(reader.Finish("message").ok());
}

TEST(BytesTest, ReaderRefusesShortLongAndOverBound) {
  const Bytes bytes = Lp("abc");
  ByteReader cut(ByteView(bytes).first(4));
  cut.Lp();
  EXPECT_FALSE(cut.ok());
  EXPECT_EQ(cut.U64(), 0u);
  EXPECT_FALSE(cut.Finish("message").ok());
  ByteReader rest(bytes);
  rest.U16();
  EXPECT_FALSE(rest.Finish("message").ok());
  ByteReader bounded(bytes);
  bounded.Lp(2);
  EXPECT_FALSE(bounded.ok());
}

TEST(BytesTest, LpPrefixesTwoBytesBigEndian) {
  EXPECT_EQ(ToHex(Lp("")), "0000");
  EXPECT_EQ(ToHex(Lp("nl")), "00026e6c");
  EXPECT_EQ(ToHex(ByteView(Lp(Bytes(300))).first(2)), "012c");
}

TEST(BytesTest, OverlongPrefixStops) {
  EXPECT_DEATH(Lp(Bytes(65536)), "does not fit its length prefix");
}

TEST(BytesTest, HexAndBase32) {
  EXPECT_FALSE(FromHex("abc").ok());
  EXPECT_FALSE(FromHex("zz").ok());
  EXPECT_EQ(ToHex(*FromHex("00fFa5")), "00ffa5");
  // RFC 4648 section 10.
  EXPECT_EQ(ToBase32(AsBytes("")), "");
  EXPECT_EQ(ToBase32(AsBytes("f")), "MY");
  EXPECT_EQ(ToBase32(AsBytes("fooba")), "MZXW6YTB");
  EXPECT_EQ(ToBase32(AsBytes("foobar")), "MZXW6YTBOI");
}

TEST(RandomTest, SeededRepeatsAndSystemDoesNot) {
  SeededRandom a(1), b(1), c(2);
  const Secret<32> first = a.NewSecret<32>();
  EXPECT_EQ(first, b.NewSecret<32>());
  EXPECT_FALSE(first == a.NewSecret<32>());
  EXPECT_FALSE(first == c.NewSecret<32>());
  SystemRandom system;
  EXPECT_FALSE(system.NewSecret<32>() == system.NewSecret<32>());
  // What is long comes in another way.
  EXPECT_FALSE(system.NewSecret<5000>() == system.NewSecret<5000>());
  const Secret<5000> one = system.NewSecret<5000>();
  const ByteView bytes = one.Reveal(SecretAccess{});
  EXPECT_FALSE(std::equal(bytes.begin(), bytes.begin() + 2500, bytes.begin() + 2500));
}

TEST(HashTest, Sha512OfAbc) {  // FIPS 180-4 example
  EXPECT_EQ(ToHex(Sha512(AsBytes("abc"))),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  Sha512Hasher hasher;
  hasher.Update(AsBytes("a"));
  EXPECT_EQ(Sha512Hasher(hasher).Update(AsBytes("bc")).Finish(), Sha512(AsBytes("abc")));
  EXPECT_EQ(hasher.Update({}).Update(AsBytes("bc")).Finish(), Sha512(AsBytes("abc")));
  EXPECT_EQ(hasher.Finish(), Sha512({}));
}

TEST(HashTest, HmacOfRfc4231) {  // test case 2
  const Digest mac = HmacSha512(AsBytes("Jefe"), AsBytes("what do ya want for nothing?"));
  EXPECT_EQ(ToHex(mac),
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
            "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
  HmacSha512Key key(AsBytes("Jefe"));
  HmacSha512Key moved = std::move(key);
  EXPECT_EQ(moved.Mac(AsBytes("what do ya want for nothing?")), mac);
}

Bytes OpenSslHkdf(int mode, ByteView key, ByteView salt, ByteView info, size_t size) {
  EVP_KDF* kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(kdf);
  char digest[] = "SHA512";
  auto octets = [](const char* name, ByteView view) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<uint8_t*>(view.data()), view.size());
  };
  OSSL_PARAM params[6];
  size_t n = 0;
  params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
  params[n++] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
  params[n++] = octets(OSSL_KDF_PARAM_KEY, key);
  if (!salt.empty()) params[n++] = octets(OSSL_KDF_PARAM_SALT, salt);
  if (!info.empty()) params[n++] = octets(OSSL_KDF_PARAM_INFO, info);
  params[n] = OSSL_PARAM_construct_end();
  Bytes out(size);
  EXPECT_EQ(EVP_KDF_derive(context, out.data(), size, params), 1);
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(kdf);
  return out;
}

TEST(HashTest, HkdfAgreesWithOpenSsl) {
  SeededRandom random(5);
  for (size_t size : {1u, 31u, 64u, 65u, 200u, 255u * 64u}) {
    Bytes salt(size % 70), key(size % 90 + 1), info(size % 33);
    random.Fill(salt);
    random.Fill(key);
    random.Fill(info);
    const Secret<64> prk = HkdfSha512Extract(salt, key);
    EXPECT_EQ(ToHex(prk.Reveal(SecretAccess{})),
              ToHex(OpenSslHkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, key, salt, {}, 64)));
    Bytes out(size);
    HkdfSha512Expand(prk.Reveal(SecretAccess{}), info, out);
    EXPECT_EQ(out, OpenSslHkdf(EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, key, salt, info, size));
  }
  Bytes out(64);
  const Secret<64> whole = HkdfSha512<64>(AsBytes("salt"), AsBytes("key"), AsBytes("info"));
  EXPECT_EQ(ToHex(whole.Reveal(SecretAccess{})),
            ToHex(OpenSslHkdf(EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, AsBytes("key"), AsBytes("salt"),
                              AsBytes("info"), 64)));
}

TEST(SigningTest, VerifiesOnlyWhatWasSigned) {
  SeededRandom random(1);
  const SigningKey key = SigningKey::Generate(random);
  const SigningKey other = SigningKey::Generate(random);
  const Signature signature = key.Sign("manifest", AsBytes("message"));
  auto verify = [&](const VerifyKey& by, std::string_view context, std::string_view message,
                    ByteView s) { return VerifySignature(by, context, AsBytes(message), s).ok(); };
  EXPECT_TRUE(verify(key.verify_key(), "manifest", "message", signature));
  EXPECT_FALSE(verify(key.verify_key(), "roster", "message", signature));
  EXPECT_FALSE(verify(key.verify_key(), "manifestm", "essage", signature));
  EXPECT_FALSE(verify(key.verify_key(), "manifest", "messagE", signature));
  EXPECT_FALSE(verify(other.verify_key(), "manifest", "message", signature));
  EXPECT_FALSE(verify(key.verify_key(), "manifest", "message", ByteView(signature).first(63)));
  for (size_t i = 0; i < signature.size(); i += 7) {
    Signature bad = signature;
    bad[i] ^= 1;
    EXPECT_FALSE(verify(key.verify_key(), "manifest", "message", bad)) << i;
  }
  EXPECT_FALSE(verify(VerifyKey(), "manifest", "message", signature));
  const SigningKey again = SigningKey::FromSeed(key.Seed(SecretAccess{}));
  EXPECT_EQ(again.verify_key(), key.verify_key());
  EXPECT_FALSE(VerifyKey::Parse(Bytes(31)).ok());
}

TEST(KeyExchangeTest, AgreesAndRefusesSmallOrder) {
  SeededRandom random(1);
  const ExchangeKey a = ExchangeKey::Generate(random);
  const ExchangeKey b = ExchangeKey::Generate(random);
  ASSERT_TRUE(a.Agree(b.public_key()).ok());
  EXPECT_EQ(*a.Agree(b.public_key()), *b.Agree(a.public_key()));
  // Points of order 1, 2, 4, 8 and their non-canonical forms (RFC 7748 section 7, cr.yp.to/ecdh).
  for (const char* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    ExchangePublicKey low{};
    const Bytes bytes = *FromHex(hex);
    std::copy(bytes.begin(), bytes.end(), low.begin());
    EXPECT_FALSE(a.Agree(low).ok()) << hex;
  }
}

TEST(KeyExchangeTest, Rfc7748DiffieHellman) {
  const Bytes secret = *FromHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const ExchangeKey key = ExchangeKey::FromSecret(Secret<32>(ByteView(secret).first<32>()));
  EXPECT_EQ(ToHex(key.public_key()),
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
}

TEST(AeadTest, OpensOnlyWhatWasSealed) {
  SeededRandom random(1);
  const Secret<32> key = random.NewSecret<32>();
  const Bytes box = Seal(key, AsBytes("to B"), AsBytes("share"), random);
  EXPECT_EQ(box.size(), 5 + kAeadOverhead);
  ASSERT_TRUE(Open(key, AsBytes("to B"), box).ok());
  EXPECT_TRUE(*Open(key, AsBytes("to B"), box) == SecretBytes(AsBytes("share")));
  EXPECT_FALSE(Open(key, AsBytes("to C"), box).ok());
  EXPECT_FALSE(Open(random.NewSecret<32>(), AsBytes("to B"), box).ok());
  for (size_t i = 0; i < box.size(); ++i) {
    Bytes bad = box;
    bad[i] ^= 0x10;
    EXPECT_FALSE(Open(key, AsBytes("to B"), bad).ok()) << i;
  }
  EXPECT_FALSE(Open(key, AsBytes("to B"), ByteView(box).first(kAeadOverhead - 1)).ok());
  EXPECT_FALSE(Seal(key, {}, {}, random) == Seal(key, {}, {}, random));
  ASSERT_TRUE(Open(key, {}, Seal(key, {}, {}, random)).ok());

  Bytes in_place(kAeadNonceSize);
  in_place.insert(in_place.end(), {1, 2, 3});
  in_place.resize(in_place.size() + kAeadTagSize);
  SealInPlace(key, AsBytes("to B"), in_place, random);
  EXPECT_EQ(Open(key, AsBytes("to B"), in_place)->Reveal(SecretAccess{})[2], 3);
  Bytes altered = in_place;
  altered[kAeadNonceSize] ^= 1;
  EXPECT_FALSE(OpenInPlace(key, AsBytes("to B"), altered).ok());
  EXPECT_FALSE(OpenInPlace(key, {}, std::span(altered).first(kAeadOverhead - 1)).ok());
  const std::span<uint8_t> opened = *OpenInPlace(key, AsBytes("to B"), in_place);
  EXPECT_EQ(Bytes(opened.begin(), opened.end()), (Bytes{1, 2, 3}));
}

TEST(LinkageKeysTest, PairKeyIsTheSameOnBothSides) {
  SeededRandom random(1);
  const ExchangeKey a = ExchangeKey::Generate(random);
  const ExchangeKey b = ExchangeKey::Generate(random);
  const Digest hm = Sha512(AsBytes("manifest"));
  auto key = DerivePairKey(a, b.public_key(), hm, "politie", "fiod");
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(*key, *DerivePairKey(b, a.public_key(), hm, "fiod", "politie"));
  // As protocol.md writes it, through OpenSSL.
  const Secret<32> shared = *a.Agree(b.public_key());
  EXPECT_EQ(
      ToHex(key->Reveal(SecretAccess{})),
      ToHex(OpenSslHkdf(EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, shared.Reveal(SecretAccess{}), hm,
                        AsBytes(std::string("raakvlak/v1 pair") + std::string("\0\4", 2) + "fiod" +
                                std::string("\0\7", 2) + "politie"),
                        64)));
  EXPECT_FALSE(*key == *DerivePairKey(a, b.public_key(), Sha512({}), "politie", "fiod"));
  EXPECT_FALSE(*key == *DerivePairKey(a, b.public_key(), hm, "politie", "fio"));
  EXPECT_FALSE(DerivePairKey(a, b.public_key(), hm, "fiod", "fiod").ok());
  EXPECT_FALSE(DerivePairKey(a, ExchangePublicKey{}, hm, "politie", "fiod").ok());
}

TEST(LinkageKeysTest, GroupKeyFollowsTheOrderOfIds) {
  const Digest hm = Sha512(AsBytes("manifest"));
  auto contributions = [](const std::vector<std::pair<std::string, uint8_t>>& list) {
    std::vector<GroupContribution> out;
    out.reserve(list.size());
    for (const auto& [id, value] : list) out.push_back({id, Filled<32>(value)});
    return out;
  };
  auto key = DeriveGroupKey(hm, contributions({{"b", 2}, {"a", 1}, {"c", 3}}));
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(*key, *DeriveGroupKey(hm, contributions({{"c", 3}, {"b", 2}, {"a", 1}})));
  Bytes input(32, 1);
  input.insert(input.end(), 32, 2);
  input.insert(input.end(), 32, 3);
  EXPECT_EQ(ToHex(key->Reveal(SecretAccess{})),
            ToHex(OpenSslHkdf(EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, input, hm,
                              AsBytes("raakvlak/v1 group"), 64)));
  EXPECT_FALSE(DeriveGroupKey(hm, contributions({{"a", 1}, {"a", 2}})).ok());
  EXPECT_FALSE(DeriveGroupKey(hm, contributions({{"a", 1}})).ok());
  EXPECT_EQ(GroupCommitment(Filled<32>(1)), Sha512(Bytes(32, 1)));
  EXPECT_EQ(ToHex(DeriveRunTagKey(*key, "iban").Reveal(SecretAccess{})),
            ToHex(OpenSslHkdf(
                EVP_KDF_HKDF_MODE_EXPAND_ONLY, key->Reveal(SecretAccess{}), {},
                AsBytes(std::string("raakvlak/v1 tag") + std::string("\0\4", 2) + "iban"), 64)));
  EXPECT_FALSE(DeriveRunTagKey(*key, "iban") == DeriveRunTagKey(*key, "kvk"));
  EXPECT_FALSE(DeriveSealKey(*key, "a", "b") == DeriveSealKey(*key, "b", "a"));
}

TEST(FuzzTest, ReaderStaysInsideItsInput) {
  SeededRandom random(12);
  size_t finished = 0;
  for (int i = 0; i < 5000; ++i) {
    uint8_t dice[2];
    random.Fill(dice);
    Bytes bytes(dice[0] % 40);
    random.Fill(bytes);
    for (size_t k = 0; k < bytes.size(); k += 3) bytes[k] %= 8;
    ByteReader reader(bytes);
    ByteWriter writer;
    for (int step = 0; step < 8 && reader.remaining() > 0; ++step) {
      switch ((dice[1] + step) % 5) {
        case 0:
          writer.U8(reader.U8());
          break;
        case 1:
          writer.U16(reader.U16());
          break;
        case 2:
          writer.U32(reader.U32());
          break;
        case 3:
          writer.Lp(reader.Lp(16));
          break;
        default:
          writer.Raw(ByteView(reader.Array<2>()));
      }
    }
    if (!reader.Finish("fuzz").ok()) continue;
    ++finished;
    EXPECT_EQ(writer.Take(), bytes);
  }
  EXPECT_GT(finished, 50u);
}

TEST(FuzzTest, RandomBoxesDoNotOpen) {
  SeededRandom random(13);
  const Secret<32> key = random.NewSecret<32>();
  for (size_t size = 0; size < 200; ++size) {
    Bytes box(size);
    random.Fill(box);
    EXPECT_FALSE(Open(key, {}, box).ok());
  }
}

}  // namespace
}  // namespace raakvlak::crypto
