#include "core/base/cancel.h"

#include <memory>

namespace pagoda {

CancelRegistration::CancelRegistration(CancelSource* source, std::function<void()> callback)
    : source_(source), callback_(std::move(callback)) {
  if (source_ == nullptr) return;
  next_ = source_->first_;
  if (next_ != nullptr) next_->previous_ = this;
  source_->first_ = this;
}

void CancelRegistration::leave() noexcept {
  if (source_ == nullptr) return;
  if (previous_ != nullptr) previous_->next_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (source_->first_ == this) source_->first_ = next_;
  source_ = nullptr;
  previous_ = next_ = nullptr;
}

CancelSource::~CancelSource() {
  if (destroyed_ != nullptr) *destroyed_ = true;
  while (first_ != nullptr) first_->leave();
}

void CancelSource::cancel() {
  if (cancelled_) return;
  cancelled_ = true;
  const auto destroyed = std::make_unique<bool>(false);
  destroyed_ = destroyed.get();
  while (!*destroyed && first_ != nullptr) {
    // The callback may destroy the registration, and with it the function that is running.
    const std::function<void()> callback = std::move(first_->callback_);
    first_->leave();
    if (callback) callback();
  }
  if (!*destroyed) destroyed_ = nullptr;
}

}  // namespace pagoda
