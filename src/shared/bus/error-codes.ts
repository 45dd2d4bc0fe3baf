/** Values of `err_code` in JetStream's answers. */
export const ERROR_CODES = {
  STREAM_FULL: 10077,
  WRONG_LAST_SEQUENCE: 10071,
  NO_MESSAGE_FOUND: 10037,
  STREAM_NOT_FOUND: 10059,
  CONSUMER_NOT_FOUND: 10014,
} as const;
