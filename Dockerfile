# bidkeeper as an image: one stage builds it; the second holds the compiled program, its production
# dependencies and the example settings, and runs as an ordinary user who can write nothing but /data.
#
#   docker build --build-arg COMMIT=$(git rev-parse --short HEAD) -t bidkeeper .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges \
#     -v ./bidkeeper.yaml:/config/bidkeeper.yaml:ro -v bidkeeper-data:/data -e SFC_API_TOKEN bidkeeper
#
# Settings made for it say `store: sqlite:/data/bidkeeper.db`. `listen` stays on the container's loopback, where the
# health check asks; metrics are scraped from outside through `listen_metrics`. Node is the first process and gets
# SIGTERM. docs/how-to/docker.md has the rest; `.ci/image` builds and runs this file without a Docker engine.

# Pinned to a version; give the digest you trust with --build-arg BASE=node:24.21.0-bookworm-slim@sha256:…
ARG BASE=node:24.21.0-bookworm-slim

FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${BASE}
ARG COMMIT=""
ENV NODE_ENV=production BIDKEEPER_COMMIT=${COMMIT}
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY src/page ./src/page
COPY config ./config
RUN install -d -o 1000 -g 1000 /data
USER 1000:1000
VOLUME /data
EXPOSE 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["run", "--config", "/config/bidkeeper.yaml"]
