import { loadConfiguration, predict } from "./api.js";
import { createForm } from "./form.js";
import { showError, showIdle, showPrediction, showStale, showWorking } from "./result.js";

/** Rows to start from, with a header; the column that is no feature is what the data says. */
const EXAMPLES = "wine.csv";
const ONE = "wine";

const element = (id) => document.getElementById(id);
const result = element("result");

/** The examples: values in the features' order, and what the data says, where it does. */
async function loadExamples({ features, classes }) {
  const response = await fetch(EXAMPLES);
  if (!response.ok) throw new Error("The examples are missing from this deployment. Deploy the web page again.");
  const [header, ...rows] = (await response.text())
    .trim()
    .split("\n")
    .map((line) => line.split(",").map((cell) => cell.trim()));
  const at = features.map(({ name }) => header.indexOf(name));
  const names = new Set(features.map(({ name }) => name));
  const truthAt = header.findIndex((column) => !names.has(column));
  return rows.map((cells) => ({
    values: at.map((column) => (cells[column] === "" ? "" : Number(cells[column]))),
    truth: truthAt < 0 || cells[truthAt] === "" ? undefined : (classes[cells[truthAt]] ?? cells[truthAt]),
  }));
}

async function loadFeatures() {
  const response = await fetch("features.json");
  if (!response.ok) throw new Error("The features are missing from this deployment. Deploy the web page again.");
  return await response.json();
}

async function start() {
  const description = await loadFeatures();
  const { features, classes } = description;
  const examples = await loadExamples(description);
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
    truth = example.truth;
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
  // Of a regression there are no classes, and of the rest there may be rows without one.
  const offer = (parent, wanted, suffix) =>
    examples.forEach(({ truth: said }, index) => {
      if (wanted(said)) parent.append(new Option(`${ONE} ${index + 1}${suffix}`, String(index)));
    });
  for (const name of classes) {
    const group = document.createElement("optgroup");
    group.label = name;
    offer(group, (said) => said === name, ` (${name})`);
    if (group.children.length > 0) picker.append(group);
  }
  offer(picker, (said) => !classes.includes(said), "");
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
