import { ModelFileError } from "./modelFileError.ts";

/** What UBJSON content decodes to; strongly typed number arrays stay typed arrays. */
type UbjsonValue =
  | null
  | boolean
  | number
  | string
  | UbjsonValue[]
  | Uint8Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Float32Array
  | Float64Array
  | { [key: string]: UbjsonValue };

// A booster nests about seven levels; more than this is not a booster but an attempt to exhaust the stack.
const MAX_DEPTH = 64;

const FIXED_SIZE: Record<string, number> = { i: 1, U: 1, I: 2, l: 4, L: 8, d: 4, D: 8 };

/**
 * Decodes Universal Binary JSON (draft 12, big-endian), the form that XGBoost writes for `.ubj`.
 * @throws ModelFileError naming the byte offset, when the content is cut off, nested too deeply or uses an unknown marker
 */
export function decodeUbjson(bytes: Uint8Array): UbjsonValue {
  const reader = new UbjsonReader(bytes);
  return reader.value(reader.marker(), 0);
}

class UbjsonReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #text = new TextDecoder();
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next type marker; `N` is a no-op that may stand anywhere. */
  marker(): string {
    let code = this.#bytes[this.#take(1)];
    while (code === 0x4e) code = this.#bytes[this.#take(1)];
    return String.fromCharCode(code!);
  }

  value(marker: string, depth: number): UbjsonValue {
    if (depth > MAX_DEPTH) throw this.#fault(`is nested deeper than ${MAX_DEPTH} levels`);
    switch (marker) {
      case "Z":
        return null;
      case "T":
        return true;
      case "F":
        return false;
      case "C":
        return String.fromCharCode(this.#bytes[this.#take(1)]!);
      case "S":
      case "H":
        return this.#string();
      case "[":
        return this.#array(depth);
      case "{":
        return this.#object(depth);
      default:
        return this.#number(marker);
    }
  }

  #array(depth: number): UbjsonValue {
    const { type, count } = this.#container();
    if (type !== undefined && count !== undefined) return this.#typedArray(type, count, depth);
    const items: UbjsonValue[] = [];
    for (let index = 0; count === undefined || index < count; index++) {
      const marker = this.marker();
      if (count === undefined && marker === "]") break;
      items.push(this.value(marker, depth + 1));
    }
    return items;
  }

  #typedArray(type: string, count: number, depth: number): UbjsonValue {
    const size = FIXED_SIZE[type];
    if (size === undefined) {
      // Each remaining type takes at least no bytes (Z, T, F), so the count alone must not be trusted with memory.
      if (count > this.#bytes.length) throw this.#fault(`announces ${count} items, more than the file has bytes`);
      return Array.from({ length: count }, () => this.value(type, depth + 1));
    }
    const start = this.#take(count * size);
    const view = this.#view;
    const fill = <T extends { [index: number]: number }>(target: T, read: (offset: number) => number): T => {
      for (let index = 0; index < count; index++) target[index] = read(start + index * size);
      return target;
    };
    switch (type) {
      case "U":
        return this.#bytes.slice(start, start + count);
      case "i":
        return fill(new Int8Array(count), (offset) => view.getInt8(offset));
      case "I":
        return fill(new Int16Array(count), (offset) => view.getInt16(offset));
      case "l":
        return fill(new Int32Array(count), (offset) => view.getInt32(offset));
      case "d":
        return fill(new Float32Array(count), (offset) => view.getFloat32(offset));
      case "D":
        return fill(new Float64Array(count), (offset) => view.getFloat64(offset));
      default:
        return fill(new Float64Array(count), (offset) => Number(view.getBigInt64(offset)));
    }
  }

  #object(depth: number): UbjsonValue {
    const { type, count } = this.#container();
    const entries: [string, UbjsonValue][] = [];
    for (let index = 0; count === undefined || index < count; index++) {
      const marker = this.marker();
      if (count === undefined && marker === "}") break;
      const key = this.#textOf(this.#length(marker));
      entries.push([key, this.value(type ?? this.marker(), depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  /** The optional `$type` and `#count` in front of a container's content. */
  #container(): { type?: string; count?: number } {
    let type: string | undefined;
    if (this.#bytes[this.#at] === 0x24) {
      this.#at += 1;
      type = this.marker();
    }
    if (this.#bytes[this.#at] !== 0x23) {
      if (type !== undefined) throw this.#fault("gives a container a type without a count");
      return {};
    }
    this.#at += 1;
    const count = this.#length(this.marker());
    return type === undefined ? { count } : { type, count };
  }

  #string(): string {
    return this.#textOf(this.#length(this.marker()));
  }

  #textOf(length: number): string {
    const start = this.#take(length);
    return this.#text.decode(this.#bytes.subarray(start, start + length));
  }

  #length(marker: string): number {
    const length = this.#number(marker);
    if (!Number.isSafeInteger(length) || length < 0) throw this.#fault(`has the impossible length ${length}`);
    return length;
  }

  #number(marker: string): number {
    const size = FIXED_SIZE[marker];
    if (size === undefined) throw this.#fault(`has the unknown type marker ${JSON.stringify(marker)}`);
    const offset = this.#take(size);
    switch (marker) {
      case "i":
        return this.#view.getInt8(offset);
      case "U":
        return this.#view.getUint8(offset);
      case "I":
        return this.#view.getInt16(offset);
      case "l":
        return this.#view.getInt32(offset);
      case "d":
        return this.#view.getFloat32(offset);
      case "D":
        return this.#view.getFloat64(offset);
      default:
        return Number(this.#view.getBigInt64(offset));
    }
  }

  #take(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) throw this.#fault("is cut off");
    this.#at = start + length;
    return start;
  }

  #fault(what: string): ModelFileError {
    return new ModelFileError(
      `The model's UBJSON content ${what} (byte ${this.#at} of ${this.#bytes.length}). Save the booster again with save_model("xgboost-model.ubj").`,
    );
  }
}
