// API Gateway itself gives up after 29 s.
const TIMEOUT_MS = 30_000;

const element = (id) => document.getElementById(id);
const result = element("result");

/** Shows one paragraph, or what the model answered as indented JSON. */
function show(className, text) {
  const shown = document.createElement(className === "json" ? "pre" : "p");
  shown.className = className;
  shown.textContent = text;
  result.replaceChildren(shown);
}

/** Reads what the deployment wrote: {"apiUrl": "https://…", "needsApiKey": false}. */
async function loadConfiguration() {
  const response = await fetch("config.json", { cache: "no-cache" }).catch(() => undefined);
  const configuration = response?.ok ? await response.json() : undefined;
  if (!configuration?.apiUrl) {
    throw new Error(
      "This page does not know its prediction service yet (config.json has no apiUrl). Deploy the project.",
    );
  }
  return configuration;
}

async function ask() {
  const body = element("input").value;
  try {
    JSON.parse(body);
  } catch (error) {
    throw new Error(`The input is not JSON: ${error.message}`, { cause: error });
  }
  const { apiUrl, needsApiKey } = await loadConfiguration();
  const apiKey = needsApiKey ? element("key").value.trim() : "";
  let response;
  try {
    response = await fetch(apiUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(apiKey ? { "X-Api-Key": apiKey } : {}) },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new Error("The prediction service cannot be reached, or did not answer in 30 seconds. Try again.", {
      cause: error,
    });
  }
  const answer = await response.json().catch(() => undefined);
  if (!response.ok)
    throw new Error(answer?.error?.message ?? `The prediction service refused the request (${response.status}).`);
  return answer;
}

element("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  element("predict").disabled = true;
  show("quiet", "Asking the model…");
  try {
    show("json", JSON.stringify(await ask(), undefined, 2));
  } catch (error) {
    show("error", `No prediction. ${error.message}`);
  } finally {
    element("predict").disabled = false;
  }
});
// The key stays on this page: it is neither stored nor put into the address.
loadConfiguration().then(
  ({ needsApiKey }) => {
    element("key-field").hidden = !needsApiKey;
  },
  // What is wrong with the configuration is said when it is needed.
  () => {},
);
show("quiet", "Press Predict to ask the model.");
