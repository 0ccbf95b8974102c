import autocannon from "autocannon";

/** autocannon by itself at a rate, as its documentation would have it; tells its CPU seconds and its requests. */
const [url = "", rate = "0", seconds = "0"] = process.argv.slice(2);
const before = process.cpuUsage();
const result = await autocannon({
  url,
  method: "POST",
  body: "1,2,3",
  connections: 100,
  overallRate: Number(rate),
  duration: Number(seconds),
});
const used = process.cpuUsage(before);
process.send?.({ cpuSeconds: (used.user + used.system) / 1e6, requests: result.requests.total }, () => process.exit(0));
