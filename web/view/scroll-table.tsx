import type { ComponentChildren } from "preact";
import { Scroll } from "./scroll.js";

interface ScrollTableProps {
  readonly caption: string;
  /** For those who hear it only: what it is, is plain to see. */
  readonly isCaptionUnseen?: boolean;
  readonly titles: readonly string[];
  /** Its rows. */
  readonly children: ComponentChildren;
}

/** A table that may be wider than its panel. */
export function ScrollTable({ caption, isCaptionUnseen = false, titles, children }: ScrollTableProps) {
  return (
    <Scroll label={caption}>
      <table>
        <caption class={isCaptionUnseen ? "unseen" : ""}>{caption}</caption>
        <thead>
          <tr>
            {titles.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Scroll>
  );
}

/** What names a row: a button, where there is more to see of it. */
export function RowName({ name, look }: { readonly name: string; readonly look?: () => void }) {
  if (look === undefined) return <>{name}</>;
  return (
    <button type="button" class="level" aria-label={`Details of ${name}`} onClick={look}>
      {name}
    </button>
  );
}
