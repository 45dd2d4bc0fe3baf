import { useEffect, useState } from "preact/hooks";
import type { Answer, Api } from "./api.js";

/** What the path answers; read again every so often while somebody can see it, and when the version changes. */
export function useLook(api: Api, path: string, { everyMs = 0, version = 0 } = {}) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const look = async () => {
      if (document.visibilityState === "visible")
        try {
          const read = await api.get(path);
          if (!isOver) {
            setAnswer(read);
            setProblem(null);
          }
        } catch (error) {
          if (!isOver) setProblem((error as Error).message);
        }
      if (everyMs > 0 && !isOver) timer = setTimeout(() => void look(), everyMs);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [path, version]);
  return { answer, problem };
}
