/** The refresh cookie: scripts can't read it, other sites' requests don't bear it, and it goes to /api/auth alone. Pure. */
import { SESSION_DAYS } from "./people-store.js";

const NAME = "bourse_refresh";
const MAX_AGE_S = SESSION_DAYS * 86_400;

export function sessionCookie(token: string, production: boolean): string {
  return cookie(token, MAX_AGE_S, production);
}

/** What makes a browser forget it. */
export function noSessionCookie(production: boolean): string {
  return cookie("", 0, production);
}

/** Null: there is none, or there are several, of which somebody else may have set one. */
export function tokenInCookies(header: string | undefined): string | null {
  const found = (header ?? "").split(";").flatMap((part) => {
    const [name, ...value] = part.trim().split("=");
    return name === NAME ? value.join("=") : [];
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}

function cookie(value: string, maxAgeS: number, production: boolean): string {
  const rules = `HttpOnly; SameSite=Strict; Path=/api/auth; Max-Age=${maxAgeS}`;
  return `${NAME}=${value}; ${rules}${production ? "; Secure" : ""}`;
}
