/**
 * Builds one field per feature: a slider for the range of the data and a number that may also lie outside of it. An
 * empty number is a missing value; its slider then rests.
 */
export function createForm(container, features, onChange) {
  const fields = features.map((feature) => createField(feature, onChange));
  container.replaceChildren(...fields.map((field) => field.row));
  return {
    /** The numbers by feature name, null where missing. */
    values: () =>
      Object.fromEntries(fields.map(({ name, number }) => [name, number.value === "" ? null : number.valueAsNumber])),
    /** Shows values in the features' order. */
    setValues: (values) => {
      fields.forEach((field, index) => {
        field.show(values[index]);
      });
    },
    /** The first input that holds no number. */
    firstFault: () => fields.map(({ number }) => number).find((number) => number.validity.badInput),
  };
}

function createField(feature, onChange) {
  const { name, label, unit, min, max, step } = feature;
  const row = document.createElement("div");
  row.className = "feature";
  const caption = document.createElement("label");
  const id = `feature-${name}`;
  caption.htmlFor = id;
  caption.append(label);
  if (unit) {
    const small = document.createElement("span");
    small.className = "unit";
    small.textContent = ` ${unit}`;
    caption.append(small);
  }
  const number = document.createElement("input");
  // The values of the data are finer than a slider's step here and there.
  Object.assign(number, {
    type: "number",
    id,
    min,
    max,
    step: "any",
    inputMode: "decimal",
    placeholder: "missing",
  });
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min, max, step });
  slider.setAttribute("aria-label", `${label}, slider`);
  // The number is the field; a second stop at each field helps nobody who uses the keyboard.
  slider.tabIndex = -1;

  const markMissing = () => {
    const missing = number.value === "" && !number.validity.badInput;
    row.classList.toggle("missing", missing);
    if (!missing) slider.value = number.value;
  };
  number.addEventListener("input", () => {
    markMissing();
    onChange();
  });
  slider.addEventListener("input", () => {
    number.value = slider.value;
    markMissing();
    onChange();
  });
  row.append(caption, number, slider);
  return {
    name,
    row,
    number,
    show: (value) => {
      number.value = String(value);
      markMissing();
    },
  };
}
