import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { bundle, languages, translatable } from "../rig/translatable.ts";

const placeholders = (text: string) => (text.match(/\{\d\}/g) ?? []).sort();
const { texts, computed } = translatable();

describe("the texts of the product", () => {
  test("were found", () => assert.ok(texts.size > 1000, `only ${texts.size}`));

  test("are literals, so that a translator can find them", () => assert.deepEqual(computed, []));

  test("there is a translation", () => assert.ok(languages().includes("de")));

  for (const language of languages()) {
    const known = bundle(language);

    test(`${language}: each has its translation, and there are no others`, () => {
      assert.deepEqual(
        [...texts].filter((text) => !known[text]?.trim()),
        [],
        "run node --import tsx test/rig/translatable.ts",
      );
      assert.deepEqual(
        Object.keys(known).filter((text) => !texts.has(text)),
        [],
        "no source asks for these any more",
      );
    });

    test(`${language}: a translation takes up every value`, () => {
      const lost = Object.entries(known).filter(([text, t]) => `${placeholders(text)}` !== `${placeholders(t)}`);
      assert.deepEqual(lost, []);
    });

    test(`${language}: a translation keeps the spaces at the ends, where texts are put together`, () => {
      const ends = (text: string) => [/^\s*/, /\s*$/].map((edge) => edge.exec(text)?.[0]);
      const lost = Object.entries(known).filter(([text, t]) => `${ends(text)}` !== `${ends(t)}`);
      assert.deepEqual(lost, []);
    });

    test(`${language}: the walkthrough is translated, step by step`, () => {
      const files = readdirSync(new URL("../../media/walkthrough", import.meta.url));
      const steps = files.filter((name) => /^[a-z]+\.md$/.test(name));
      assert.ok(steps.length > 0);
      // Where VS Code looks for them.
      const translated = steps.map((name) => name.replace(".md", `.nls.${language}.md`));
      assert.deepEqual(
        translated,
        files.filter((name) => name.endsWith(`.nls.${language}.md`)),
      );
    });

    test(`${language}: package.json's texts are translated`, () => {
      const file = (name: string) =>
        JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8")) as Record<string, string>;
      const english = file("package.nls.json");
      assert.deepEqual(Object.keys(file(`package.nls.${language}.json`)).sort(), Object.keys(english).sort());
    });
  }
});
