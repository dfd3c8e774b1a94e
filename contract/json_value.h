// JSON values to be validated, laid out so that a body costs one allocation. Internal to contract/.
//
// The values of one text stand in one array, each followed by what it contains: no tree of small objects is built for a
// body that is looked at once. (docs/decisions.md has the figures.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "contract/violation.h"

namespace pgw::contract {

/// One value. A list or an object is only whole within its JsonTape; a copy of any other stands on its own.
/// Texts and names are views: what they were made from must outlive the value.
class JsonValue {
 public:
  enum class Kind : std::uint8_t { null, unread, boolean, integer, unsigned_integer, decimal, string, array, object };

  JsonValue() = default;
  explicit JsonValue(bool value) : kind_(Kind::boolean), content_{.boolean = value} {}
  explicit JsonValue(std::int64_t value) : kind_(Kind::integer), content_{.integer = value} {}
  explicit JsonValue(std::uint64_t value) : kind_(Kind::unsigned_integer), content_{.unsigned_integer = value} {}
  explicit JsonValue(double value) : kind_(Kind::decimal), content_{.decimal = value} {}
  explicit JsonValue(std::string_view text) : kind_(Kind::string), content_{.text = text.data()}, size_(text.size()) {}

  /// A value that is there and of which nothing else is known: every schema takes it.
  static JsonValue unread() {
    JsonValue value;
    value.kind_ = Kind::unread;
    return value;
  }

  /// A text that a parameter or a form field holds: of the type that its schema names.
  static JsonValue spelt(std::string_view text) {
    JsonValue value(text);
    value.is_spelt_ = true;
    return value;
  }

  Kind kind() const { return kind_; }
  bool is_spelt() const { return is_spelt_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_unread() const { return kind_ == Kind::unread; }
  bool is_boolean() const { return kind_ == Kind::boolean; }
  bool is_number() const { return is_integer() || kind_ == Kind::decimal; }
  bool is_integer() const { return kind_ == Kind::integer || kind_ == Kind::unsigned_integer; }
  bool is_string() const { return kind_ == Kind::string; }
  bool is_array() const { return kind_ == Kind::array; }
  bool is_object() const { return kind_ == Kind::object; }

  bool boolean() const { return content_.boolean; }
  std::int64_t integer() const { return content_.integer; }  ///< of Kind::integer
  std::uint64_t unsigned_integer() const {
    return content_.unsigned_integer;
  }                       ///< of Kind::unsigned_integer: beyond an int64
  double number() const;  ///< of any number
  std::string_view text() const { return {content_.text, size_}; }

  /// Of a list or an object: how many items or members.
  std::size_t size() const { return size_; }

  /// Of an object's member: its key.
  std::string_view name() const { return {name_, name_size_}; }

  /// The member of that name, null without one; null too if this is no object.
  const JsonValue* find(std::string_view name) const;

  class Iterator;
  Iterator begin() const;  ///< the items of a list, the members of an object, in the order of the text
  Iterator end() const;

  nlohmann::json to_json() const;

 private:
  friend class JsonTape;

  union Content {
    bool boolean;
    std::int64_t integer;
    std::uint64_t unsigned_integer;
    double decimal;
    const char* text;
  };

  Kind kind_ = Kind::null;
  bool is_spelt_ = false;
  bool is_overridden_ = false;  // a member whose key stands again later in the same object
  std::uint32_t name_size_ = 0;
  std::uint32_t span_ = 1;  // how many values from here to the next one that isn't within this one
  const char* name_ = nullptr;
  Content content_ = {.text = nullptr};
  std::size_t size_ = 0;
};

/// Goes by what a member says of itself: those that a later one of their name replaces are passed over.
class JsonValue::Iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = JsonValue;
  using difference_type = std::ptrdiff_t;
  using pointer = const JsonValue*;
  using reference = const JsonValue&;

  Iterator() = default;
  Iterator(const JsonValue* at, const JsonValue* end) : at_(at), end_(end) { skip_overridden(); }

  reference operator*() const { return *at_; }
  pointer operator->() const { return at_; }
  Iterator& operator++() {
    at_ += at_->span_;
    skip_overridden();
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Iterator& other) const { return at_ == other.at_; }

 private:
  void skip_overridden() {
    while (at_ != end_ && at_->is_overridden_) at_ += at_->span_;
  }

  const JsonValue* at_ = nullptr;
  const JsonValue* end_ = nullptr;
};

/// The values of one text, in its order. Moving it leaves them where they are.
class JsonTape {
 public:
  /// What a caller expects to add; more is welcome.
  explicit JsonTape(std::size_t expected_values = 0) { values_.reserve(expected_values); }

  /// `value`'s texts are not copied.
  static JsonTape of(const nlohmann::json& value);

  bool is_empty() const { return values_.empty(); }

  /// Whether a key stands twice in an object; and the path to its first occurrence that doesn't count.
  bool has_repeated_key() const { return has_repeated_key_; }
  std::vector<LocPart> path_to_repeated_key() const;
  const JsonValue& root() const { return values_.front(); }

  /// Adds a value, as a member under its name where one is being added to an object.
  void add(JsonValue value, std::string_view name = {});

  /// Begins a list or an object: what is added from now on is within it. Returns what `close` wants.
  std::size_t open(JsonValue::Kind kind, std::string_view name = {});

  /// Ends it. Of members of one name the last counts, as in Python.
  void close(std::size_t opened);

  /// Adds what another tape holds, as one value. The other's texts live on.
  void take_in(JsonTape other, std::string_view name = {});

  /// Room for `size` bytes that live as long as the tape: for texts that stand nowhere else.
  char* room(std::size_t size);

 private:
  void add_json(const nlohmann::json& value, std::string_view name);
  bool find_repeated_key(const JsonValue& within, std::vector<LocPart>& path) const;
  void drop_overridden(JsonValue& object);

  bool has_repeated_key_ = false;
  std::vector<JsonValue> values_;
  std::vector<std::unique_ptr<char[]>> rooms_;
};

}  // namespace pgw::contract
