#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tree {

/// A natural number of any size, exact. Multiplication takes the square of its length.
class Natural {
public:
    /// `digits` holds decimal digits and nothing else.
    explicit Natural(std::string_view digits) {
        while (!digits.empty()) {
            const auto size = std::min(digits.size(), limb_digits);
            const auto limb = digits.substr(digits.size() - size);
            limbs_.push_back(static_cast<std::uint32_t>(std::stoul(std::string(limb))));
            digits.remove_suffix(size);
        }
        trim();
    }

    Natural operator*(const Natural& other) const {
        Natural product;
        product.limbs_.assign(limbs_.size() + other.limbs_.size(), 0);
        for (std::size_t i = 0; i < limbs_.size(); ++i) {
            std::uint64_t carry = 0;
            for (std::size_t j = 0; j < other.limbs_.size() || carry != 0; ++j) {
                const std::uint64_t factor = j < other.limbs_.size() ? other.limbs_[j] : 0;
                const auto sum = product.limbs_[i + j] + limbs_[i] * factor + carry;
                product.limbs_[i + j] = static_cast<std::uint32_t>(sum % limb_base);
                carry = sum / limb_base;
            }
        }
        product.trim();
        return product;
    }

    bool is_zero() const noexcept { return limbs_.empty(); }

    bool is_even() const noexcept { return is_zero() || limbs_.front() % 2 == 0; }

    std::string to_string() const {
        std::string digits;
        for (auto limb = limbs_.rbegin(); limb != limbs_.rend(); ++limb) {
            const auto part = std::to_string(*limb);
            digits.append(digits.empty() ? 0 : limb_digits - part.size(), '0');
            digits += part;
        }
        return digits.empty() ? "0" : digits;
    }

private:
    static constexpr std::size_t limb_digits = 9;
    static constexpr std::uint64_t limb_base = 1'000'000'000;

    Natural() = default;

    void trim() {
        while (!limbs_.empty() && limbs_.back() == 0) {
            limbs_.pop_back();
        }
    }

    std::vector<std::uint32_t> limbs_;  // Least significant first.
};

}  // namespace tree
