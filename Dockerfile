# projects-gateway: built from source on the Debian release that it runs on.
#   docker build --build-arg COMMIT=$(git rev-parse --short=12 HEAD) --tag projects-gateway .
#   docker run --rm -p 127.0.0.1:8080:8080 projects-gateway serve --sandbox --listen 0.0.0.0:8080
FROM debian:12-slim AS build
WORKDIR /src
# The packages first: this layer stays until the list of them changes.
COPY scripts scripts
RUN scripts/build --packages-only
COPY . .
# There is no repository in the build's context to ask for it.
ARG COMMIT=unknown
RUN PGW_COMMIT=$COMMIT scripts/build && strip build/projects-gateway build/projects-sandbox

FROM debian:12-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ca-certificates libcurl4 libpistache0 libprometheus-cpp-core1.0 libre2-9 libpcre2-8-0 libsqlite3-0 libssl3 \
      libxxhash0 libyaml-0-2 zlib1g libbrotli1 libzstd1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin gateway

COPY --from=build /src/build/projects-gateway /src/build/projects-sandbox /usr/bin/
# Read when /etc/projects-gateway has no file of its own, and by `serve --sandbox`.
COPY config/gateway.yaml config/projects-v4.openapi.yaml /usr/share/projects-gateway/
# The credential and the keys are not part of the image: mount them (deploy/compose.yaml shows how).
COPY deploy/gateway.yaml config/projects-v4.openapi.yaml /etc/projects-gateway/

LABEL org.opencontainers.image.title="projects-gateway" \
      org.opencontainers.image.description="A caching, validating gateway in front of the Humanloop v4 Projects API"

USER 10001:10001
EXPOSE 8080 9180
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["projects-gateway", "healthcheck", "--admin", "http://127.0.0.1:9180"]
ENTRYPOINT ["projects-gateway"]
CMD ["serve", "--config", "/etc/projects-gateway/gateway.yaml"]
