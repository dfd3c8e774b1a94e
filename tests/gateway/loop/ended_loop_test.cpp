// What a loop was given when it ends.
#include <memory>

#include "gateway/loop/event_loop.h"
#include "support/catch.h"

namespace pgw::loop::test {
namespace {

/// Posts to the loop once more as it ends, as a connection's place does that is offered to the next request.
class PostsAgain {
 public:
  PostsAgain(EventLoop& loop, std::shared_ptr<int> token) : loop_(loop), token_(std::move(token)) {}
  ~PostsAgain() {
    loop_.post([token = token_] {});
  }
  PostsAgain(const PostsAgain&) = delete;
  PostsAgain& operator=(const PostsAgain&) = delete;

 private:
  EventLoop& loop_;
  std::shared_ptr<int> token_;
};

TEST_CASE("a task that a loop never ran ends with the loop, though its end posts another") {
  auto token = std::make_shared<int>(1);
  const std::weak_ptr<int> held = token;
  {
    EventLoop loop(0);
    loop.post([again = std::make_shared<PostsAgain>(loop, std::move(token))] {});
    CHECK_FALSE(held.expired());
  }
  CHECK(held.expired());
}

}  // namespace
}  // namespace pgw::loop::test
