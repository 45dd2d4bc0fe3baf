import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Desk } from "../model/desk.js";
import type { Page } from "../model/page.js";
import { actionOf, HOTKEYS, type HotkeyAction } from "../state/hotkeys.js";
import { ALARM_FIELD_ID } from "./alarms-panel.js";
import { ORDER_FIELD_ID } from "./order-panel.js";
import { askToCancelAll, ORDERS_ID } from "./orders-panel.js";

const isHelpOpen = signal(false);
const WRITING = "input, select, textarea, [contenteditable]";

/** Listens to keys while it is there, and shows what they do. */
export function Hotkeys({ page, desk }: { readonly page: Page; readonly desk: Desk }) {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isWriting = event.target instanceof Element && event.target.matches(WRITING);
      const { key, ctrlKey, altKey, metaKey } = event;
      const action = actionOf({ key, ctrlKey, altKey, metaKey, isWriting });
      if (action === null) return;
      event.preventDefault();
      act(action, page, desk);
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [page, desk]);
  return <Help />;
}

function act(action: HotkeyAction, page: Page, { form }: Desk): void {
  if (action === "help") isHelpOpen.value = !isHelpOpen.value;
  else if (action === "alarm") goTo(ALARM_FIELD_ID);
  else if (page.who.value === null) return;
  else if (action === "orders") goTo(ORDERS_ID);
  else if (action === "cancel all") askToCancelAll();
  else if (action === "best price") form.fillBest();
  else {
    form.set({ side: action });
    goTo(ORDER_FIELD_ID);
  }
}

/** At once, since what is typed next is meant for it; and once more where the next frame puts another in its place. */
function goTo(id: string): void {
  const isThere = focusOn(id);
  requestAnimationFrame(() => {
    if (!isThere || document.activeElement === document.body) focusOn(id);
  });
}

/** False: it is not there. */
function focusOn(id: string): boolean {
  const element = document.getElementById(id);
  if (element !== null && element.tabIndex < 0) element.tabIndex = -1;
  element?.focus();
  return element !== null;
}

function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = isHelpOpen.value;
  const close = () => {
    isHelpOpen.value = false;
  };
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <>
      <button
        type="button"
        onClick={() => {
          isHelpOpen.value = true;
        }}
      >
        Keys (?)
      </button>
      <dialog ref={dialog} aria-labelledby="help-title" onClose={close}>
        <h2 id="help-title">Keys</h2>
        <p class="hint">They act while you are not writing in a field.</p>
        <dl>
          {HOTKEYS.map(({ key, says }) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{says}</dd>
            </div>
          ))}
        </dl>
        <button type="button" onClick={close}>
          Close
        </button>
      </dialog>
    </>
  );
}
