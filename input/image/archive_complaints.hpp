// Collects what is wrong with one archive: the file's name in each diagnostic, and an end to them,
// since an archive may have a million faults of the same kind.
#pragma once

#include <string>
#include <utility>

#include "input/diagnostic.hpp"

namespace sweepcheck {

class ArchiveComplaints {
 public:
  explicit ArchiveComplaints(std::string file) : file_(std::move(file)) {}

  /// `place` is a member's name, with "#" and a JSON pointer if it is a place within a document.
  void error(std::string rule, std::string place, std::string message, std::string hint = "") {
    has_errors_ = true;
    add(std::move(rule), std::move(place), std::move(message), std::move(hint), false);
  }

  void warning(std::string rule, std::string place, std::string message, std::string hint = "") {
    add(std::move(rule), std::move(place), std::move(message), std::move(hint), true);
  }

  bool has_errors() const { return has_errors_; }

  /// All complaints, the collector being done. Says how many were left out.
  Diagnostics take() {
    if (left_out_count_ > 0) {
      Diagnostic more;
      more.file = file_;
      more.rule = "more";
      more.message = std::to_string(left_out_count_) + " more were left out";
      more.warning = !has_errors_;
      diagnostics_.push_back(std::move(more));
    }
    return std::move(diagnostics_);
  }

 private:
  static constexpr std::size_t kCountMax = 100;

  void add(std::string rule, std::string place, std::string message, std::string hint,
           bool warning) {
    if (diagnostics_.size() >= kCountMax) {
      ++left_out_count_;
      return;
    }
    diagnostics_.push_back({.file = file_,
                            .line = 0,
                            .column = 0,
                            .pointer = std::move(place),
                            .rule = std::move(rule),
                            .message = std::move(message),
                            .hint = std::move(hint),
                            .warning = warning});
  }

  std::string file_;
  Diagnostics diagnostics_;
  std::size_t left_out_count_ = 0;
  bool has_errors_ = false;
};

}  // namespace sweepcheck
