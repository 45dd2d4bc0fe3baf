import { status } from "@grpc/grpc-js";
import type { KeyRole } from "../../shared/access/authentication.js";
import { isRefusal, refuse } from "../../shared/domain/rejects.js";
import type { Identification, Identity } from "../../shared/http/identification.js";
import type { Caller } from "./calls.js";
import type { GrpcRefusal } from "./reject-status.js";

/** Who makes a call, by metadata `authorization` as in HTTP, if the key may do it. Never rejects. */
export async function whoAsks(
  identification: Identification,
  { authorization, address }: Caller,
  ...roles: readonly KeyRole[]
): Promise<Identity | GrpcRefusal> {
  const headers = authorization === null ? {} : { authorization };
  const identity = await identification.identify({ headers, ip: address });
  if (isRefusal(identity) || roles.includes(identity.role)) return identity;
  const text = `a key of the role ${identity.role} may not do this; it takes one of ${roles.join(", ")}`;
  return { ...refuse("LOGIN_REJECTED", text), status: status.PERMISSION_DENIED };
}
