import { loadConfiguration, predict } from "./api.js";
import { createForm } from "./form.js";
import { showError, showIdle, showPrediction, showStale, showWorking } from "./result.js";

const element = (id) => document.getElementById(id);
const result = element("result");

/** The examples of wine.csv: values in the columns' order, and the class's index. */
async function loadExamples() {
  const response = await fetch("wine.csv");
  if (!response.ok) throw new Error("The examples are missing from this deployment. Deploy the web page again.");
  const [, ...lines] = (await response.text()).trim().split("\n");
  return lines.map((line) => {
    const cells = line.split(",").map(Number);
    return { values: cells.slice(0, -1), classIndex: cells.at(-1) };
  });
}

async function loadFeatures() {
  const response = await fetch("features.json");
  if (!response.ok) throw new Error("The features are missing from this deployment. Deploy the web page again.");
  return await response.json();
}

async function start() {
  const [{ features, classes }, examples] = await Promise.all([loadFeatures(), loadExamples()]);
  let truth;
  let running;

  const form = createForm(element("features"), features, () => {
    truth = undefined;
    element("example").value = "";
    changed();
  });

  function changed() {
    // An answer to what was asked before must not appear beside what is shown now.
    running?.abort();
    running = undefined;
    showStale(result);
  }

  function choose(index) {
    const example = examples[index];
    truth = classes[example.classIndex];
    form.setValues(example.values);
    element("example").value = String(index);
    changed();
  }

  async function ask() {
    const fault = form.firstFault();
    if (fault) {
      fault.focus();
      showError(result, "One of the numbers is not valid. Correct the marked field, or leave it empty.");
      return;
    }
    running?.abort();
    const own = new AbortController();
    running = own;
    showWorking(result);
    try {
      const { apiUrl, needsApiKey } = await loadConfiguration();
      const apiKey = needsApiKey ? element("key").value.trim() : undefined;
      const prediction = await predict(apiUrl, form.values(), apiKey, own.signal);
      if (running === own) showPrediction(result, prediction, truth);
    } catch (error) {
      if (running === own) showError(result, error.message);
    } finally {
      if (running === own) running = undefined;
    }
  }

  const picker = element("example");
  picker.append(new Option("your own values", ""));
  classes.forEach((name, classIndex) => {
    const group = document.createElement("optgroup");
    group.label = name;
    examples.forEach((example, index) => {
      if (example.classIndex === classIndex) group.append(new Option(`wine ${index + 1} (${name})`, String(index)));
    });
    picker.append(group);
  });
  picker.addEventListener("change", () => {
    if (picker.value !== "") choose(Number(picker.value));
  });
  element("random").addEventListener("click", () => choose(Math.floor(Math.random() * examples.length)));
  element("form").addEventListener("submit", (event) => {
    event.preventDefault();
    void ask();
  });
  // The key stays on this page: it is neither stored nor put into the address.
  loadConfiguration().then(
    ({ needsApiKey }) => {
      element("key-field").hidden = !needsApiKey;
    },
    // What is wrong with the configuration is said when it is needed.
    () => {},
  );
  for (const id of ["example", "random", "predict"]) element(id).disabled = false;
  choose(0);
  showIdle(result);
}

start().catch((error) => showError(result, error.message));
