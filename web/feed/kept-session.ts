/** Whether somebody signed in here, so that the next load asks for the session; the session itself is a cookie that no script can read. */
const NAME = "bourse-signed-in";

export const keptSession = {
  isThere: (): boolean => localStorage.getItem(NAME) !== null,
  keep: (): void => localStorage.setItem(NAME, "1"),
  forget: (): void => localStorage.removeItem(NAME),
};
