// Which backends there are, which pass their self-test, and which one is used.
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "crypto/batch/backends.h"
#include "crypto/batch/kernels.h"

namespace raakvlak::crypto {
namespace {

struct Registry {
  KernelSelection selection;
  std::vector<const Kernels*> available;
};

const Registry& GetRegistry() {
  static const Registry* const registry = [] {
    auto* r = new Registry();
    for (const BackendEntry& entry : Backends()) {
      absl::Status status = entry.support;
      if (status.ok()) status = SelfTest(*entry.kernels);
      if (status.ok()) r->available.push_back(entry.kernels);
      r->selection.reports.push_back({std::string(entry.name), std::move(status)});
    }
    // With libsodium itself broken there is nothing to choose from; every operation would be wrong.
    if (r->available.empty()) std::abort();
    r->selection.chosen = r->available.front();
    return r;
  }();
  return *registry;
}

absl::StatusOr<const Kernels*> Find(const Registry& registry, std::string_view name) {
  for (const Kernels* kernels : registry.available) {
    if (kernels->name() == name) return kernels;
  }
  for (const BackendReport& report : registry.selection.reports) {
    if (report.name == name) return report.status;
  }
  return absl::NotFoundError(absl::StrCat("no backend is called '", std::string(name), "'"));
}

}  // namespace

absl::Status KernelSelection::Problem() const {
  for (const BackendReport& report : reports) {
    if (absl::IsInternal(report.status)) return report.status;
  }
  return override_status;
}

const KernelSelection& SelectedKernels() {
  static const KernelSelection* const selection = [] {
    const Registry& registry = GetRegistry();
    auto* s = new KernelSelection(registry.selection);
    const char* name = std::getenv("RAAKVLAK_BACKEND");
    if (name != nullptr && *name != '\0') {
      if (auto found = Find(registry, name); found.ok()) {
        s->chosen = *found;
      } else {
        s->override_status = absl::FailedPreconditionError(
            absl::StrCat("RAAKVLAK_BACKEND=", name, ": ", std::string(found.status().message())));
      }
    }
    return s;
  }();
  return *selection;
}

const Kernels& DefaultKernels() { return *SelectedKernels().chosen; }

const std::vector<const Kernels*>& AvailableKernels() { return GetRegistry().available; }

absl::StatusOr<const Kernels*> KernelsByName(std::string_view name) {
  return Find(GetRegistry(), name);
}

}  // namespace raakvlak::crypto
