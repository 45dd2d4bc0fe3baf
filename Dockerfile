# One image for everything: the command says which service it runs. The embedded servers are not in it; containers bring
# NATS and Postgres themselves. .ci/run tries the build with this Node, too.
FROM node:22-slim AS build
WORKDIR /bourse
COPY package.json package-lock.json .npmrc ./
COPY packages/matching-core/package.json packages/matching-core/
# With the optional packages: the bundler's binary is one. The next stage gets what is left when they are pruned.
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY tools/build.mjs tools/
COPY protocol protocol
COPY packages packages
COPY src src
COPY web web
RUN npm run build && npm prune --omit=dev --omit=optional

FROM node:22-slim
ENV NODE_ENV=production
WORKDIR /bourse
COPY --from=build /bourse/package.json ./
COPY --from=build /bourse/node_modules node_modules
COPY --from=build /bourse/protocol protocol
COPY --from=build /bourse/packages/matching-core/package.json packages/matching-core/
COPY --from=build /bourse/packages/matching-core/dist packages/matching-core/dist
COPY --from=build /bourse/dist dist
COPY sql sql
COPY config config
USER node
ENTRYPOINT ["node", "--enable-source-maps"]
CMD ["dist/order-handler/main.js"]
