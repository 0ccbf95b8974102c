import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type JsonPath, positionOfPath, syntaxErrorPosition } from "../../../src/domain/jsonText.ts";

const text = `{
  "name": "a \\"quoted\\", { name",
  "stages": [
    { "type": "hold", "rate": 5 },
    { "type": "linear", "from": { "rate": -1 } }
  ],
  "rate": [[1, 2], []]
}`;

test("a path leads to its key or item, a missing one to the nearest around it", () => {
  const at = (...path: JsonPath) => positionOfPath(text, path);
  assert.deepEqual(at("name"), { line: 2, column: 3 });
  assert.deepEqual(at("stages", 0, "rate"), { line: 4, column: 23 });
  assert.deepEqual(at("stages", 1, "from", "rate"), { line: 5, column: 35 });
  assert.deepEqual(at("stages", 1), { line: 5, column: 5 });
  assert.deepEqual(at("rate", 0, 1), { line: 7, column: 16 });
  assert.deepEqual(at("rate", 1), { line: 7, column: 20 });
  assert.deepEqual(at("stages", 1, "seconds"), { line: 5, column: 5 });
  assert.deepEqual(at("absent"), { line: 1, column: 1 });
});

test("every member of any JSON is found where it stands", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (source) => {
      const walk = (value: unknown, path: PropertyKey[]) => {
        if (typeof value !== "object" || value === null) return;
        for (const [key, inner] of Object.entries(value)) {
          const here = [...path, Array.isArray(value) ? Number(key) : key];
          const { line, column } = positionOfPath(source, here);
          assert.equal(line, 1);
          const found = source.slice(column - 1);
          const wanted = Array.isArray(value) ? JSON.stringify(inner) : JSON.stringify(key);
          assert.ok(found.startsWith(wanted.slice(0, 1)), `${here.join(".")} in ${source}`);
          walk(inner, here);
        }
      };
      walk(JSON.parse(source), []);
    }),
  );
});

test("a syntax error has the place that the parser names, else the end", () => {
  const errorOf = (broken: string) => {
    try {
      JSON.parse(broken);
    } catch (error) {
      return syntaxErrorPosition(broken, error);
    }
    return undefined;
  };
  assert.deepEqual(errorOf('{\n  "a": 1,\n  b\n}'), { line: 3, column: 3 });
  assert.deepEqual(errorOf('{\n  "a": 1'), { line: 2, column: 9 });
});
