/** Before the first question. */
export function showIdle(container) {
  show(container, paragraph("quiet", "Press Predict to ask the model."));
}

/** While an answer is awaited. */
export function showWorking(container) {
  show(container, paragraph("quiet", "Asking the model…"));
}

/** The features changed since: what is shown was the answer to others. */
export function showStale(container) {
  const state = container.dataset.state;
  if (state === "prediction") container.classList.add("stale");
  else if (state !== undefined) showIdle(container);
}

/** What went wrong, in words. */
export function showError(container, message) {
  const words = paragraph("error", message);
  const mark = document.createElement("strong");
  mark.textContent = "No prediction. ";
  words.prepend(mark);
  show(container, words);
}

/** The class with its probability, a bar for each class, and whether the data agrees where it is known. */
export function showPrediction(container, { predictedClass, probabilities, classes, prediction }, truth) {
  show(container, paragraph("class", predictedClass ?? [prediction].flat().map(rounded).join(", ")));
  if (probabilities) {
    const bars = document.createElement("dl");
    bars.className = "bars";
    classes.forEach((name, index) => {
      bars.append(...bar(name, probabilities[index], name === predictedClass));
    });
    container.append(bars);
  }
  if (truth !== undefined && predictedClass === undefined) {
    container.append(paragraph("truth", `The data says ${truth}.`));
  } else if (truth !== undefined) {
    const agrees = truth === predictedClass;
    container.append(paragraph("truth", agrees ? "✓ The data says so too." : `✗ The data says ${truth}.`));
  }
  container.dataset.state = "prediction";
}

const rounded = (value) => String(Number(value.toPrecision(6)));

function bar(name, share, best) {
  const term = document.createElement("dt");
  term.textContent = name;
  const value = document.createElement("dd");
  const meter = document.createElement("progress");
  meter.max = 1;
  meter.value = share;
  meter.setAttribute("aria-hidden", "true");
  const text = document.createElement("span");
  text.textContent = `${(share * 100).toFixed(1)} %`;
  value.append(meter, text);
  for (const part of [term, value]) part.classList.toggle("best", best);
  return [term, value];
}

function show(container, ...content) {
  container.classList.remove("stale");
  container.dataset.state = "words";
  container.replaceChildren(...content);
}

function paragraph(className, text) {
  const element = document.createElement("p");
  element.className = className;
  element.textContent = text;
  return element;
}
