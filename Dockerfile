# The image of filavip: one static program, and nothing else that could be run.
#
#	docker build -t filavip .
#	docker run --rm -v filavip:/data filavip run
#	docker run -p 127.0.0.1:3000:3000 -v filavip:/data -e FILAVIP_API_KEY filavip

FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src

# What is downloaded changes less often than what is written here.
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download

# .git is among it: the program says which revision it was built from.
COPY . .
ARG TARGETOS TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -o /image/filavip ./cmd/filavip

# Certificates for a MongoDB or Redis behind TLS, and an empty directory for a volume to
# take its owner from. Times are UTC, so no time zones are needed.
RUN mkdir -p /image/data /image/etc/ssl/certs \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/

FROM scratch
COPY --from=build /image/etc /etc
COPY --from=build /image/filavip /filavip
COPY --from=build --chown=65532:65532 /image/data /data

# HOST: what is published must be reachable from outside the container. Without a key
# serve refuses that, and says what to set.
ENV HOST=0.0.0.0 \
    PORT=3000 \
    FILAVIP_DATA=/data
VOLUME ["/data"]
EXPOSE 3000
WORKDIR /data
USER 65532:65532
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["/filavip", "healthcheck"]
ENTRYPOINT ["/filavip"]
CMD ["serve"]

ARG VERSION=devel REVISION=unknown CREATED=unknown
LABEL org.opencontainers.image.title="filavip" \
      org.opencontainers.image.description="A durable, VIP-first order queue in one binary" \
      org.opencontainers.image.source="https://github.com/filavip/filavip" \
      org.opencontainers.image.documentation="https://github.com/filavip/filavip/blob/main/docs/deploy.md" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"
