// Normalises a name: the check has to find it.
#include "linkage/normalise/company_name.h"

int main(int argc, char** argv) {
  if (argc <= 5) return 0;
  const auto name = raakvlak::linkage::ParseCompanyName(argv[1]);
  return static_cast<int>(sizeof(name));
}
