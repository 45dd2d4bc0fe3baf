import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Desk } from "../model/desk.js";
import type { Page } from "../model/page.js";
import { Field } from "./field.js";
import { Panel } from "./panel.js";

const price = signal("");

/** Where a hotkey leads. */
export const ALARM_FIELD_ID = "alarm-price";

interface AlarmsPanelProps {
  readonly page: Page;
  readonly desk: Desk;
  readonly keys: ComponentChildren;
}

export function AlarmsPanel({ page, desk: { alarms }, keys }: AlarmsPanelProps) {
  const asset = page.asset.value;
  return (
    <Panel name="alarms" title="Price alarms" controls={keys}>
      <div role="alert">
        {alarms.rung.value.map((alarm) => (
          <p key={alarm.id} class="rung">
            {`⏰ ${alarm.asset} is ${alarm.rings} ${alarm.price}`}
            <button
              type="button"
              aria-label={`Put the alarm at ${alarm.price} away`}
              onClick={() => alarms.putAway(alarm.id)}
            >
              OK
            </button>
          </p>
        ))}
      </div>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (alarms.add(price.value)) price.value = "";
        }}
      >
        <Field
          id={ALARM_FIELD_ID}
          label={`Ring when ${asset?.name ?? "it"} is at`}
          inputMode="decimal"
          problem={alarms.problem.value}
          value={price.value}
          onText={(text) => {
            price.value = text;
          }}
        />
        <button type="submit">Set the alarm</button>
      </form>
      <ul class="rows">
        {alarms.waiting.value.map((alarm) => (
          <li key={alarm.id}>
            <span>{`${alarm.asset} ${alarm.rings} ${alarm.price}`}</span>
            <button
              type="button"
              aria-label={`Remove the alarm at ${alarm.price}`}
              onClick={() => alarms.remove(alarm.id)}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
