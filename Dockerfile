# bidkeeper as an image: one stage builds it; the second holds the compiled program, its production
# dependencies and the example settings, and runs as an ordinary user who can write nothing but /data.
#
#   docker build -t bidkeeper .
#   docker run -v ./bidkeeper.yaml:/config/bidkeeper.yaml:ro -v bidkeeper-data:/data -e SFC_API_TOKEN bidkeeper
#
# Settings made for it say `store: sqlite:/data/bidkeeper.db`. `listen` stays on the
# container's loopback, where the health check asks; metrics are scraped from outside through
# `listen_metrics`. Node is the first process and gets SIGTERM.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/src/page ./src/page
COPY config ./config
RUN install -d -o 1000 -g 1000 /data
USER 1000:1000
VOLUME /data
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["run", "--config", "/config/bidkeeper.yaml"]
