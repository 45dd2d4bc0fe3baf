/** Whether somebody signed in here, so that the next load asks for the session; the session itself is a cookie that no script can read. */
const NAME = "bourse-signed-in";

export function wasSignedIn(): boolean {
  return localStorage.getItem(NAME) !== null;
}

export function keepSignedIn(): void {
  localStorage.setItem(NAME, "1");
}

export function forgetSignedIn(): void {
  localStorage.removeItem(NAME);
}
