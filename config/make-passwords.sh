#!/bin/sh
# A random password for every user that docker-compose.yml names, and the key that seals secrets: sh config/make-passwords.sh >.env
set -eu
umask 077

for user in POSTGRES NATS OPERATOR ORDER_HANDLER ORDER_PROCESSING MATCHING_ENGINE TRADE_PROCESSING \
  MARKET_DATA_NOTIFIER RECONCILIATION GATEWAY BACK_OFFICE; do
  echo "${user}_PASSWORD=p$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
done
echo "KEY_ENCRYPTION_KEY=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
