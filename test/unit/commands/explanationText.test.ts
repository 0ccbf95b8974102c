import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeMarkdown, failureMarkdown, scalingMarkdown } from "../../../src/commands/explanationText.ts";

test("texts of an account and of logs are shown, never rendered", () => {
  const text = failureMarkdown(
    {
      endpointName: "a_b*c",
      status: "Failed",
      failureReason: "see <img src=x> and [this](http://x)",
      logGroup: "/aws/sagemaker/Endpoints/a`b",
      lines: [{ atMs: 0, stream: "s", text: "```\n# not a heading" }],
      advice: "Do it.",
    },
    "sandbox · us-east-1",
  );
  assert.match(text, /^# Why a\\_b\\\*c is Failed/);
  assert.match(text, /see \\<img src=x\\> and \\\[this\\\]\\\(http:\/\/x\\\)/);
  // The fence is longer than any run of backticks in the log.
  assert.match(text, /^````text\n1970-01-01T00:00:00\.000Z {2}s {2}```\n# not a heading\n````$/m);
  assert.match(text, /Log group `\/aws\/sagemaker\/Endpoints\/ab`/);
  assert.equal(escapeMarkdown("one\ntwo"), "one two");
});

test("findings become a list with evidence and the way out", () => {
  const finding = { cause: "Too low", evidence: "3 of 5.", fix: "Raise it." };
  const explanation = { endpointName: "wine", variantName: "All", summary: "Nothing happened.", findings: [finding] };
  const text = scalingMarkdown([explanation, { ...explanation, variantName: "B", findings: [] }], "here", 0);
  assert.match(
    text,
    /## Variant All\n\nNothing happened\.\n\n- \*\*Too low\*\* {2}\n {2}3 of 5\. {2}\n {2}→ Raise it\./,
  );
  assert.match(text, /## Variant B\n\nNothing happened\.\n\nNothing keeps it from scaling\./);
});
