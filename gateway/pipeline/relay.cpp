// How a response that is not answered from memory goes out: streamed or whole, in the coding that its client takes.
#include <charconv>
#include <utility>

#include "gateway/pipeline/compression.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/upstream_job.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {

std::optional<std::uint64_t> UpstreamJob::content_length() const {
  const std::string* text = fields_.find("content-length");
  if (text == nullptr) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

/// Only of what is not answered from memory: that is chosen for when it is answered.
Progress UpstreamJob::negotiate() {
  if (context() != nullptr) coding_ = choose_coding(*context(), status_, fields_, content_length());
  return Progress::next;
}

/// A HEAD that is fetched as GET: all that is wanted of a response which won't be stored is there.
void UpstreamJob::answer_head() {
  note_upstream(status_);
  relay_without_content();
  let_client_go();
  cancel();
}

void UpstreamJob::begin_streaming() {
  if (context() != nullptr && context()->request().is_head()) return answer_head();
  worker_.client().stream(call_);
  const auto length = content_length();
  http::Exchange* client = nullptr;
  if (context() != nullptr) {
    client = context()->exchange.get();
    client->on_drained([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr) return;
      self->delivery_.give_back();
      self->worker_.client().resume(self->call_);
    });
    tell_coding(fields_, coding_, coding_.coding.has_value());
    if (coding_.coding) {
      delivery_.encode(http::make_encoder(*coding_.coding, http::Effort::passing));
      note_coded(*context(), *coding_.coding);
    }
    client->begin(response_head(*context(), status_, relayed_fields(fields_)), coding_.coding ? std::nullopt : length);
  }
  delivery_.stream_to(client, length);
}

Progress UpstreamJob::answer() {
  if (context() == nullptr) return Progress::answered;
  if (is_streaming()) {
    delivery_.finish();
    context()->exchange->end();
  } else if (has_content()) {
    relay_whole();
  } else {
    relay_without_content();
  }
  return Progress::answered;
}

void UpstreamJob::relay_whole() {
  const std::size_t size = body().size();
  const bool is_small = size < runtime().settings.compression.min_size;
  const bool is_coded = coding_.coding && (coding_.is_must || (!is_small && size <= coded_at_most));
  tell_coding(fields_, coding_, is_coded);
  if (!is_coded) return respond_relayed(*context(), status_, fields_, std::move(body()));
  note_coded(*context(), *coding_.coding);
  respond_relayed(*context(), status_, fields_, http::encoded(*coding_.coding, http::Effort::passing, body()));
}

/// How long a body in a coding would be is not known.
void UpstreamJob::relay_without_content() {
  const bool is_coded = coding_.coding.has_value();
  tell_coding(fields_, coding_, is_coded);
  respond_relayed(*context(), status_, fields_, is_coded ? std::nullopt : content_length());
}

}  // namespace pgw::pipeline
