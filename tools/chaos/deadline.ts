/** Waiting, and not for ever. */

/** Work that takes so much longer than it can take that it will never end. */
export class Stuck extends Error {
  override readonly name = "Stuck";
}

export async function within<T>(deadlineMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Stuck(`${what} has not ended within ${deadlineMs} ms`)), deadlineMs);
  });
  return await Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}
